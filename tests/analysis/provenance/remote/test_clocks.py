"""Clocks that are off, and what is said of credentials and certificates then."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import DataError, StoreError
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.faults import CertificateError, ClockError, CredentialsError, NotPermittedError
from analysis.provenance.remote.options import Options
from analysis.readers.fetching import fetch
from analysis.readers.opening import Access
from analysis.study import SourceFile
from tests.services.servers import S3

HOUR = 3660.0


class _Handler(BaseHTTPRequestHandler):
    """A server that refuses whatever it is asked, by a clock of its own."""

    server: _Server

    def answer(self) -> None:
        self.server.asked.append((self.command, dict(self.headers)))
        if self.rfile and (length := int(self.headers.get("Content-Length") or 0)):
            self.rfile.read(length)
        body = self.server.body.encode()
        self.send_response_only(self.server.status)
        self.send_header("Date", formatdate(time.time() + self.server.ahead, usegmt=True))
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_PROPFIND = answer

    def log_message(self, *arguments: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    status, body, ahead = 401, "", 0.0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that do not accept the certificate are part of these tests."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path, begin: float, end: float) -> ssl.SSLContext:
    """What a server on this machine shows, valid between two times, seconds from now; ``ca.pem`` vouches for it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    now, key = datetime.datetime.now(datetime.UTC), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + datetime.timedelta(seconds=begin))
        .not_valid_after(now + datetime.timedelta(seconds=end))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (HOUR, "this machine's clock is 61 min behind the server's: http://"),
        (-HOUR, "this machine's clock is 61 min ahead of the server's: http://"),
        (30 * 3600.0, "this machine's clock is 30 h behind"),
        (-1e6, "this machine's clock is 12 days ahead of"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused(ahead: float, words: str, status: int) -> None:
    with serving() as server:
        server.status, server.ahead = status, ahead
        with pytest.raises(ClockError, match=words) as error:
            connect(f"http://127.0.0.1:{server.server_address[1]}/a").stat("b")
    assert "timedatectl" in error.value.cure
    assert "token" not in error.value.cure


@pytest.mark.parametrize("ahead", [0.0, 100.0, -100.0])
@pytest.mark.parametrize(("status", "kind"), [(401, CredentialsError), (403, NotPermittedError)])
def test_a_clock_that_is_right_explains_nothing(ahead: float, status: int, kind: type[StoreError]) -> None:
    with serving() as server:
        server.status, server.ahead = status, ahead
        with pytest.raises(kind):
            connect(f"http://127.0.0.1:{server.server_address[1]}/a").stat("b")


def s3_says(code: str) -> str:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message><RequestId>1</RequestId></Error>'


@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "SignatureDoesNotMatch", "ExpiredToken", "AccessDenied"])
def test_s3_answers_of_an_hour_ahead(code: str) -> None:
    with serving() as server:
        server.status, server.ahead, server.body = 403, HOUR, s3_says(code)
        files = connect("s3://bucket/a", Options(endpoint=f"http://127.0.0.1:{server.server_address[1]}"))
        # HEAD has no room for a reason
        for ask in (lambda: files.stat("b"), lambda: files.listing(""), lambda: files.read("b")):
            with pytest.raises(ClockError, match="clock is 61 min behind the server's: s3://bucket/a") as error:
                ask()
    assert "keys" not in error.value.cure


def test_s3_says_that_the_time_differs_but_not_its_own() -> None:
    with serving() as server:
        server.status, server.body = 403, s3_says("RequestTimeTooSkewed")
        files = connect("s3://bucket/a", Options(endpoint=f"http://127.0.0.1:{server.server_address[1]}"))
        with pytest.raises(ClockError, match="clock is not the server's: s3://bucket/a"):
            files.listing("")


@pytest.mark.parametrize(
    ("begin", "end", "ahead", "words"),
    [
        (1800.0, 1e6, HOUR, "clock is 61 min behind the server's"),
        (-1e6, -1800.0, -HOUR, "clock is 61 min ahead of the server's"),
        (1e6, 2e6, 1.5e6, "clock is 17 days behind the server's"),
    ],
)
def test_certificates_that_are_valid_by_the_server_s_clock(
    begin: float, end: float, ahead: float, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate(tmp_path, begin, end)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with serving(context) as server:
        server.ahead = ahead
        base = f"https://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(ClockError, match=words):
            connect(f"{base}/a").stat("b")
        with pytest.raises(ClockError, match=words):
            connect("s3://bucket/a", Options(endpoint=base)).listing("")
        with pytest.raises(ClockError, match=words):
            fetch(SourceFile("a.root", f"{base}/a.root", "0" * 64, 1, 1), tmp_path / "it", access=Access())


def test_who_is_asked_for_the_time_gets_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers there has shown a certificate that is not accepted."""
    context = certificate(tmp_path, 1800.0, 1e6)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("BEARER_TOKEN", "hush")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hush\n")
    (tmp_path / "netrc").chmod(0o600)
    with serving(context) as server:
        server.ahead = HOUR
        base = f"https://127.0.0.1:{server.server_address[1]}"
        for files in (connect(f"{base}/a"), connect("s3://bucket/a", Options(endpoint=base))):
            with pytest.raises(ClockError):
                files.listing("")
        assert {command for command, _ in server.asked} == {"HEAD"}
        for _, headers in server.asked:
            assert {name.lower() for name in headers} <= {
                "host",
                "accept",
                "accept-encoding",
                "connection",
                "user-agent",
            }


def test_a_certificate_that_has_expired_by_all_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = certificate(tmp_path, -1e6, -1800.0)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with serving(context) as server:
        base = f"https://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(CertificateError, match=r"certificate is not accepted: .*has expired") as error:
            connect(f"{base}/a").stat("b")
        assert "tell the people" in error.value.cure
        with pytest.raises((CertificateError, DataError), match="certificate"):
            fetch(SourceFile("a.root", f"{base}/a.root", "0" * 64, 1, 1), tmp_path / "it", access=Access())


@pytest.mark.services("s3")
@pytest.mark.parametrize("hours", [-1, 1, 26])
def test_a_real_server_and_a_clock_that_is_off(s3: S3, hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are signed by a clock that is off, in botocore; the server's is right."""
    import botocore.auth

    from analysis.provenance.remote import clocks

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(s3.credentials))
    seconds, right = hours * 3600.0, time.time
    now = botocore.auth.get_current_datetime
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda *a, **k: now(*a, **k) + datetime.timedelta(seconds=seconds)
    )
    monkeypatch.setattr(clocks.time, "time", lambda: right() + seconds)
    files = connect(f"s3://{s3.bucket}/clock", Options(endpoint=s3.endpoint))
    way = "ahead of" if hours > 0 else "behind"
    said = {1: "60 min", 26: "26 h"}[abs(hours)]
    for ask in (lambda: files.stat("a"), lambda: files.listing(""), lambda: files.create("a", b"me")):
        with pytest.raises(ClockError, match=f"this machine's clock is {said} {way} the server's"):
            ask()
