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
    "tagged": ("application/json", b'{"message": "Please log in"}'),
    "text": ("text/plain", b"Please log in\x1b[2J\n"),
}


REQUESTS: dict[str, Callable[[Files, Path], object]] = {
    "stat": lambda files, local: files.stat("a"),
    "listing": lambda files, local: files.listing(""),
    "read": lambda files, local: files.read("a"),
    "identity": lambda files, local: files.identity("a"),
    "read_ranges": lambda files, local: files.read_ranges("a", [(0, 5)]),
    "download": lambda files, local: files.download("a", local.with_name("new")),
    "upload": lambda files, local: files.upload(local, "a"),
    "create": lambda files, local: files.create("a", b"1"),
    "rename": lambda files, local: files.rename("a", "b"),
    "copy": lambda files, local: files.copy("a", "b"),
    "remove": lambda files, local: files.remove("a"),
    "remove_tree": lambda files, local: files.remove_tree("a"),
}


def page_server(name: str, *, login: bool, methods: str) -> type[BaseHTTPRequestHandler]:
    """What answers each request with one page, as a file of a web server's; with a login, from another address."""
    kind, page = PAGES[name]

    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if login and not self.path.startswith("/login"):
                self.send_response(302)
                self.send_header("Location", "/login?next=/")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT")
            if name in ("page", "tagged"):
                self.send_header("ETag", '"5f3e-1"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    for method in methods.split():
        setattr(Page, f"do_{method}", Page.answer)
    return Page


ALL = "GET HEAD PUT POST DELETE PROPFIND MKCOL MOVE COPY OPTIONS"
SERVERS = {
    **{name: page_server(name, login=False, methods=ALL) for name in PAGES},
    "login": page_server("page", login=True, methods=ALL),
    # what it is asked of WebDAV it does not know
    "of the web": page_server("page", login=True, methods="GET HEAD PUT"),
    "login of JSON": page_server("json", login=True, methods=ALL),
}


@pytest.fixture(params=SERVERS)
def endpoint(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where something answers that is no storage server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SERVERS[request.param]) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["s3", "http"])
def test_it_is_told_with_its_address_and_what_it_says(
    endpoint: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    local = tmp_path / "local"
    local.write_bytes(b"1")
    address = "s3://bucket/store" if scheme == "s3" else f"{endpoint}/store"
    # of what it says nothing is kept, so that each request might be the first one
    files = connect(address, Options(endpoint=endpoint if scheme == "s3" else ""))
    for name, request in REQUESTS.items():
        if (scheme, name) == ("http", "copy"):
            # a WebDAV server is asked for none
            continue
        with pytest.raises(WrongServerError, match="this is no server of that kind: ") as error:
            request(files, local)
        assert endpoint in error.value.problem, name
        assert f"no {'S3' if scheme == 's3' else 'WebDAV'} server, it says" in error.value.problem, name
        assert "Please log in" in error.value.problem, name
        assert error.value.problem.isprintable()
        assert "open it in a browser" in error.value.cure
    assert [path.name for path in tmp_path.iterdir()] == ["local"]
    assert issubclass(WrongServerError, StoreError)


class Files42(BaseHTTPRequestHandler):
    """A server of the web with one file, which knows no WebDAV and shows a page for what is not there."""

    protocol_version = "HTTP/1.1"
    found = 404

    def do_HEAD(self) -> None:
        there = self.path == "/data/run42.root"
        content, status = (b"0123456789", 200) if there else (b"<html>Where did you want to go?</html>", self.found)
        if there and "Range" in self.headers:
            first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
            content, status = content[first : last + 1], 206
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if there else "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"5f3e-1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.mark.parametrize("found", [404, 200])
def test_inputs_may_lie_on_servers_of_the_web(found: int):
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Found", (Files42,), {"found": found})) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        files = connect(f"http://127.0.0.1:{server.server_port}/data", Options())
        size, checksum = files.identity("run42.root")
        assert (size, checksum.digest) == (10, "5f3e-1")
        assert files.read_ranges("run42.root", [(2, 5), (8, 10)]) == [b"234", b"89"]
        server.shutdown()
