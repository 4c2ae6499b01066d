"""Servers that are none: consoles, login pages, proxies that answer everything with a page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.faults import WrongServerError
from analysis.provenance.remote.files import Files
from analysis.provenance.remote.options import Options

PAGES = {
    "page": ("text/html; charset=utf-8", b"<!DOCTYPE html><html><head><title>Please log in<br></head><p>Guests"),
    "xhtml": ("application/xhtml+xml", b"<html xmlns='http://www.w3.org/1999/xhtml'><p>Please log in</p></html>"),
    "json": ("application/json", b'{"message": "Please log in"}'),
    "text": ("text/plain", b"Please log in\x1b[2J\n"),
}


@pytest.fixture(params=PAGES)
def endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where something answers each request with one page, as a file of a web server's."""
    kind, page = PAGES[request.param]

    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT")
            if kind.startswith("text/html"):
                self.send_header("ETag", '"5f3e-1"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PROPFIND = do_MKCOL = answer

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("scheme", ["s3", "http"])
def test_it_is_told_with_its_address_and_what_it_says(
    endpoint: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    local = tmp_path / "local"
    local.write_bytes(b"1")
    address = "s3://bucket/store" if scheme == "s3" else f"{endpoint}/store"
    requests: list[Callable[[Files], object]] = [lambda files: files.stat("a"), lambda files: files.listing("")]
    if scheme == "s3":
        # a WebDAV server that takes a file says nothing that a page does not; it is asked for files before
        requests.append(lambda files: files.upload(local, "a"))
    for request in requests:
        with pytest.raises(WrongServerError, match="this is no server of that kind: ") as error:
            request(connect(address, Options(endpoint=endpoint if scheme == "s3" else "")))
        assert endpoint in error.value.problem
        assert f"no {'S3' if scheme == 's3' else 'WebDAV'} server, it says" in error.value.problem
        assert "Please log in" in error.value.problem
        assert error.value.problem.isprintable()
        assert "open it in a browser" in error.value.cure
    assert issubclass(WrongServerError, StoreError)
