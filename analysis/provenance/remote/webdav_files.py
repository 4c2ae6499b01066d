"""Files on a WebDAV server (RFC 4918), such as XRootD's own, dCache, EOS or StoRM."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from analysis.errors import StoreError
from analysis.provenance.remote.checksums import CHECKSUM_RATE, Checksum
from analysis.provenance.remote.faults import TimedOutError, UnreachableError, WrongServerError, excerpt, fault
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote.server_files import STALE, ServerFiles
from analysis.provenance.remote.threads import at_once
from analysis.provenance.remote.webdav_requests import Requests, StatusError, as_fault, digest_of, entries_of

__all__ = ["WebDAVFiles"]

_QUESTION = (
    b'<?xml version="1.0"?><propfind xmlns="DAV:"><prop>'
    b"<resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>"
)
_MISSING = {404, 410}
# of who does not know what PROPFIND is
_NO_METHOD = {400, 405, 501}
# status of an answer about several files
_MANY = 207
# parts of a file that are asked for at the same time
_AT_ONCE = 8


class WebDAVFiles(ServerFiles):
    """Files on a WebDAV server (``davs://`` or ``https://``; ``dav://`` or ``http://`` without any credentials).

    Credentials are a token (``BEARER_TOKEN``, ``BEARER_TOKEN_FILE``) or an X.509 proxy (``X509_USER_PROXY``).
    """

    # what servers do differently, once it is known
    _quotes_paths: bool | None = None
    _unquotes_destinations: bool | None = None

    def _connect(self) -> Any:
        return Requests(self.address, self.options)

    def _at(self, path: str) -> str:
        if "?" in path:
            raise StoreError(f"WebDAV servers cut names at a '?': {path!r}", cure="choose another name")
        return super()._at(path)

    def _fault(self, error: Exception, address: str) -> StoreError | None:
        return as_fault(error, address, self.options.timeout)

    def _found(self, path: str, depth: int) -> list[tuple[str, Entry]]:
        """Return the server's entries of a path and, for a depth of 1, of what is in it; empty if it is not there."""
        try:
            with self.connection.asked(
                "PROPFIND", path, _QUESTION, Depth=str(depth), Content_Type="application/xml"
            ) as response:
                answer, status = response.read(), response.status_code
        except StatusError as error:
            if error.status in _MISSING:
                return []
            if error.status in _NO_METHOD:
                self._check()
            raise
        # a list has a status of its own; a page comes with that of any page
        if status != _MANY:
            raise self._wrong_server(answer)
        self._known = self.connection
        return entries_of(answer)

    def _wrong_server(self, answer: bytes) -> StoreError:
        return fault(WrongServerError, self.url, f"no WebDAV server, it says {excerpt(answer)!r}")

    def _check(self, kind: str = "") -> None:
        """Raise WrongServerError if the server, of which nothing is known yet, has a page for every name.

        Args:
            kind: that the page has to have; any by default.
        """
        if self._known is self.connection:
            return
        used, path = self.connection, self._at(f".{uuid.uuid4().hex}.part")
        with contextlib.suppress(StatusError), used.asked("GET", path) as response:
            if kind in ("", response.headers.get("content-type", "")):
                raise self._wrong_server(next(response.iter_bytes(2000), b""))
        self._known = used

    @property
    def _checked(self) -> Requests:
        """The connection, to a server that does not answer everything with a page."""
        self._check()
        found: Requests = self.connection
        return found

    def _stat(self, path: str) -> Entry | None:
        found = self._found(path, 0)
        return found[0][1] if found else None

    def _listing(self, path: str) -> dict[str, Entry]:
        # the folder itself is the first
        found = {os.path.basename(shown): entry for shown, entry in self._found(path, 1)[1:]}
        if self._quotes_paths is None and (unsure := next((name for name in found if unquote(name) != name), "")):
            # XRootD's server shows names as they are, others as they stand in an address
            self._quotes_paths = self._stat(f"{path.rstrip('/')}/{unsure}") is None
        return {unquote(name): entry for name, entry in found.items()} if self._quotes_paths else found

    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        with self.connection.asked("HEAD", path) as response:
            size = int(response.headers["content-length"])
            kind = response.headers.get("content-type", "")
        # inputs may lie on servers of the web that know no WebDAV, and show their own page for what is not there
        self._check(kind)
        with self.connection.asked("HEAD", path, silent=size / CHECKSUM_RATE, Want_Digest="adler32") as response:
            return size, digest_of(response.headers.get("digest", ""))

    def _identity(self, path: str) -> tuple[int, Checksum]:
        size, checksum = self._facts(path)
        if checksum is not None:
            return size, checksum
        with self.connection.asked("HEAD", path) as response:
            tag, modified = response.headers.get("etag", ""), response.headers.get("last-modified", "")
        # what begins with W/ may stand for other bytes
        kind = "modified" if tag.startswith("W/") or not tag else "etag"
        return size, Checksum(kind, quote(modified if kind == "modified" else tag.strip('"'), safe=""))

    def _read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        def one(wanted: tuple[int, int]) -> bytes:
            start, stop = wanted
            with self.connection.asked("GET", path, Range=f"bytes={start}-{stop - 1}") as response:
                if response.status_code != 206:
                    self._check()
                    raise fault(StoreError, self.url, f"{path}: the server sends no parts of files")
                return response.read()

        if len(ranges) == 1:
            return [one(ranges[0])]
        # few servers send several parts in one answer
        with at_once(_AT_ONCE) as pool:
            return list(pool.map(one, ranges))

    def _read(self, path: str) -> bytes:
        return self._checked.do("GET", path)

    def _download(self, path: str, local: Path) -> None:
        with self._checked.asked("GET", path) as response, open(local, "wb") as target:
            for piece in response.iter_raw(self.options.chunk):
                target.write(piece)

    def _upload(self, local: Path, path: str) -> None:
        self._send(local, path)

    def _send(self, content: Path | bytes, path: str) -> None:
        import httpx

        try:
            self._checked.do("PUT", path, content)
        except StatusError as error:
            # RFC 4918: there is no folder for it
            if error.status != 409:
                raise
            self._make_folder(os.path.dirname(path))
            self.connection.do("PUT", path, content)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
            # whether the server is still there; if so, what has arrived goes
            self._remove(path)
            reason = f"{error}; the server is there, and XRootD's breaks an upload off like this when it is full"
            raise fault(UnreachableError, self.connection.base + os.path.dirname(path), reason) from error

    def _create(self, path: str, content: bytes) -> bool:
        # XRootD's server replaces a file whatever it is asked, and makes a folder that is there already; but a folder
        # cannot be renamed to one that is not empty: whose folder has the claim's name makes the file
        claim = f"{os.path.dirname(path)}/.{hashlib.md5(path.encode(), usedforsecurity=False).hexdigest()}.part"
        seen, since = self._listing(claim), time.monotonic()
        while self._stat(path) is None:
            if mine := self._claimed(claim):
                return self._create_claimed(path, content, claim, mine)
            found = self._listing(claim)
            if found.keys() != seen.keys():
                seen, since = found, time.monotonic()
            elif found and time.monotonic() - since > STALE:
                self._release(claim, found)
            time.sleep(0.05)
        return False

    def _claimed(self, claim: str) -> str:
        """Return the name of the file in the claim if this caller gets it, empty if it is another's."""
        name = uuid.uuid4().hex
        folder = f"{os.path.dirname(claim)}/.{name}.part"
        try:
            self._send(b"", f"{folder}/{name}")
            self.connection.do(
                "MOVE", folder, Destination=self.connection.base + self._destination(claim), Overwrite="F"
            )
        except StatusError as error:
            self._release(folder, [name])
            if error.status in {403, 409, 412} or "not empty" in error.said or "exists" in error.said:
                return ""
            raise
        except Exception:
            # whether it has been done is not known
            self._cleanup.add(lambda: self._release(claim, [name]))
            self._cleanup.add(lambda: self._release(folder, [name]))
            raise
        return name

    def _release(self, claim: str, names: Iterable[str]) -> None:
        for name in names:
            self._remove(f"{claim}/{name}")
        # by now it may be another's, which stays
        with contextlib.suppress(StatusError):
            self._remove_folder(claim)

    def _create_claimed(self, path: str, content: bytes, claim: str, mine: str) -> bool:
        begun = time.monotonic()
        try:
            if self._stat(path) is not None:
                return False
            with self._temporary(path) as temporary:
                self._send(content, temporary)
                if time.monotonic() - begun > STALE / 2:
                    raise fault(TimedOutError, self.connection.base + path, "another process may have the name by now")
                self._rename(temporary, path)
            return True
        finally:
            # one that stays costs the next maker some seconds
            self._cleanup.add(lambda: self._release(claim, [mine]))
            self._cleanup.run()

    def _rename(self, path: str, new: str) -> None:
        target = self.connection.base + self._destination(new)
        for _ in range(10):
            try:
                self._checked.do("MOVE", path, Destination=target, Overwrite="T")
                return
            except StatusError as error:
                if error.status == 409:
                    self._make_folder(os.path.dirname(new))
                elif error.status == 412:
                    # it does not replace: the name is free for a moment, in which another may take it
                    self._remove(new)
                else:
                    raise
        raise fault(UnreachableError, self.connection.base + new, "others keep writing the same file")

    def _destination(self, path: str) -> str:
        """A path as the header of that name wants it: XRootD's server takes it as it is, up to what is not ASCII."""
        if quote(path) == path:
            return path
        if self._unquotes_destinations is None:
            self._unquotes_destinations = self._try_destination()
        if self._unquotes_destinations:
            return quote(path)
        if not path.isascii() or path != path.strip():
            raise StoreError(
                f"this server cannot rename a file to {os.path.basename(path)!r}",
                cure="choose a name of plain letters, or use the server's root:// address",
            )
        return path

    def _try_destination(self) -> bool:
        """Whether the server takes a quoted destination for what it means."""
        folder, source, name = self.address.folder, f"/.{uuid.uuid4().hex}.part", f"{uuid.uuid4().hex}.part"
        self._send(b"", folder + source)
        self.connection.do(
            "MOVE", folder + source, Destination=f"{self.connection.base}{folder}/%2E{name}", Overwrite="T"
        )
        means_it = self._stat(f"{folder}/.{name}") is not None
        self._remove(f"{folder}/.{name}" if means_it else f"{folder}/%2E{name}")
        return means_it

    def _remove(self, path: str) -> None:
        try:
            self._checked.do("DELETE", path)
        except StatusError as error:
            if error.status not in _MISSING:
                raise

    def _make_folder(self, path: str) -> None:
        try:
            self._checked.do("MKCOL", path)
        except StatusError as error:
            # RFC 4918: none that it could lie in; 405 is one that is there
            if error.status == 409 and path != "/":
                self._make_folder(os.path.dirname(path))
                self._make_folder(path)
            elif error.status != 405:
                raise

    def remove_folder(self, path: str) -> None:
        """Nothing: WebDAV deletes a folder with all that is in it."""

    def _remove_folder(self, path: str) -> None:
        self._remove(path)
