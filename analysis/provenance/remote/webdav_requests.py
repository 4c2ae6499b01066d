"""Requests to a WebDAV server: who asks, redirections, and what an answer means."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import os
import ssl
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from xml.etree import ElementTree

from analysis.errors import StoreError
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.checksums import Checksum
from analysis.provenance.remote.clocks import bad_certificate, certificate_problem, refused
from analysis.provenance.remote.credentials import bearer_token, certificate_folder, proxy_file
from analysis.provenance.remote.faults import (
    CredentialsError,
    FullError,
    MissingError,
    NoConnectionError,
    NotPermittedError,
    TimedOutError,
    UnreachableError,
    fault,
)
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote.options import Options

__all__ = ["Requests", "StatusError", "as_fault", "digest_of", "entries_of", "fault_of_transport"]

_OF_STATUS: dict[int, type[StoreError]] = {
    401: CredentialsError,
    403: NotPermittedError,
    404: MissingError,
    405: NotPermittedError,
    410: MissingError,
    413: FullError,
    408: TimedOutError,
    429: NoConnectionError,
    502: NoConnectionError,
    503: NoConnectionError,
    504: TimedOutError,
    507: FullError,
}
_REDIRECTS = {301, 302, 303, 307, 308}


class StatusError(Exception):
    """An answer that says no."""

    def __init__(self, response: Any, said: str) -> None:
        super().__init__(f"{response.request.method}: {response.status_code} {response.reason_phrase} {said}".strip())
        self.status = response.status_code
        self.said = said
        self.date = response.headers.get("date", "")


class Requests:
    """Requests to a WebDAV server, on connections that are kept.

    Args:
        address: of a folder there.
        options: how the server is talked to.

    Raises:
        CredentialsError: a token or proxy that the environment names cannot be read.
    """

    def __init__(self, address: Address, options: Options) -> None:
        import httpx

        scheme = {"davs": "https", "dav": "http"}.get(address.scheme, address.scheme)
        self.base = f"{scheme}://{address.authority}"
        self.chunk = options.chunk
        verify: Any = True
        headers = {}
        # never a secret in the clear
        if scheme == "https":
            verify = ssl.create_default_context()
            if folder := certificate_folder():
                verify.load_verify_locations(capath=folder)
            if token := bearer_token():
                headers["Authorization"] = f"Bearer {token}"
            elif proxy := proxy_file():
                verify.load_cert_chain(proxy)
        self._seconds = options.timeout
        self.client = httpx.Client(headers=headers, verify=verify)
        # when no thread uses it any more
        weakref.finalize(self, _close, self.client, os.getpid())

    def _timeout(self, silent: float) -> Any:
        import httpx

        seconds = self._seconds
        return httpx.Timeout(seconds, connect=min(5.0, seconds), read=seconds + silent)

    @contextlib.contextmanager
    def asked(
        self, method: str, path: str, content: Path | bytes = b"", *, silent: float = 0.0, **headers: str
    ) -> Iterator[Any]:
        """The answer to a request, its content not yet read.

        Args:
            method: such as ``GET``.
            path: on the server, as it is.
            content: to be sent; a file in pieces.
            silent: seconds that the server may need for its answer beside the usual ones.
            headers: with ``_`` for ``-``.

        Raises:
            StatusError: the answer says no.
        """
        url = self.base + quote(path)
        for _ in range(5):
            sent: Any = content
            named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
            if isinstance(content, Path):
                sent = self._pieces(content)
                named[b"Content-Length"] = str(content.stat().st_size).encode()
            request = self.client.build_request(
                method, url, content=sent or None, headers=named, timeout=self._timeout(silent)
            )
            if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
                # a server that one is sent on to gets what it needs in the address, and so does this one in the clear
                request.headers.pop("Authorization", None)
            response = self.client.send(request, stream=True)
            try:
                if response.status_code in _REDIRECTS and "location" in response.headers:
                    url = urljoin(url, response.headers["location"])
                    continue
                if response.status_code >= 300:
                    raise StatusError(response, response.read()[:500].decode(errors="replace"))
                yield response
                return
            finally:
                response.close()
        raise fault(UnreachableError, self.base + quote(path), "sent on to other servers without end")

    def do(self, method: str, path: str, content: Path | bytes = b"", **headers: Any) -> bytes:
        """The content of the answer to a request, as :meth:`asked`."""
        with self.asked(method, path, content, **headers) as response:
            return response.read()

    def _pieces(self, local: Path) -> Iterator[bytes]:
        with open(local, "rb") as source:
            while piece := source.read(self.chunk):
                yield piece


def _close(client: Any, process: int) -> None:
    """End the connections of a client, but not a parent's."""
    if os.getpid() == process:
        client.close()


def as_fault(error: Exception, address: str, timeout: float) -> StoreError | None:
    """The error of a request in a user's words; ``None`` if it is not about the server.

    Args:
        error: it.
        address: of the file or folder.
        timeout: seconds that the server may do nothing.
    """
    import httpx

    if isinstance(error, StatusError):
        said = error.said.lower()
        kind = _OF_STATUS.get(error.status, StoreError)
        # XRootD's server has one status for all that goes wrong while it writes
        if error.status == 500 and ("no space" in said or "quota" in said):
            kind = FullError
        elif error.status == 500 and ("read/only" in said or "read-only" in said):
            kind = NotPermittedError
        return refused(kind, address, error, error.date)
    if isinstance(error, (httpx.TransportError, httpx.InvalidURL, ssl.SSLError)):
        return fault_of_transport(error, address, timeout)
    if isinstance(error, ElementTree.ParseError):
        return fault(StoreError, address, f"the list of files is no XML: {error}")
    return None


def fault_of_transport(error: Exception, address: str, timeout: float) -> StoreError:
    """The error of a connection in a user's words.

    Args:
        error: httpx's.
        address: of the file or folder.
        timeout: seconds that the server may do nothing.
    """
    import httpx

    if (problem := certificate_problem(error)) is not None:
        return bad_certificate(problem, address, f"https://{address.partition('://')[2].partition('/')[0]}")
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return fault(TimedOutError, address, f"{timeout:g} s")
    lasting = (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects, ssl.SSLError)
    kind = UnreachableError if isinstance(error, lasting) else NoConnectionError
    return fault(kind, address, str(error) or type(error).__name__)


def entries_of(answer: bytes) -> list[tuple[str, Entry]]:
    """Everything in an answer to PROPFIND: paths as the server writes them, which may be quoted, and facts."""
    found = []
    for response in ElementTree.fromstring(answer).iter("{DAV:}response"):
        href = response.findtext("{DAV:}href", "").strip("\n")
        path = "/" + href.split("/", 3)[3] if href.startswith(("http://", "https://")) else href
        is_folder = response.find(".//{DAV:}resourcetype/{DAV:}collection") is not None
        size = response.findtext(".//{DAV:}getcontentlength") or "0"
        modified = _seconds(response.findtext(".//{DAV:}getlastmodified"))
        found.append((path.rstrip("/"), Entry(0 if is_folder else int(size), is_folder, modified)))
    return found


def _seconds(date: str | None) -> float:
    """Seconds since the epoch of a date as HTTP has them; 0 if it is none."""
    try:
        return email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return 0.0


def digest_of(header: str) -> Checksum | None:
    """The checksum of a header ``Digest`` (RFC 3230)."""
    for item in header.split(","):
        kind, _, value = item.strip().partition("=")
        if kind.lower() == "adler32" and value:
            return Checksum("adler32", value.lower().zfill(8))
        if kind.lower() == "md5" and value:
            return Checksum("md5", base64.b64decode(value).hex())
    return None
