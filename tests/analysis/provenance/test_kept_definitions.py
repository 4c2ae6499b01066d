"""Definitions are found in files again, and made anew where these cannot be used."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import Any

import pytest

from analysis.provenance import kept_definitions
from analysis.provenance.definitions import Definitions
from analysis.provenance.kept_definitions import kept_definitions as kept
from analysis.provenance.module_definitions import definitions_in

TEXT = b"""
import numpy as np
from . import a

X = np.zeros(3)
X[0] = a.B


class C(a.D):
    def m(self):
        return self.k
"""


def plain(found: Definitions) -> Any:
    return json.loads(json.dumps(found.as_json()))


def never() -> ast.Module:
    raise AssertionError("parsed again")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept_definitions, "_folders", lambda: (tmp_path / "kept",))
    return tmp_path / "kept"


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_same_content_is_looked_at_once(folder: Path):
    made = kept(TEXT, lambda: ast.parse(TEXT))
    assert made == definitions_in(ast.parse(TEXT))
    again = kept(TEXT, never)
    assert plain(again) == plain(made)
    with pytest.raises(AssertionError):
        kept(TEXT + b"Y = 1\n", never)
    assert len(entries(folder)) == 1


@pytest.mark.parametrize("damage", [b"", b"[]", b"\xff", b"0\n{}"])
def test_what_is_damaged_is_made_anew(folder: Path, damage: bytes):
    made = plain(kept(TEXT, lambda: ast.parse(TEXT)))
    (entry,) = entries(folder)
    for content in (damage, entry.read_bytes().replace(b"numpy", b"scipy")):
        entry.write_bytes(content)
        assert plain(kept(TEXT, lambda: ast.parse(TEXT))) == made
        assert plain(kept(TEXT, never)) == made


def test_other_code_that_finds_them_finds_them_anew(folder: Path, monkeypatch: pytest.MonkeyPatch):
    kept(TEXT, lambda: ast.parse(TEXT))
    monkeypatch.setattr(kept_definitions, "_engine", lambda: b"another")
    with pytest.raises(AssertionError):
        kept(TEXT, never)


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(kept_definitions, "_folders", lambda: (tmp_path / "file", tmp_path / "second"))
    made = plain(kept(TEXT, lambda: ast.parse(TEXT)))
    assert plain(kept(TEXT, never)) == made
    assert entries(tmp_path / "second")
    monkeypatch.setattr(kept_definitions, "_folders", lambda: (tmp_path / "file",))
    assert plain(kept(TEXT, lambda: ast.parse(TEXT))) == made


def test_the_oldest_entries_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_definitions, "_MOST", 2)
    for number in range(4):
        (tmp_path / str(number)).touch()
        os.utime(tmp_path / str(number), (number, number))
    kept_definitions._remove_oldest(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]
