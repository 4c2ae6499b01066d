"""Whom a token is sent to: the server that it is for, and nobody in the clear."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import Message
from http.client import parse_headers
from pathlib import Path

import pytest

from analysis.provenance.remote.connecting import connect
from tests.analysis.provenance.remote.test_clocks import certificate


class Server:
    """A server that takes requests with and without TLS at one port, and sends on who asks for ``from``.

    Args:
        context: for TLS.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.target = ""
        #: for each request, whether it came over TLS, its path and its headers
        self.asked: list[tuple[bool, str, Message]] = []
        self.tried: list[tuple[bool, str, Message]] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(10.0)
            # a handshake begins with this byte
            if secure := connection.recv(1, socket.MSG_PEEK) == b"\x16":
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                path = stream.readline().split()[1].decode()
                known = path.rpartition("/")[2] in ("from", "to", "b", "")
                # what the client tries that does not know yet what server this is, comes besides
                (self.asked if known else self.tried).append((secure, path, parse_headers(stream)))
                first, more = ("200 OK", "") if known else ("404 Not Found", "")
                if path.endswith("/from"):
                    first, more = "307 See", f"Location: {self.target}\r\n"
                connection.sendall(
                    f"HTTP/1.1 {first}\r\n{more}Content-Length: 2\r\nConnection: close\r\n\r\n12".encode()
                )


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    context = certificate(tmp_path, -1e6, 1e6)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("BEARER_TOKEN", "hush")
    running = Server(context)
    yield running
    running.close()
    assert not any("hush" in str(headers) for secure, _, headers in running.tried if not secure)


@pytest.mark.parametrize("target", ["https://127.0.0.1:PORT/to", "/a/to"])
def test_a_server_gets_it_over_tls(server: Server, target: str) -> None:
    server.target = target.replace("PORT", str(server.port))
    assert connect(f"davs://127.0.0.1:{server.port}/a").read("from") == b"12"
    assert [(secure, headers["Authorization"]) for secure, _, headers in server.asked] == [(True, "Bearer hush")] * 2


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:PORT/to", "HTTP://127.0.0.1:PORT/to", "http://localhost:PORT/to", "//me@127.0.0.1:PORT"],
)
def test_another_server_and_one_in_the_clear_do_not(server: Server, target: str) -> None:
    server.target = target.replace("PORT", str(server.port))
    assert connect(f"davs://127.0.0.1:{server.port}/a").read("from") == b"12"
    (_, _, first), (_, _, second) = server.asked
    assert first["Authorization"] == "Bearer hush"
    assert "hush" not in str(second)


@pytest.mark.parametrize("scheme", ["http", "dav"])
def test_nobody_gets_it_in_the_clear(server: Server, scheme: str) -> None:
    assert connect(f"{scheme}://127.0.0.1:{server.port}/a").read("b") == b"12"
    assert [(secure, headers["Authorization"]) for secure, _, headers in server.asked] == [(False, None)]
