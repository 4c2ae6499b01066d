from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import awkward as ak
import pytest

from analysis.errors import DataError, StudyError
from analysis.provenance.remote.options import Options
from analysis.readers.chunks import Usage, read_chunk
from analysis.readers.data_file import DataFile
from analysis.readers.description import regular_clusters
from analysis.readers.opening import Access, open_file
from analysis.readers.root import describe
from analysis.study import Dataset, Schema, SourceFile
from tests.analysis.provenance.remote.folders import Server
from tests.analysis.readers.conftest import Write
from tests.services.servers import XRootD

SCHEMA = Schema("Events", ("x0", "x3", "x7", "x9"))


def described(path: Path) -> SourceFile:
    found = describe(DataFile.local(path), "")
    clusters = regular_clusters(found.clusters, found.events)
    return SourceFile(path.name, str(path), size=path.stat().st_size, events=found.events, clusters=clusters)


def served(server: Server, path: Path) -> SourceFile:
    """A file, uploaded and described as the server sees it."""
    files = server.files()
    files.upload(path, path.name)
    size, checksum = files.identity(path.name)
    assert size == path.stat().st_size
    url = f"{files.url}/{path.name}"
    return replace(described(path), url=url, checksum=checksum.text)


def dataset(*files: SourceFile) -> Dataset:
    return Dataset("run", "Run", "measured", files, SCHEMA, in_place=True)


def test_the_same_events_as_from_copies(server: Server, clustered: Write) -> None:
    paths = [clustered("a.root", 1), clustered("b.root", 2)]
    run = dataset(*(served(server, path) for path in paths))
    usage, access = Usage(), Access(options=server.options)
    parts = [read_chunk(None, run, *chunk, access=access, usage=usage) for chunk in run.chunks(4_000)]
    # one of them ends the first file and begins the second
    assert run.chunks(4_000) == tuple((start, start + 4_000) for start in range(0, 20_000, 4_000))
    assert ak.array_equal(ak.concatenate(parts), read_chunk(paths, run, 0, run.events))
    # blocks at the beginnings and ends of six parts, and no more
    assert run.events * 16 < usage.bytes_read < run.events * 16 + usage.files * 3 * 2**15 < usage.size
    assert usage.files == 6


def test_a_file_that_changed_on_the_server(server: Server, clustered: Write) -> None:
    one = served(server, clustered("a.root"))
    access = Access(options=server.options)
    with open_file(one, access) as file:
        assert file.read(4) == b"root"
    if one.checksum.startswith("modified:"):
        # of the time of change, a server tells seconds
        time.sleep(1.1)
    changed = served(server, clustered("a.root", seed=2))
    assert changed.size == one.size
    with pytest.raises(DataError, match=r"'a\.root' is not what the catalogue says: .*a\.root has") as error:
        read_chunk(None, dataset(one), 0, 10, access=access)
    assert "DescribeFiles" in error.value.cure
    other = served(server, clustered("a.root", clusters=4))
    with pytest.raises(DataError, match=rf"has {other.size} bytes, not {one.size} bytes"):
        read_chunk(None, dataset(one), 0, 10, access=access)


def test_a_file_that_is_not_there(server: Server, clustered: Write) -> None:
    one = served(server, clustered("a.root"))
    server.files().remove("a.root")
    with pytest.raises(DataError, match=r"the file 'a\.root' is not there|a\.root does not exist"):
        read_chunk(None, dataset(one), 0, 10, access=Access(options=server.options))


def test_what_cannot_be_compared_is_not_read(server: Server, clustered: Write) -> None:
    one = replace(served(server, clustered("a.root")), checksum="", sha256="0" * 64)
    with pytest.raises(DataError, match=r"is not what the catalogue says|cannot be asked"):
        read_chunk(None, dataset(one), 0, 10, access=Access(options=server.options))


@pytest.mark.services("xrootd")
@pytest.mark.alone
def test_a_server_that_is_away_for_a_moment(xrootd: XRootD, clustered: Write, request: pytest.FixtureRequest) -> None:
    server = Server("root", f"{xrootd.url}/away", Options(attempts=6), xrootd.folder / "store" / "away")
    paths = [clustered(f"{name}.root", seed) for seed, name in enumerate("abcdef")]
    run = dataset(*(served(server, path) for path in paths))
    access = Access(options=server.options)
    with open_file(run.files[0], access) as file:
        before = file.ranges([(0, 100)])
        xrootd.stop()
        back = threading.Timer(2.0, xrootd.start)
        back.start()
        # the connection breaks with the file open
        assert file.ranges([(0, 100), (5_000, 5_100)])[0] == before[0]
        back.join()
    xrootd.stop()
    back = threading.Timer(2.0, xrootd.start)
    back.start()
    events = read_chunk(None, run, 0, run.events, access=access)
    back.join()
    assert ak.array_equal(events, read_chunk(paths, run, 0, run.events))


def test_a_local_file_is_compared_once(clustered: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis.provenance.store import sha256_of
    from analysis.readers import opening

    path = clustered("a.root")
    one = replace(described(path), sha256=sha256_of(path))
    asked = []

    def read_whole(path: Path) -> str:
        asked.append(path)
        return sha256_of(path)

    monkeypatch.setattr(opening, "sha256_of", read_whole)
    for _ in range(3):
        open_file(one, Access()).close()
    assert len(asked) == 1
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    with pytest.raises(DataError, match=r"'a\.root' is not what the catalogue says"):
        open_file(one, Access())


@pytest.mark.parametrize("which", ["own", "compared"])
@pytest.mark.parametrize("as_found", ["for everybody", "a link", "of somebody else"])
def test_notes_that_others_could_write_are_not_believed(
    which: str, as_found: str, tmp_path: Path, clustered: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.provenance.store import sha256_of
    from analysis.readers import opening

    temporary = tmp_path / "temporary"
    found = temporary / f"erumflow-{os.geteuid()}"
    found = found if which == "own" else found / "compared"
    found.parent.mkdir(parents=True, mode=0o700)
    (tmp_path / "behind" / "compared").mkdir(parents=True, mode=0o700)
    if as_found == "a link":
        found.symlink_to(tmp_path / "behind")
    else:
        found.mkdir(mode=0o700)
    if as_found == "for everybody":
        found.chmod(0o777)
    elif as_found == "of somebody else":
        if os.geteuid():
            pytest.skip("only the machine's administrator can give a folder away")
        os.chown(found, 12345, -1)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    opening._notes.cache_clear()
    try:
        path = clustered("a.root")
        right = replace(described(path), sha256=sha256_of(path))
        open_file(right, Access()).close()
        (note,) = (path for path in tmp_path.rglob("*") if re.fullmatch("[0-9a-f]{64}", path.name))
        # in a fresh folder of this user's
        assert note.parent.parent == temporary
        assert note.parent != found
        assert note.parent.stat().st_mode & 0o777 == 0o700
    finally:
        opening._notes.cache_clear()


def test_addresses(tmp_path: Path, clustered: Write) -> None:
    path = clustered("a.root")
    one = replace(described(path), checksum=f"modified:{path.stat().st_mtime:.0f}")
    for url in (str(path), f"file://{path}"):
        with open_file(replace(one, url=url), Access()) as file:
            assert (file.path, file.size) == (path, one.size)
    with open_file(replace(one, url="https://example.org/a.root"), Access((tmp_path,))) as file:
        assert file.path == path
    with pytest.raises(StudyError, match=r"the address 'a\.root', and nobody knows") as error:
        open_file(replace(one, url="a.root"), Access())
    assert "beside('a.root')" in error.value.cure
    with pytest.raises(DataError, match="changed at 1"):
        open_file(replace(one, checksum="modified:1"), Access())
