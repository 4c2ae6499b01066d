"""The page on data: what it says of formats is what they are, and its blocks run."""

from __future__ import annotations

import importlib
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from analysis.errors import DataError
from analysis.readers.choice import ENDINGS
from analysis.readers.chunks import read_chunk

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "data.md").read_text()
_FILE = re.compile(r"^```python\n# my_study/(\w+)\.py\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The modules that the page shows."""
    found = _FILE.findall(PAGE)
    assert {"muons", "readers", "hits"} <= {name for name, _ in found}
    (tmp_path / "my_study").mkdir()
    (tmp_path / "my_study" / "__init__.py").write_text("")
    for name, text in found:
        (tmp_path / "my_study" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield {name: importlib.import_module(f"my_study.{name}") for name in ("muons", "readers", "hits")}
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_study"]:
        del sys.modules[name]


def test_all_endings_are_named():
    (table,) = re.findall(r"^\| files .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`\.([a-z0-9.]+)`", table))
    # each kind of text may be compressed
    assert named | {"csv.gz", "tsv.gz"} == set(ENDINGS) | {"gz"}


def test_the_table_of_muons(modules: dict[str, ModuleType], tmp_path: Path):
    (tmp_path / "muons.csv").write_text("q,pt,iso\n-1,25.5,0.1\n1,31,\n1,12.25,0.3\n")
    events = read_chunk([tmp_path / "muons.csv"], modules["muons"].MUONS, 0, 3)
    assert str(events.type.content) == "{pt: float32, charge: int8, iso: ?float32, identity: uint64}"
    assert events.charge.to_list() == [-1, 1, 1]
    assert events.iso[1] is None


def test_the_reader_of_hits(modules: dict[str, ModuleType], tmp_path: Path):
    path = tmp_path / "run42.raw"
    path.write_bytes(bytes(16) + struct.pack("<HhhHHhhH", 1, -2, 3, 4, 5, 6, -7, 65535))
    hits = modules["hits"].HITS
    events = read_chunk([path], hits, 1, 2)
    assert (events.time.to_list(), events.column.to_list(), events.charge.to_list()) == ([5], [-7], [65535])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"the file ends before event 2 \(my_study/readers\.py, line 1\d\)"):
        read_chunk([path], hits, 0, 2)
