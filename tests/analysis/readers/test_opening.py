from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import DataError, StudyError
from analysis.readers.opening import Access, local_path, open_file
from analysis.source_files import SourceFile

CONTENT = b"events" * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "some.root").write_bytes(CONTENT)
    os.utime(tmp_path / "some.root", (1_000_000_000, 1_000_000_000))
    return tmp_path / "some.root"


def _file(path: Path, **more) -> SourceFile:
    return SourceFile(path.name, str(path), **more)


IDENTITIES = [
    {"sha256": hashlib.sha256(CONTENT).hexdigest()},
    {"size": len(CONTENT)},
    {"size": len(CONTENT), "checksum": f"adler32:{zlib.adler32(CONTENT):08x}"},
    {"size": len(CONTENT), "checksum": f"md5:{hashlib.md5(CONTENT).hexdigest()}"},
    {"size": len(CONTENT), "checksum": "modified:1000000000"},
]


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda one: "-".join(one))
def test_what_the_catalogue_says_is_asked_each_time(path: Path, identity: dict):
    with open_file(_file(path, **identity), Access()) as file:
        assert file.read() == CONTENT
        assert file.path == path
    path.write_bytes(CONTENT[:-1] + (b"?" if "size" not in identity or "checksum" in identity else b""))
    with pytest.raises(
        DataError, match=r"the file 'some\.root' is not what the catalogue says: .* has .*, not "
    ) as caught:
        open_file(_file(path, **identity), Access())
    assert "law run DescribeFiles" in str(caught.value)


def test_a_wrong_digest(path: Path):
    with pytest.raises(DataError, match=r"has sha256 [0-9a-f]{64}, not sha256 0{64}"):
        open_file(_file(path, sha256="0" * 64), Access())


def test_where_a_file_is(tmp_path: Path, path: Path):
    assert local_path(_file(path), Access()) == path
    assert local_path(SourceFile("some.root", f"file://{path}"), Access()) == path
    assert local_path(SourceFile("some.root", "https://example.org/some.root"), Access()) is None
    elsewhere = SourceFile("some.root", "root://example.org//some.root")
    assert local_path(elsewhere, Access((tmp_path,))) == path
    assert local_path(replace(elsewhere, name="other.root"), Access((tmp_path,))) is None
    with pytest.raises(StudyError, match=r"has the address 'some\.root', and nobody knows where to look for it"):
        local_path(SourceFile("some.root", "some.root"), Access())
    with pytest.raises(DataError, match="does not exist"):
        open_file(_file(tmp_path / "none.root"), Access())


def test_a_copy_tells_nothing_of_the_time_of_its_original(tmp_path: Path, path: Path):
    timed = replace(_file(path, checksum="modified:1"), size=path.stat().st_size)
    with pytest.raises(DataError, match="not changed at 1"):
        open_file(timed, Access())
    elsewhere = replace(timed, url="/nowhere/some.root")
    open_file(elsewhere, Access((tmp_path / "none", tmp_path))).close()
    with pytest.raises(DataError, match="bytes, not"):
        open_file(replace(elsewhere, size=1), Access((tmp_path,)))
