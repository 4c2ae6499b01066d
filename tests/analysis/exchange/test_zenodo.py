"""Deposits on a server that answers like Zenodo, on this machine: drafts, publication, versions, and refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from zenodo_mock import DepositStore

from analysis.errors import StoreError
from analysis.exchange.folder import ONNX, SUMS, PublishedFolder, read
from analysis.exchange.publishing import publish
from analysis.exchange.zenodo import TOKEN, Zenodo
from analysis.exchange.zenodo_metadata import zenodo_metadata
from tests.analysis.exchange.small import NUMBERS, material
from tests.analysis.exchange.zenodo_server import SECRET, Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "deposits").mkdir()
    with Server(tmp_path / "deposits") as found:
        yield found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def folders(made: Path) -> tuple[PublishedFolder, PublishedFolder]:
    """Two versions of published networks."""
    second = material(made, numbers=(replace(NUMBERS[0], value=20.0),))
    return publish(material(made), made).folder, publish(second, made).folder


def test_a_draft_then_published_then_a_new_version(
    server: Server, made: Path, folders: tuple[PublishedFolder, PublishedFolder], tmp_path: Path
) -> None:
    zenodo, (first, second) = Zenodo(server.address, SECRET), folders
    metadata = zenodo_metadata(material(made), first)
    draft = zenodo.deposit(first, metadata)
    assert not draft.published
    assert zenodo.find(draft.number).number == draft.number
    assert draft.doi.endswith(str(draft.number))
    assert server.store.depositions[str(draft.number)]["state"] == "unsubmitted"
    stored = server.store.depositions[str(draft.number)]["metadata"]
    assert (stored["version"], stored["license"], stored["creators"]) == (
        "1",
        "bsd-3-clause",
        [{"name": "The authors"}],
    )
    assert stored["related_identifiers"][0]["identifier"] == "10.1234/5"
    assert first.digest in stored["description"]
    assert sorted(server.sent()) == sorted((*first.digests, SUMS))
    published = zenodo.publish(draft.number)
    assert published.published
    assert (fetched(server, published.number, tmp_path / "first")).digest == first.digest

    server.asked.clear()
    again = zenodo.deposit(second, zenodo_metadata(material(made), second), draft.number)
    assert again.number != draft.number
    assert f"/api/deposit/depositions/{draft.number}/actions/newversion" in {path for _, path, _ in server.asked}
    zenodo.publish(again.number)
    assert fetched(server, again.number, tmp_path / "second").digest == second.digest
    # the first is what it was
    assert fetched(server, draft.number, tmp_path / "once more").digest == first.digest
    assert {held for _, path, held in server.asked if path.startswith("/api/deposit")} == {f"Bearer {SECRET}"}


def fetched(server: Server, number: int, folder: Path) -> PublishedFolder:
    """Fetch a published record without any token, as everybody can."""
    folder.mkdir()
    for one in httpx.get(f"{server.address}/api/records/{number}").json()["files"]:
        (folder / one["key"]).write_bytes(httpx.get(one["links"]["download"]).content)
    return read(folder)


def test_an_upload_that_was_killed_goes_on(
    server: Server, folders: tuple[PublishedFolder, PublishedFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    zenodo, (first, second) = Zenodo(server.address, SECRET), folders
    draft = zenodo.deposit(second, {})
    deposit = server.store.depositions[str(draft.number)]
    server.sent()
    # with what Zenodo tells and its stand-in does not
    deposit["files"] = [
        {**one, "checksum": _md5(server, draft.number, one["filename"])}
        for one in deposit["files"]
        if one["id"] != ONNX
    ]
    deposit["files"].append({"id": "left", "key": "left", "filename": "left", "size": 3})
    assert zenodo.deposit(second, {}, draft.number).number == draft.number
    assert server.sent() == [ONNX]
    assert "left" not in {one["filename"] for one in deposit["files"]}
    # a draft that nobody published becomes another version
    zenodo.deposit(first, {}, draft.number)
    assert read(server.store.storage_dir / str(draft.number)).digest == first.digest

    monkeypatch.setattr(DepositStore, "add_file", lambda *_: {"checksum": f"md5:{'0' * 32}"})
    with pytest.raises(StoreError, match="received another"):
        zenodo.deposit(second, {})
    monkeypatch.setattr(DepositStore, "add_file", lambda *_: {})
    with pytest.raises(StoreError, match="has not what was sent"):
        zenodo.deposit(second, {})


def _md5(server: Server, number: int, name: str) -> str:
    import hashlib

    return hashlib.md5((server.store.storage_dir / str(number) / name).read_bytes()).hexdigest()


def test_no_token_and_addresses_that_do_not_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    with pytest.raises(StoreError, match=f"{TOKEN} is not set") as raised:
        Zenodo("https://zenodo.org")
    assert "deposit:write" in raised.value.cure
    monkeypatch.setenv(TOKEN, f"{SECRET} and\nmore")
    with pytest.raises(StoreError, match="characters that no token has") as raised:
        Zenodo("https://zenodo.org")
    assert SECRET not in str(raised.value)
    for address in ("http://zenodo.org", "zenodo.org", "ftp://zenodo.org"):
        with pytest.raises(StoreError, match="no address that a token may go to"):
            Zenodo(address, SECRET)


@pytest.mark.parametrize(
    ("status", "answer", "problem", "cure"),
    [
        (401, {"message": f"no user has {SECRET}"}, "answers 401 .*no user has \\*\\*\\*", "wrong or expired"),
        (403, {"message": "Permission denied"}, "answers 403", "scopes"),
        (404, {}, "answers 404", "number of a deposit"),
        (400, {"message": "Validation", "errors": [{"field": "title", "message": "\x1b[1m"}]}, "title: ", ""),
        (400, {"message": "Quota of the bucket exceeded"}, "Quota", "larger than Zenodo allows"),
        (413, {}, "answers 413", "larger than Zenodo allows"),
        (429, {}, "answers 429", "wait"),
        (502, {}, "answers 502", "later"),
        (302, {}, "answers 302", ""),
        (200, ["no", "object"], "answers 200", ""),
    ],
)
def test_refusals_are_clear_and_hold_no_token(status: int, answer: object, problem: str, cure: str) -> None:
    with answering(status, answer) as address, pytest.raises(StoreError, match=problem) as raised:
        Zenodo(address, SECRET).find(7)
    assert cure in raised.value.cure
    assert SECRET not in str(raised.value)
    assert "\x1b" not in str(raised.value)


def test_a_server_that_is_away_and_one_that_sends_on() -> None:
    elsewhere = "https://elsewhere.example.org/api"
    with answering(200, {"id": 7, "links": {"self": elsewhere, "bucket": elsewhere}}) as address:
        zenodo = Zenodo(address, SECRET)
        with pytest.raises(StoreError, match=r"sends its users on to https://elsewhere.* does not get the token"):
            zenodo.deposit(PublishedFolder(Path(), {}, {}), {}, 7)
    with pytest.raises(StoreError, match="cannot be reached"):
        zenodo.find(7)
    with answering(200, {}) as address, pytest.raises(StoreError, match="does not answer as Zenodo does: KeyError"):
        Zenodo(address, SECRET).find(7)


class answering:
    """A server that gives one answer to everything."""

    def __init__(self, status: int, answer: object) -> None:
        content = json.dumps(answer).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                if status == 302:
                    self.send_header("Location", "https://elsewhere.example.org")
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
