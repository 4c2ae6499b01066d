"""Files of a process that forks, or is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.provenance.remote.files import Entry, Files
from analysis.provenance.remote.server_files import ServerFiles
from tests.analysis.provenance.remote.folders import SHARED_KINDS, Server

Write = Callable[[bytes], Path]


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
            warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
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
        return bool(uploads(files))
    found: dict[str, Entry] = files._listing(files._at("records"))
    return any(entry.size > 2**20 for name, entry in found.items() if name.endswith(".part"))


def uploads(files: Any) -> list[Any]:
    """What this test has begun to upload; others that run beside it use the same bucket."""
    folder = files.url.rpartition("/")[2]
    found = files._ask("list_multipart_uploads").get("Uploads", ())
    return [upload for upload in found if upload["Key"].startswith(f"{folder}/")]


def clear(kind: str, files: Any) -> None:
    """Remove what a killed upload has left, which is large."""
    if kind == "s3":
        for upload in uploads(files):
            files._ask("abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"])
    else:
        for name in files._listing(files._at("records")):
            if name.endswith(".part"):
                files._remove(files._at(f"records/{name}"))
