"""Whether inputs can still be had, asked of a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analysis.errors import PreservationError
from analysis.preservation.sources import Input, demand, described, from_json

STATUS = {"/there": 200, "/gone": 404, "/never": 405}


class Server(BaseHTTPRequestHandler):
    asked: list[str]

    def do_HEAD(self) -> None:
        self.asked.append(self.path)
        self.send_response(STATUS[self.path])
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    Server.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def source(address: str, **more: object) -> Input:
    name = address.rpartition("/")[2]
    one = {"name": name, "title": "Muons", "address": address, "sha256": name * 10, "size": 2_500_000, "doi": "10.1/x"}
    return from_json(json.dumps({"format": 1, "inputs": [{**one, "mirror": f"data/{name}", **more}]}))[0]


def test_what_is_served_is_enough(server: str) -> None:
    # a server that does not know the question says so, and may still serve
    demand([source(f"{server}/there"), source(f"{server}/never")], (), ())
    assert sorted(Server.asked) == ["/never", "/there"]


def test_what_is_gone_is_named(server: str) -> None:
    with pytest.raises(PreservationError) as caught:
        demand([source(f"{server}/there"), source(f"{server}/gone"), source("http://127.0.0.1:9/off")], (), ())
    said = str(caught.value)
    assert "2 of 3 inputs" in said
    assert "data/there" not in said
    for needed in ("data/gone, 2.5 MB: Muons", "10.1/x", "gonegone", "404", f"{server}/gone", "refused", "--mirror"):
        assert needed in said


def test_what_is_gone_for_one_reason_is_told_briefly(tmp_path: Path) -> None:
    for mirror, words in ((tmp_path, "has none of the inputs"), (tmp_path / "no", "is no folder")):
        with pytest.raises(PreservationError) as caught:
            demand([source(f"http://127.0.0.1:9/{name}") for name in ("one", "two", "three")], (mirror,), ())
        first, *others = caught.value.problem.partition("  and 2 more for the same reason:\n")
        assert len(first.splitlines()) == 5
        assert "SHA-256 oneone" in first
        assert others[-1].splitlines() == [
            "    data/two: http://127.0.0.1:9/two",
            "    data/three: http://127.0.0.1:9/three",
            f"  the mirror {mirror} {words}",
        ]


def test_nobody_is_asked_for_what_is_there(server: str, tmp_path: Path) -> None:
    gone = f"{server}/gone"
    demand([source(gone)], (), {"gone" * 10})
    # part of a package of the lock
    demand([source("pkg:pypi/x@1#gone", mirror="")], (), ())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "gone").write_bytes(b"123")
    demand([source(gone, size=3), source(gone, size=None)], (tmp_path,), ())
    assert Server.asked == []
    with pytest.raises(PreservationError):
        demand([source(gone, size=4)], (tmp_path,), ())


def test_what_only_its_author_has_is_to_be_asked_for(tmp_path: Path) -> None:
    own = source("", name="notes.csv", mirror="own/notes.csv", sha256="", checksum="modified:17", doi="")
    with pytest.raises(PreservationError) as caught:
        demand([own], (), ())
    said = str(caught.value)
    for needed in (
        "own/notes.csv, 2.5 MB: Muons",
        "lay on its author's machine",
        "modified:17",
        "--mirror",
        "--with-d",
    ):
        assert needed in said
    assert "SHA-256" not in said
    # it was copied before, or is there
    demand([own], (), {"modified:17 2500000"})
    (tmp_path / "second" / "own").mkdir(parents=True)
    (tmp_path / "second" / "own" / "notes.csv").write_bytes(b"123")
    demand([replace(own, size=3)], (tmp_path, tmp_path / "second"), ())
    # of two copies the first is read
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes.csv").write_bytes(b"1234")
    with pytest.raises(PreservationError, match="1 of 1 inputs"):
        demand([replace(own, size=3)], (tmp_path, tmp_path / "second"), ())
    # with the code of the study
    demand([source("source/more/tiny/beam.csv", mirror="beam.csv")], (), ())


def test_servers_that_are_not_asked_for_files(server: str) -> None:
    told: list[str] = []
    port = server.rpartition(":")[2]
    there = [source(f"root://127.0.0.1:{port}//there"), source("s3://bucket/there", size=3 * 10**9)]
    demand(there, (), (), told.append)
    (text,) = told
    assert f"root://127.0.0.1:{port}, s3://bucket cannot be asked yet for data/there (3.0 GB), data/there (" in text
    assert "--mirror" in text
    with pytest.raises(PreservationError, match=r"the server does not answer: .*refused") as caught:
        demand([*there, source("root://127.0.0.1:9//one"), source("root://127.0.0.1:9//two")], (), (), told.append)
    assert "2 of 4 inputs" in str(caught.value)
    assert Server.asked == []
    # WebDAV is HTTP
    with pytest.raises(PreservationError, match="404"):
        demand([source(f"dav{server.removeprefix('http')}/gone")], (), ())


def test_inputs_are_written_as_they_are_read() -> None:
    known = source("https://example.org/a")
    served = source("root://example.org//a", sha256="", checksum="adler32:0a1b2c3d")
    # older versions read what has a digest
    assert ["checksum" in described(one) for one in (known, served)] == [False, True]
    text = json.dumps({"format": 1, "inputs": [described(one) for one in (known, served)]})
    assert from_json(text) == [known, served]
    assert (known.content, served.content) == ("a" * 10, "adler32:0a1b2c3d 2500000")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2, "inputs": []}', '{"format": 1, "inputs": [{"name": "x"}]}'])
def test_what_names_no_inputs_is_refused(text: str) -> None:
    with pytest.raises(PreservationError, match="names no inputs"):
        from_json(text)
