"""Archives that say nothing but their content, and hostile ones."""

from __future__ import annotations

import hashlib
import os
import stat
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import PreservationError
from analysis.preservation import archive

# of a file with the members below; every version of this project and of Python has to write these bytes
DIGEST = "9ad58fabf6124caf1c178069b5eb1cb287979b13dba677c75202b3074a196da0"
MEMBERS: dict[str, bytes | Path] = {"b/setup.sh": b"echo\n", "a.txt": b"1\n", "c/d/e.json": b"{}"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.zip"
    archive.write(path, MEMBERS)
    return path


def test_the_same_members_give_the_same_bytes(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = tmp_path / "content"
    content.write_bytes(b"1\n")
    os.utime(content, (1e9, 1e9))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    other = tmp_path / "elsewhere.zip"
    archive.write(other, dict(reversed({**MEMBERS, "a.txt": content}.items())))
    monkeypatch.undo()
    time.tzset()
    assert other.read_bytes() == file.read_bytes()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == DIGEST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content", "elsewhere.zip", "x.zip"]


@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "fifo"])
def test_a_link_is_no_member(tmp_path: Path, kind: str) -> None:
    (key := tmp_path / "id_rsa").write_bytes(b"PRIVATE KEY")
    member = tmp_path / "results.json"
    if kind == "fifo":
        os.mkfifo(member)
    elif kind == "folder":
        member.mkdir()
    else:
        member.symlink_to(key if kind == "link" else tmp_path / "none")
    with pytest.raises(PreservationError, match=r"results\.json does not go into the capsule: it is a link, or no"):
        archive.write(tmp_path / "x.zip", {"a": b"1", "results.json": member})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["id_rsa", "results.json"]
    # another name of a file is one
    os.link(key, tmp_path / "hard")
    archive.write(tmp_path / "x.zip", {"a": tmp_path / "hard"})
    assert archive.read(tmp_path / "x.zip", "a") == b"PRIVATE KEY"


def test_what_goes_in_comes_out(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    archive.unpack(file, folder)
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == MEMBERS
    assert (folder / "b" / "setup.sh").stat().st_mode & 0o111
    assert not (folder / "a.txt").stat().st_mode & 0o111
    assert archive.read(file, "a.txt") == b"1\n"
    digests = {name: hashlib.sha256(bytes(content)).hexdigest() for name, content in found.items()}
    assert archive.digests(file) == digests
    with pytest.raises(PreservationError, match="is not empty"):
        archive.unpack(file, folder)
    with pytest.raises(PreservationError, match=r"has no z\.txt"):
        archive.read(file, "z.txt")


def test_a_failed_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PreservationError, match="no place inside"):
        archive.write(tmp_path / "x.zip", {"a": b"1", "../b": b"2"})
    assert list(tmp_path.iterdir()) == []


def hostile(tmp_path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes], packed: bool = False) -> Path:
    path = tmp_path / "hostile.zip"
    with warnings.catch_warnings():
        # zipfile warns of two members of one name
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as writer:
            for entry, content in entries:
                writer.writestr(entry, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def terminal(name: str) -> zipfile.ZipInfo:
    entry = link(name)
    entry.external_attr = (stat.S_IFCHR | 0o666) << 16
    return entry


def device(name: str) -> zipfile.ZipInfo:
    entry = link(name)
    entry.external_attr = (stat.S_IFIFO | 0o644) << 16
    return entry


def refused(path: Path, tmp_path: Path, what: str) -> None:
    before = set(tmp_path.rglob("*"))
    for use in (archive.digests, lambda file: archive.unpack(file, tmp_path / "to"), lambda f: archive.read(f, "a")):
        with pytest.raises(PreservationError, match=what):
            use(path)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "a/../../evil",
        "/evil",
        "//evil",
        "a//b",
        "./a",
        "a/.",
        "..\\evil",
        "C:evil",
        "a\x1b[2Jb",
        "a\u202eb",
        "a\nb",
        "x" * 1001,
    ],
)
def test_places_outside_are_refused(tmp_path: Path, name: str) -> None:
    refused(hostile(tmp_path, ("a", b"1"), (name, b"2")), tmp_path, "no place inside it")


@pytest.mark.parametrize("make", [link, device, terminal])
def test_links_and_devices_are_refused(tmp_path: Path, make: Callable[[str], zipfile.ZipInfo]) -> None:
    refused(hostile(tmp_path, (make("a"), b"/etc"), ("a/passwd", b"2")), tmp_path, "a is no ordinary file")


@pytest.mark.parametrize(("one", "other"), [("a", "a"), ("a", "A"), ("stra\xdfe", "STRASSE"), ("\xe9", "e\u0301")])
def test_two_of_one_name_are_refused(tmp_path: Path, one: str, other: str) -> None:
    path = hostile(tmp_path, ("a", b"1"), (one, b"1"), (other, b"2"))
    refused(path, tmp_path, "two members are called")


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    path = hostile(tmp_path, ("a", b"1"), ("a/b", b"2"))
    with pytest.raises(PreservationError, match="cannot be written"):
        archive.unpack(path, tmp_path / "to")


def test_bombs_are_refused(tmp_path: Path) -> None:
    path = hostile(tmp_path, ("a", bytes(archive.HARMLESS_BYTES + 1)), packed=True)
    assert path.stat().st_size < 1e6
    refused(path, tmp_path, r"a unpacks to 0\.1 GB")


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = hostile(tmp_path, *((f"{i:02}", os.urandom(1000) if i == 0 else b"") for i in range(20)))
    content = bytearray(path.read_bytes())
    # every entry of the directory at the end points to the one content
    start = content.index(b"PK\x01\x02")
    first = content[start : start + 46 + 2]
    directory = b"".join(first[:46] + f"{i:02}".encode() for i in range(20))
    end = content[content.index(b"PK\x05\x06") :]
    path.write_bytes(bytes(content[:start]) + directory + bytes(end))
    refused(path, tmp_path, "longer than the file")


def test_what_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = hostile(tmp_path, ("a", bytes(100_000)), packed=True)
    content = path.read_bytes()
    assert content.count((100_000).to_bytes(4, "little")) == 2
    path.write_bytes(content.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    for use in (archive.digests, lambda file: archive.unpack(file, tmp_path / "to"), lambda f: archive.read(f, "a")):
        with pytest.raises(PreservationError, match="damaged or incomplete: a"):
            use(path)


def test_encrypted_and_unusual_ones_are_refused(tmp_path: Path) -> None:
    path = hostile(tmp_path, ("a", b"1"))
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02")
    encrypted = content.copy()
    encrypted[start + 8] |= 1
    path.write_bytes(encrypted)
    refused(path, tmp_path, "a is encrypted")
    content[start + 10] = zipfile.ZIP_LZMA
    path.write_bytes(content)
    refused(path, tmp_path, "unusual")


def test_more_than_there_is_room_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hostile(tmp_path, ("a", b"1"))
    monkeypatch.setattr(archive, "MOST_FILES", 0)
    refused(path, tmp_path, "1 files")


def test_cuts_and_changes_are_noticed(file: Path) -> None:
    """A damaged file is refused in words, or is as before where nobody looks (dates, attributes)."""
    whole, digests = file.read_bytes(), archive.digests(file)
    for length in range(0, len(whole), 5):
        file.write_bytes(whole[:length])
        with pytest.raises(PreservationError):
            archive.digests(file)
    noticed = 0
    for place in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[place] ^= 0x41
        file.write_bytes(changed)
        try:
            noticed += archive.digests(file) != digests
        except PreservationError:
            noticed += 1
    assert noticed > len(whole) / 3 / 2


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_keeps_nobody_waiting(tmp_path: Path, kind: str) -> None:
    place = Path("/dev/zero") if kind == "device" else tmp_path / "x.zip"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    refused(place, tmp_path, "is no ordinary file")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PreservationError, match="there is no file"):
        archive.digests(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(PreservationError, match="damaged or incomplete"):
        archive.digests(tmp_path / "text.zip")
