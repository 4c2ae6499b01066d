"""What every kind of server has to do, on real ones."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StoreError
from analysis.provenance.remote.faults import MissingError
from analysis.provenance.remote.files import Entry, Files
from analysis.provenance.remote.server_files import ServerFiles
from tests.analysis.provenance.remote.folders import SHARED_KINDS, Server

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


def in_child(files: Files, source: Path, answers: Any) -> None:
    files.upload(source, "by child")
    answers.put(files.read("by parent"))


@pytest.mark.parametrize("server", SHARED_KINDS, indirect=True)
def test_a_fork_has_its_own_connection(server: Server, local: Write) -> None:
    files = server.files()
    files.upload(local(b"parent"), "by parent")
    context = multiprocessing.get_context("fork")
    for _ in range(4):
        # what has just ended is what a fork in the wrong moment waits for
        for _ in range(10):
            assert files.read("by parent") == b"parent"
        answers = context.Queue()
        child = context.Process(target=in_child, args=(files, local(b"child"), answers))
        with warnings.catch_warnings():
            # libraries have threads by now; luigi forks nevertheless
            warnings.simplefilter("ignore", DeprecationWarning)
            child.start()
        assert answers.get(timeout=30) == b"parent"
        assert files.read("by parent") == b"parent"
        child.join(30)
        assert child.exitcode == 0
        assert files.read("by child") == b"child"


UPLOADER = """
import sys
from pathlib import Path
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options
url, source, path, *options = sys.argv[1:]
connect(url, Options(**dict(o.split("=", 1) for o in options))).upload(Path(source), path)
"""


@pytest.mark.parametrize("server", SHARED_KINDS, indirect=True)
def test_a_killed_upload_is_never_seen(server: Server, tmp_path: Path, repository: Path, local: Write) -> None:
    files = server.files()
    assert isinstance(files, ServerFiles)
    files.upload(local(b"old"), "records/a")
    large = tmp_path / "large"
    with open(large, "wb") as file:
        file.truncate(8 * 2**30)
    options = [f"{n}={v}" for n in ("endpoint", "key_file", "known_hosts") if (v := getattr(server.options, n))]
    for path in ("records/a", "records/new"):
        command = [sys.executable, "-c", UPLOADER, server.url, str(large), path, *options]
        process = subprocess.Popen(command, cwd=repository, env={**os.environ, "PYTHONPATH": "."})
        try:
            until = time.monotonic() + 60
            while not on_its_way(server.kind, files):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        # once the server has noticed, too
        for pause in (0.0, 0.1 if server.kind == "file" else 1.0):
            time.sleep(pause)
            assert files.listing("records").keys() == {"a"}
            assert files.stat("records/new") is None
            assert files.read("records/a") == b"old"
        clear(server.kind, files)
    files.remove_tree("records")
    assert files.stat("records/a") is None


def on_its_way(kind: str, files: Any) -> bool:
    """Whether a part of a file has arrived."""
    if kind == "s3":
        return bool(files._ask("list_multipart_uploads").get("Uploads"))
    found: dict[str, Entry] = files._listing(files._at("records"))
    return any(entry.size > 2**20 for name, entry in found.items() if name.endswith(".part"))


def clear(kind: str, files: Any) -> None:
    """Remove what a killed upload has left, which is large."""
    if kind == "s3":
        for upload in files._ask("list_multipart_uploads").get("Uploads", ()):
            files._ask("abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"])
    else:
        for name in files._listing(files._at("records")):
            if name.endswith(".part"):
                files._remove(files._at(f"records/{name}"))
