"""Definitions are found in files again, and made anew where these cannot be used."""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Iterator
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


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a user who may not write to the project."""
    (tmp_path / "project").touch()
    monkeypatch.setattr(kept_definitions, "PROJECT", tmp_path / "project")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    kept_definitions._folders.cache_clear()
    yield tmp_path / "caches" / "erumflow" / "definitions"
    kept_definitions._folders.cache_clear()


def test_a_user_s_own_are_this_user_s_alone(own: Path):
    before = os.umask(0)
    try:
        kept(TEXT, lambda: ast.parse(TEXT))
    finally:
        os.umask(before)
    assert plain(kept(TEXT, never)) == plain(definitions_in(ast.parse(TEXT)))
    assert entries(own)
    assert [folder.stat().st_mode & 0o777 for folder in (own, own.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("which", ["erumflow", "definitions"])
@pytest.mark.parametrize("as_found", ["for everybody", "for a group", "a link", "of somebody else"])
def test_those_that_others_could_have_written_are_not_believed(own: Path, tmp_path: Path, which: str, as_found: str):
    kept(TEXT, lambda: ast.parse(TEXT))
    (entry,) = entries(own)
    text = entry.read_text().partition("\n")[2].replace("numpy", "scipy")
    entry.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
    folder = own if which == "definitions" else own.parent
    if as_found == "a link":
        folder.rename(tmp_path / "behind")
        folder.symlink_to(tmp_path / "behind")
    elif as_found == "of somebody else":
        if os.geteuid():
            pytest.skip("only the machine's administrator can give a folder away")
        os.chown(folder, 12345, -1)
    else:
        folder.chmod(0o777 if as_found == "for everybody" else 0o770)
    kept_definitions._folders.cache_clear()
    assert plain(kept(TEXT, lambda: ast.parse(TEXT))) == plain(definitions_in(ast.parse(TEXT)))
    assert entry.read_text().endswith(text)
