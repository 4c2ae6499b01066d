from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import DataError, StoreError
from analysis.provenance.remote.options import Options
from analysis.readers.fetching import fetch
from analysis.readers.opening import Access
from analysis.study import SourceFile
from tests.analysis.provenance.remote.wire import Wire

CONTENT = np.random.default_rng(1).bytes(3_000_000)


@dataclass
class Behaviour:
    content: bytes = CONTENT
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    chunked: bool = False
    busy: list[int] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    behaviour: Behaviour

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of these tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        behaviour = self.server.behaviour
        asked = self.headers.get("Range", "")
        behaviour.seen.append(asked)
        if behaviour.busy and (status := behaviour.busy.pop(0)):
            self.send_error(status)
            return
        if self.path != "/file.root":
            self.send_error(404)
            return
        content, start = behaviour.content, 0
        if asked and behaviour.ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if not behaviour.chunked:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + behaviour.cuts.pop(0) if behaviour.cuts else len(content)
        self.wfile.write(content[start:end])

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as running:
        running.behaviour = Behaviour()
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def file(server: _Server, monkeypatch: pytest.MonkeyPatch) -> SourceFile:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return SourceFile(
        name="file.root",
        url=f"http://127.0.0.1:{server.server_address[1]}/file.root",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        events=10,
        mirror="folder/file.root",
    )


def test_a_mirror_is_tried_first(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    (tmp_path / "mirror" / "folder").mkdir(parents=True)
    (tmp_path / "mirror" / file.mirror).write_bytes(CONTENT)
    calls: list[tuple[int, int]] = []
    fetch(
        file,
        tmp_path / "it",
        access=Access((tmp_path / "none", tmp_path / "mirror")),
        progress=lambda done, total: calls.append((done, total)),
    )
    assert (tmp_path / "it").read_bytes() == CONTENT
    assert server.behaviour.seen == []
    assert calls[0] == (0, len(CONTENT))
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["it", "mirror"]


def test_a_mirror_without_the_file_is_passed_over(tmp_path: Path, file: SourceFile) -> None:
    fetch(file, tmp_path / "it", access=Access((tmp_path,)))
    assert (tmp_path / "it").read_bytes() == CONTENT


def test_a_wrong_copy_in_the_mirror(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / file.mirror).write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(DataError, match=r"in the mirror is not the file 'file\.root'") as caught:
        fetch(file, tmp_path / "it", access=Access((tmp_path,)))
    assert file.sha256 in str(caught.value)
    assert hashlib.sha256(CONTENT[:-1] + b"x").hexdigest() in str(caught.value)
    assert "unset ERUMFLOW_MIRROR, or correct the SHA-256 and the size in the study" in caught.value.cure
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder"]
    assert server.behaviour.seen == []


def test_a_download_reports_its_progress(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    calls: list[tuple[int, int]] = []
    fetch(file, tmp_path / "it", access=Access(), progress=lambda done, total: calls.append((done, total)))
    assert (tmp_path / "it").read_bytes() == CONTENT
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert len(calls) > 2
    assert {total for _, total in calls} == {len(CONTENT)}
    assert calls[-1][0] == len(CONTENT)
    assert list(tmp_path.iterdir()) == [tmp_path / "it"]


def test_a_size_need_not_be_known(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    server.behaviour.chunked = True
    fetch(replace(file, size=None), tmp_path / "it", access=Access())
    assert (tmp_path / "it").read_bytes() == CONTENT


def test_an_interrupted_download_is_gone_on_with(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    (tmp_path / "it.download").write_bytes(CONTENT[:1_234_567])
    calls: list[int] = []
    fetch(file, tmp_path / "it", access=Access(), progress=lambda done, total: calls.append(done))
    assert server.behaviour.seen == ["bytes=1234567-"]
    assert calls[0] == 1_234_567
    assert (tmp_path / "it").read_bytes() == CONTENT


def test_a_broken_connection_is_gone_on_with(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    server.behaviour.cuts = [1_500_000, 700_000]
    fetch(file, tmp_path / "it", access=Access())
    assert len(server.behaviour.seen) == 3
    starts = [int(asked[6:-1]) for asked in server.behaviour.seen[1:]]
    assert 0 < starts[0] <= 1_500_000
    assert starts[0] < starts[1]
    assert (tmp_path / "it").read_bytes() == CONTENT


def test_a_server_without_ranges_starts_again(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    server.behaviour.ranges = False
    (tmp_path / "it.download").write_bytes(CONTENT[:1_234_567])
    fetch(file, tmp_path / "it", access=Access())
    assert (tmp_path / "it").read_bytes() == CONTENT
    assert len(server.behaviour.seen) == 1


def test_a_server_that_refuses_for_a_while(
    tmp_path: Path, server: _Server, file: SourceFile, caplog: pytest.LogCaptureFixture
) -> None:
    with Wire(server.server_address[1]) as wire:
        behind = replace(file, url=f"http://127.0.0.1:{wire.port}/file.root")
        server.behaviour.cuts = [1_500_000]
        back: list[threading.Timer] = []

        def cut(done: int, total: int) -> None:
            if done > 1_000_000 and not back:
                wire.cut()
                # longer than a server is tried that has never answered
                back.append(threading.Timer(1.0, wire.mend))
                back[0].start()

        fetch(behind, tmp_path / "it", access=Access(options=Options(wait=0.1, timeout=20)), progress=cut)
        back[0].join()
    assert (tmp_path / "it").read_bytes() == CONTENT
    told = [one.getMessage() for one in caplog.records if "does not answer" in one.getMessage()]
    assert len(told) == 1
    assert f"http://127.0.0.1:{wire.port}" in told[0]


@pytest.mark.parametrize("status", [503, 502, 429])
def test_a_server_that_is_busy_for_a_while(tmp_path: Path, server: _Server, file: SourceFile, status: int) -> None:
    server.behaviour.cuts = [1_500_000]
    server.behaviour.busy = [0, status, status, status, status]
    fetch(file, tmp_path / "it", access=Access(options=Options(wait=0.02, timeout=20)))
    assert (tmp_path / "it").read_bytes() == CONTENT


def test_a_connection_that_always_breaks(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    server.behaviour.ranges = False
    server.behaviour.cuts = [2_000_000] * 100
    with pytest.raises(DataError, match="cannot be downloaded: the download failed"):
        fetch(file, tmp_path / "it", access=Access(options=Options(timeout=1, wait=0.1)))
    assert not (tmp_path / "it").exists()
    # what arrived stays for the next try
    server.behaviour = Behaviour()
    fetch(file, tmp_path / "it", access=Access())
    assert server.behaviour.seen[0].startswith("bytes=")
    assert (tmp_path / "it").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"something else", CONTENT + b"and more", CONTENT])
def test_what_is_left_may_be_anything(tmp_path: Path, file: SourceFile, left: bytes) -> None:
    (tmp_path / "it.download").write_bytes(left)
    fetch(file, tmp_path / "it", access=Access())
    assert (tmp_path / "it").read_bytes() == CONTENT
    assert not (tmp_path / "it.download").exists()


def test_wrong_content_from_the_server(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    server.behaviour.content = b"<html>not found</html>"
    with pytest.raises(DataError, match=re.escape(f"what {file.url} serves is not the file 'file.root'")) as caught:
        fetch(file, tmp_path / "it", access=Access())
    assert file.sha256 in str(caught.value)
    assert hashlib.sha256(server.behaviour.content).hexdigest() in str(caught.value)
    assert caught.value.cure
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_size_in_the_catalogue(tmp_path: Path, file: SourceFile) -> None:
    with pytest.raises(DataError, match=f"{len(CONTENT) - 1} bytes"):
        fetch(replace(file, size=len(CONTENT) - 1), tmp_path / "it", access=Access())


def test_a_file_that_the_server_does_not_have(tmp_path: Path, file: SourceFile) -> None:
    missing = replace(file, url=file.url + "x")
    with pytest.raises(DataError, match="the server answers 404") as caught:
        fetch(missing, tmp_path / "it", access=Access())
    for needed in (missing.name, missing.url, missing.sha256):
        assert needed in caught.value.problem
    assert "ERUMFLOW_MIRROR" in caught.value.cure
    assert missing.mirror in caught.value.cure
    assert not (tmp_path / "it").exists()


def test_no_network_and_no_mirror(tmp_path: Path, file: SourceFile) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as closed:
        port = closed.server_address[1]
    unreachable = replace(file, url=f"http://127.0.0.1:{port}/file.root")
    with pytest.raises(DataError, match="cannot be downloaded") as caught:
        fetch(unreachable, tmp_path / "it", access=Access())
    for needed in (unreachable.name, unreachable.url, unreachable.sha256, "ERUMFLOW_MIRROR"):
        assert needed in str(caught.value)


def test_a_place_that_cannot_be_written(tmp_path: Path, file: SourceFile) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        fetch(file, tmp_path / "no such folder" / "it", access=Access())


def test_two_processes_at_once(tmp_path: Path, server: _Server, file: SourceFile) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom analysis.readers.fetching import fetch\n"
        "from analysis.readers.opening import Access\nfrom analysis.study import SourceFile\n"
        f"fetch({file!r}, Path(sys.argv[1]), access=Access())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "it")]
    environment = os.environ | {"PYTHONPATH": str(Path(fetch.__code__.co_filename).parents[2])}
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert (tmp_path / "it").read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [tmp_path / "it"]
