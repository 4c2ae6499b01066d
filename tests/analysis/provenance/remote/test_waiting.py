"""Servers that go away in the middle of something, and come back."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from analysis.provenance.remote import server_files, webdav_files, xrootd_files
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.faults import UnreachableError
from analysis.provenance.remote.files import Files
from analysis.provenance.remote.options import Options
from tests.analysis.provenance.remote.folders import SERVICES, Server, server_of
from tests.analysis.provenance.remote.wire import Wire

pytestmark = pytest.mark.services

Write = Callable[[bytes], Path]
KINDS = [pytest.param(kind, marks=pytest.mark.services(name)) for kind, name in SERVICES.items() if name]
# more than all that is tried of a server that has never answered
AWAY = 3.0


@dataclass
class Wired:
    """A folder on a real server behind a wire."""

    kind: str
    wire: Wire
    url: str
    options: Options

    def files(self, **changes: Any) -> Files:
        return connect(self.url, replace(self.options, **changes))


@pytest.fixture(params=KINDS)
def wired(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    kind = request.param
    direct = server_of(kind, request.getfixturevalue(SERVICES[kind]), uuid.uuid4().hex, monkeypatch)
    address = direct.options.endpoint or direct.url
    port = urlsplit(address).port
    assert port is not None
    with Wire(port) as wire:
        url, options = direct.url.replace(f":{port}", f":{wire.port}", 1), replace(direct.options, timeout=20.0)
        if kind == "s3":
            options = replace(options, endpoint=f"http://127.0.0.1:{wire.port}")
        if kind == "sftp":
            known = tmp_path / "known_hosts"
            known.write_text(Path(options.known_hosts).read_text().replace(f":{port} ", f":{wire.port} "))
            options = replace(options, known_hosts=str(known))
        yield Wired(kind, wire, url, options)


def test_refused_for_a_while(wired: Wired, local: Write, caplog: pytest.LogCaptureFixture) -> None:
    files = wired.files()
    files.upload(local(b"1"), "a")
    wired.wire.cut()
    back = threading.Timer(AWAY, wired.wire.mend)
    back.start()
    with caplog.at_level(logging.WARNING, "erumflow.store"):
        assert files.read("a") == b"1"
    back.join()
    told = [one.getMessage() for one in caplog.records if one.name == "erumflow.store"]
    assert len(told) == 1
    assert "does not answer (" in told[0]
    assert str(wired.wire.port) in told[0]
    assert "waiting up to" in told[0]


def test_one_that_is_slow_to_greet(wired: Wired, local: Write) -> None:
    files = wired.files()
    files.upload(local(b"1"), "a")
    wired.wire.reset()
    # longer than XRootD's client waits for a connection
    wired.wire.held = 5.0
    assert files.stat("a") is not None


def test_one_that_does_not_come_back(wired: Wired, local: Write, caplog: pytest.LogCaptureFixture) -> None:
    """It is waited for once, whoever asks and however often."""
    files, others = wired.files(timeout=2.0), wired.files(timeout=2.0)
    files.upload(local(b"1"), "a")
    wired.wire.cut()
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING, "erumflow.store"):
        with pytest.raises(UnreachableError, match="cannot be reached"):
            files.read("a")
        assert time.monotonic() - begun >= 2.0
        for _ in range(2):
            with pytest.raises(UnreachableError, match="cannot be reached"):
                others.stat("a")
    assert sum("does not answer" in one.getMessage() for one in caplog.records) == 1
    wired.wire.mend()
    assert others.read("a") == b"1"


def test_one_that_has_never_answered(wired: Wired, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong port is told soon, unless somebody else has met the server."""
    wired.wire.cut()
    with (
        caplog.at_level(logging.WARNING, "erumflow.store"),
        pytest.raises(UnreachableError, match="cannot be reached"),
    ):
        wired.files(wait=0.01, timeout=600.0).stat("a")
    assert not caplog.records
    back = threading.Timer(AWAY, wired.wire.mend)
    back.start()
    assert wired.files(patient=True).stat("a") is None
    back.join()


@pytest.mark.alone
@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_a_server_that_is_started_again(
    server: Server, request: pytest.FixtureRequest, local: Write, tmp_path: Path
) -> None:
    service, files = request.getfixturevalue(SERVICES[server.kind]), server.files()
    files.upload(local(b"1"), "a")
    service.stop()
    back = threading.Timer(10.0, service.start)
    back.start()
    files.download("a", tmp_path / "a")
    back.join()
    assert (tmp_path / "a").read_bytes() == b"1"


@pytest.mark.parametrize("verb", ["upload", "create", "rename", "copy", "remove", "remove_tree", "download", "listing"])
def test_whichever_answer_gets_lost(
    wired: Wired, verb: str, local: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is reset in place of the first answer, of the second, and so on, until none is left to lose."""
    for module in (server_files, webdav_files, xrootd_files):
        monkeypatch.setattr(module, "STALE", 1.0)
    files = wired.files(wait=0.02, timeout=20.0, attempts=6)
    for number in range(1, 40):
        folder = f"{number}"
        files.upload(local(b"old"), f"{folder}/old")
        wired.wire.lose_answer(number)
        match verb:
            case "upload":
                files.upload(local(b"new"), f"{folder}/new")
                expected = {"old": b"old", "new": b"new"}
            case "create":
                assert files.create(f"{folder}/new", b"me")
                assert not files.create(f"{folder}/new", b"you")
                expected = {"old": b"old", "new": b"me"}
            case "rename":
                files.rename(f"{folder}/old", f"{folder}/new")
                expected = {"new": b"old"}
            case "copy":
                copied = files.copy(f"{folder}/old", f"{folder}/new")
                expected = {"old": b"old"} | ({"new": b"old"} if copied else {})
            case "remove":
                files.remove(f"{folder}/old")
                expected = {}
            case "remove_tree":
                files.remove_tree(folder)
                expected = {}
            case "download":
                files.download(f"{folder}/old", tmp_path / "got")
                assert (tmp_path / "got").read_bytes() == b"old"
                expected = {"old": b"old"}
            case _:
                assert files.listing(folder).keys() == {"old"}
                expected = {"old": b"old"}
        lost = wired.wire.lost
        wired.wire.lose_answer(0)
        # nothing of a broken attempt stays, also under no temporary name
        assert files.everything(folder).keys() == expected.keys(), number
        assert {name: files.read(f"{folder}/{name}") for name in expected} == expected
        if not lost:
            break
    else:
        pytest.fail("answers without end")
    assert number > 1 or verb == "copy"
    files.remove_tree("")


@pytest.mark.parametrize("wired", [kind for kind in KINDS if kind.values != ("root",)], indirect=True)
def test_several_answers_in_a_row_get_lost(wired: Wired, local: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a connection has been reset, the next may break, too: nothing is left behind for a later command.

    XRootD's client itself connects again, and waits longer each time.
    """
    for module in (server_files, webdav_files):
        monkeypatch.setattr(module, "STALE", 1.0)
    files = wired.files(wait=0.02, timeout=20.0, attempts=6)
    for number in range(1, 40):
        files.upload(local(b"old"), f"{number}/old")
        wired.wire.lose_answer(number, times=3)
        assert files.create(f"{number}/new", b"me")
        lost = wired.wire.lost
        wired.wire.lose_answer(0)
        assert files.everything(f"{number}").keys() == {"old", "new"}, number
        assert files.read(f"{number}/new") == b"me"
        if not lost:
            break
    else:
        pytest.fail("answers without end")
    files.remove_tree("")
