"""What every kind of server has to do, on real ones."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StoreError
from analysis.provenance.remote.faults import MissingError
from analysis.provenance.remote.files import Files
from tests.analysis.provenance.remote.folders import Server

HOSTILE = [
    "a #1, 50%.json",
    "%41%2F%25",
    "'single' \"double\"",
    "[a]*{b}",
    "a+b&c=d;e",
    "colon:at@tilde~",
    "-rf",
    ".dot",
    "<tag>&amp;",
    "x" * 200,
]
# and the kinds of server that cannot have it
UNUSUAL = {"μ→eγ": ("http",), "what?": ("http", "root")}

Write = Callable[[bytes], Path]


def test_what_is_not_there(files: Files, tmp_path: Path) -> None:
    assert files.stat("a") is None
    assert files.stat("a/b/c") is None
    assert files.listing("a") == {}
    assert files.listing("") == {}
    files.remove("a/b")
    files.remove_tree("a")
    with pytest.raises(MissingError, match="a/b"):
        files.read("a/b")
    with pytest.raises(MissingError):
        files.rename("a/b", "a/c")
    with pytest.raises(MissingError):
        files.download("a/b", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_file_goes_and_comes_back(files: Files, local: Write, tmp_path: Path) -> None:
    before = time.time()
    files.upload(local(b"Higgs"), "fit/nominal/result.json")
    assert files.read("fit/nominal/result.json") == b"Higgs"
    files.download("fit/nominal/result.json", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"Higgs"
    found = files.stat("fit/nominal/result.json")
    assert found is not None
    assert (found.size, found.is_folder) == (5, False)
    # in whole seconds on some servers
    assert before - 2 < found.modified < time.time() + 2
    assert files.listing("fit/nominal") == {"result.json": found}
    assert files.listing("fit").keys() == {"nominal"}
    assert files.listing("fit")["nominal"].is_folder
    folder = files.stat("fit/nominal")
    assert folder is not None
    assert folder.is_folder


def test_a_file_is_replaced(files: Files, local: Write, tmp_path: Path) -> None:
    files.upload(local(b"old and long"), "a")
    files.upload(local(b"new"), "a")
    assert files.read("a") == b"new"
    (tmp_path / "back").write_bytes(b"what was here")
    files.download("a", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"new"
    assert files.listing("").keys() == {"a"}


def test_an_empty_file(files: Files, local: Write, tmp_path: Path) -> None:
    files.upload(local(b""), "empty")
    assert files.listing("")["empty"].size == 0
    assert files.read("empty") == b""
    files.download("empty", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b""
    assert files.create("lease", b"") is True
    assert files.create("lease", b"") is False


def test_a_large_file(server: Server, local: Write, tmp_path: Path) -> None:
    files = server.files()
    # beyond what S3 takes in one request, and more than one piece everywhere
    content = os.urandom(2**20) * (110 if server.kind == "s3" else 50)
    files.upload(local(content), "large.root")
    assert files.listing("")["large.root"].size == len(content)
    files.download("large.root", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix == ".part") == []


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name(files: Files, local: Write, tmp_path: Path, name: str) -> None:
    path = f"a folder/{name}"
    files.upload(local(b"1"), path)
    assert files.stat(path) is not None
    assert files.listing("a folder").keys() == {name}
    assert files.read(path) == b"1"
    files.upload(local(b"22"), path)
    files.download(path, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"22"
    files.rename(path, f"{name}/{name}")
    assert files.listing(name).keys() == {name}
    assert files.create(path, b"me") is True
    assert files.create(path, b"you") is False
    files.remove(path)
    assert files.stat(path) is None
    files.remove_tree(name)
    assert files.stat(f"{name}/{name}") is None


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_name_that_some_server_cannot_have(server: Server, local: Write, name: str) -> None:
    files = server.files()
    if server.kind in UNUSUAL[name]:
        with pytest.raises(StoreError, match="name"):
            files.upload(local(b"1"), name)
        assert files.listing("") == {}
    else:
        files.upload(local(b"1"), name)
        assert files.listing("").keys() == {name}
        assert files.read(name) == b"1"


@pytest.mark.parametrize("path", ["/a", "a/", "a//b", "../a", "a/./b", "a\nb", "a\0b"])
def test_no_path(files: Files, local: Write, path: str) -> None:
    with pytest.raises(StoreError, match="no path in a store"):
        files.stat(path)
    with pytest.raises(StoreError, match="no path in a store"):
        files.upload(local(b"1"), path)
    with pytest.raises(StoreError, match="no path in a store"):
        files.remove_tree(path)


def test_renaming(files: Files, local: Write) -> None:
    files.upload(local(b"1"), "a/b")
    files.upload(local(b"22"), "c")
    files.rename("a/b", "new/folder/b")
    files.rename("new/folder/b", "c")
    assert files.read("c") == b"1"
    assert files.stat("a/b") is None
    assert files.stat("new/folder/b") is None


def test_a_tree_is_removed(files: Files, local: Write) -> None:
    for path in ("a/b/c/d", "a/b/e", "a/f", "ab/g"):
        files.upload(local(b"1"), path)
    files.remove_tree("a")
    for path in ("a/b/c/d", "a/b/e", "a/f"):
        assert files.stat(path) is None
    assert files.read("ab/g") == b"1"
    files.remove_tree("")
    assert files.stat("ab/g") is None


def test_a_thousand_files_in_one_request(server: Server, local: Write) -> None:
    files = server.files()
    names = {f"chunk-{i:04d}.parquet" for i in range(1000)}
    if server.folder:
        files.create("records/first", b"")
        files.remove("records/first")
        for name in names:
            (server.folder / "records" / name).write_bytes(b"12")
    else:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: files.create(f"records/{name}", b"12"), names))
    requests = counted(server.kind, files)
    found = files.listing("records")
    assert found.keys() == names
    assert all(entry.size == 2 and not entry.is_folder for entry in found.values())
    assert requests in ([], ["one"])


def counted(kind: str, files: Any) -> list[str]:
    """Gets an entry for each request, on the servers whose library tells."""
    requests: list[str] = []
    if kind == "http":
        files.connection.client.event_hooks = {"request": [lambda _: requests.append("one")]}
    if kind == "s3":
        files.connection.s3.meta.events.register("before-send.s3", lambda **_: requests.append("one"))
    return requests


def test_one_of_many_creates(server: Server, local: Write) -> None:
    makers = [server.files() for _ in range(8)]
    for turn in range(5):
        start = threading.Barrier(len(makers))

        def create(number: int, turn: int = turn, start: threading.Barrier = start) -> bool:
            makers[number].stat("")  # connected
            start.wait()
            return makers[number].create(f"leases/{turn}", f"maker {number}".encode())

        with ThreadPoolExecutor(len(makers)) as pool:
            made = list(pool.map(create, range(len(makers))))
        assert sum(made) == 1
        assert makers[0].read(f"leases/{turn}") == f"maker {made.index(True)}".encode()
    assert makers[0].listing("leases").keys() == {str(turn) for turn in range(5)}


def test_writers_at_the_same_time(server: Server, local: Write) -> None:
    files = server.files()
    contents = [bytes([65 + i]) * 300_000 for i in range(4)]
    sources = [local(content) for content in contents]
    files.upload(sources[0], "same")
    with ThreadPoolExecutor(5) as pool:
        uploads = [pool.submit(files.upload, source, "same") for source in sources * 4]
        while not all(upload.done() for upload in uploads):
            assert files.read("same") in contents
        for upload in uploads:
            upload.result()
    assert files.read("same") in contents
    assert files.listing("").keys() == {"same"}
