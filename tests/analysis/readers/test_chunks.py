"""Chunks of data sets: several files, friends, and readers of a study's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import uproot

from analysis.errors import DataError, StudyError
from analysis.events.identity import identify
from analysis.readers.chunks import Usage, read_chunk
from analysis.step import Step
from analysis.study import Column, Dataset, Friend, Schema, SourceFile
from tests.analysis.readers.writing import dataset_of

RUN = np.repeat(np.array([1, 2], np.int32), 50)
X = np.arange(100.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with uproot.recreate(tmp_path / "events.root") as content:
        for tree, columns in {
            "Events": {"run": RUN, "x": X},
            "tags/Friends": {"run": RUN, "y": 2 * X},
            "Other": {"run": np.where(X == 77, 9, RUN).astype(np.int32), "y": 2 * X},
            "Short": {"y": X[:99]},
        }.items():
            content.mktree(tree, {name: array.dtype for name, array in columns.items()})
            content[tree].extend(columns)
    # the friend's files are divided elsewhere
    for name, part in {"first.parquet": slice(0, 30), "second.parquet": slice(30, 100)}.items():
        pyarrow.parquet.write_table(pyarrow.table({"run": RUN[part], "z": -X[part]}), tmp_path / name)
    return tmp_path


def _friendly(*friends: Friend) -> Dataset:
    return dataset_of("events.root", tree="Events", columns=("run", "x"), events=100, friends=friends)


def _files(**events: int) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(f"{name}.parquet", "", events=number) for name, number in events.items())


def test_friends_in_the_same_file(folder: Path):
    dataset = _friendly(Friend(Schema("tags/Friends", ("run", "y")), same=("run",)))
    events = read_chunk([folder / "events.root"], dataset, 20, 80)
    assert events.fields == ["run", "x", "y", "identity"] == [*dataset.columns, "identity"]
    assert np.array_equal(events.y, 2 * X[20:80])
    assert np.array_equal(events.identity, identify("some", 20, 60))


def test_friends_in_files_that_are_divided_elsewhere(folder: Path):
    friend = Friend(Schema("", ("run", "z")), _files(first=30, second=70), same=("run",))
    dataset = _friendly(friend, Friend(Schema("tags/Friends", ("y",))))
    usage = Usage()
    paths = [folder / name for name in ("events.root", "first.parquet", "second.parquet")]
    events = read_chunk(paths, dataset, 25, 35, usage=usage)
    assert events.fields == ["run", "x", "z", "y", "identity"]
    assert np.array_equal(events.z, -X[25:35])
    assert (usage.files, usage.size) == (4, 2 * paths[0].stat().st_size + sum(p.stat().st_size for p in paths[1:]))
    assert 0 < usage.bytes_read <= 2 * usage.size


@pytest.mark.parametrize(
    ("friend", "kind", "message"),
    [
        (
            Friend(Schema("Other", ("run", "y")), same=("run",)),
            DataError,
            r"have other values of 'run' in event 77 \(counted from 0\), and in 0 more",
        ),
        (Friend(Schema("Short", ("y",))), DataError, "the tree 'Short' has 99 events, the catalogue says 100"),
        (
            Friend(Schema("", ("z",)), _files(first=30)),
            DataError,
            "has 100 events, and its friend 'first.parquet' 30",
        ),
        (Friend(Schema("tags/Friends", ("run", "y"))), StudyError, "and its friend both have the column 'run'"),
        (Friend(Schema("tags/Friends", ("y",)), same=("run",)), StudyError, "'run' .* is no column of the friend"),
        (Friend(Schema("tags/Friends", ("y",)), same=("y",)), StudyError, "'y' .* is no column of the data set"),
        (Friend(Schema("Friend", ("y",))), DataError, "has no tree 'Friend'"),
    ],
)
def test_friends_that_do_not_fit(folder: Path, friend: Friend, kind: type[Exception], message: str):
    dataset = _friendly(friend)
    paths = [folder / "events.root", *(folder / file.name for file in friend.files)]
    with pytest.raises(kind, match=message) as caught:
        read_chunk(paths, dataset, 60, 100)
    assert "cure: " in str(caught.value)


def test_files_of_other_types(folder: Path):
    pyarrow.parquet.write_table(pyarrow.table({"z": X[:30].astype(np.float32)}), folder / "third.parquet")
    files = _files(second=70, third=30)
    dataset = Dataset("some", "", "measured", files, Schema("", ("z",)))
    paths = [folder / file.name for file in files]
    with pytest.raises(DataError, match=r"third\.parquet: the column 'z' is float32, and float64 in second\.parquet"):
        read_chunk(paths, dataset, 60, 80)
    declared = replace(dataset, schema=Schema("", (Column("z", "float64"),)))
    assert read_chunk(paths, declared, 68, 72).z.to_list() == [-98.0, -99.0, 0.0, 1.0]


READER = """
from dataclasses import dataclass

import numpy as np

from analysis.errors import DataError


@dataclass(frozen=True)
class Settings:
    separator: str = ";"


def read(file, start, stop, settings):
    file.seek(0)
    lines = file.read().decode().splitlines()[start:stop]
    events = []
    for number, line in enumerate(lines, start):
        values = line.split(settings.separator)
        if len(values) != 3:
            raise DataError(f"line {number + 1} has {len(values)} values, not 3", cure="correct the file")
        events.append(tuple(map(float, values)))
    table = np.array(events, dtype=[("px", "f8"), ("py", "f8"), ("pz", "f8")])
    return {name: table[name] for name in table.dtype.names}


def fail(file, start, stop):
    return {"x": np.arange(start, stop) / file.nothing}


def short(start, stop):
    return {"x": np.arange(start, stop - 1)}


def nothing(file):
    return None
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A package of a study with readers of its own."""
    (tmp_path / "lines_study").mkdir()
    (tmp_path / "lines_study" / "__init__.py").write_text("")
    (tmp_path / "lines_study" / "readers.py").write_text(READER)
    monkeypatch.syspath_prepend(tmp_path)
    import importlib

    yield importlib.import_module("lines_study.readers")
    for name in ("lines_study", "lines_study.readers"):
        sys.modules.pop(name, None)


def _own(path: Path, function: str, settings: Any = None, schema: Schema | None = None) -> Dataset:
    file = SourceFile(path.name, "", events=4)
    return Dataset("lines", "", "measured", (file,), schema, read=Step(f"lines_study.readers:{function}", settings))


def test_a_reader_of_the_study_s_own(package: Any, tmp_path: Path):
    path = tmp_path / "run.raw"
    path.write_text("1;2;3\n4;5;6\n7;8;9\n10;11;12\n")
    events = read_chunk([path], _own(path, "read", package.Settings()), 1, 3)
    assert events.fields == ["px", "py", "pz", "identity"]
    assert events.py.to_list() == [5.0, 8.0]
    assert np.array_equal(events.identity, identify("lines", 1, 2))
    schema = Schema("", (Column("momentum", "float32", "GeV", source="pz"),), ("momentum",), 9.0)
    events = read_chunk([path], _own(path, "read", package.Settings(), schema), 0, 4)
    assert (events.fields, events.momentum.to_list()) == (["momentum", "identity"], [3.0, 6.0, None, 12.0])


def test_errors_of_a_reader_of_the_study_s_own(package: Any, tmp_path: Path):
    path = tmp_path / "run.raw"
    path.write_text("1,2,3\n4;5;6\n7;8;9\n10;11;nan\n")
    dataset = _own(path, "read", package.Settings())
    with pytest.raises(DataError, match="the stage 'read' failed: line 1 has 1 values, not 3") as caught:
        read_chunk([path], dataset, 0, 4)
    assert "(lines_study/readers.py, line 21)" in str(caught.value)
    assert str(path) in str(caught.value)
    with pytest.raises(DataError, match=r"run\.raw: the column 'pz' is nan in event 3 "):
        read_chunk([path], dataset, 1, 4)
    with pytest.raises(DataError, match=r"run\.raw has no column 'mass'; it has: px, py, pz"):
        read_chunk([path], replace(dataset, schema=Schema("", ("mass",))), 1, 2)
    with pytest.raises(StudyError, match=r"the stage 'read' failed: AttributeError.*'nothing'"):
        read_chunk([path], _own(path, "fail"), 0, 4)
    with pytest.raises(DataError, match="the reader gives 3 events of 'x', not 4 as wanted"):
        read_chunk([path], _own(path, "short"), 0, 4)
    with pytest.raises(DataError, match="the reader returns None, not columns by name"):
        read_chunk([path], _own(path, "nothing"), 0, 4)


def test_a_chunk_without_events_has_the_types(folder: Path):
    dataset = _friendly(Friend(Schema("", ("run", "z")), _files(first=30, second=70), same=("run",)))
    paths = [folder / name for name in ("events.root", "first.parquet", "second.parquet")]
    for start in (0, 30, 100):
        events = read_chunk(paths, dataset, start, start)
        assert str(events.type) == "0 * {run: int32, x: float64, z: float64, identity: uint64}"
