"""Files on an XRootD server, through XRootD's own client."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.checksums import CHECKSUM_RATE, Checksum
from analysis.provenance.remote.faults import MissingError, NoConnectionError, TimedOutError, UnreachableError, fault
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote.options import Options
from analysis.provenance.remote.server_files import STALE, ServerFiles
from analysis.provenance.remote.xrootd_errors import (
    EXISTS,
    IN_PROGRESS,
    SERVER_ERROR,
    UNSUPPORTED,
    RequestError,
    done,
    is_answer,
)
from analysis.provenance.remote.xrootd_ranges import OpenFiles, pieces

__all__ = ["XRootDFiles"]

# The client's own defaults wait for half an hour for a server that is not there, and go on with a file that another
# may have replaced meanwhile; who sets XRD_... in the environment decides otherwise. (File.set_property takes a
# reference from Python's True each time, until Python 3.11 dies of it.) After an error of a connection no other is
# tried for StreamErrorWindow seconds: less than all breaks between attempts together.
_SETTINGS = {
    "ConnectionWindow": 3,
    "ConnectionRetry": 1,
    "ReadRecovery": 0,
    "StreamErrorWindow": 1,
    "TimeoutResolution": 1,
    "WriteRecovery": 0,
}

# Seconds for which a checksum is waited for, beside what finding it takes: a server that is busy with four lets one
# wait for half a minute; now and then it forgets to answer, until it is asked again.
_PATIENCE = (5, 15, 90)
# before a server that could not tell a checksum is asked again, s
_PAUSES = (0.2, 1.0, 0.0)

# Files that were opened last are kept, so that they end in a thread of Python: if XrdCl's own threads are the last to
# drop one, and the process is forked in that moment, each waits for the other.
_latest: deque[Any] = deque(maxlen=64)


class XRootDFiles(ServerFiles):
    """Files on an XRootD server (``root://``, ``roots://``).

    Credentials are found by XRootD itself: ``X509_USER_PROXY``, ``BEARER_TOKEN_FILE``, Kerberos tickets.
    """

    # the client does, where a connection breaks
    _asks_again = True

    def __init__(self, address: Address, options: Options) -> None:
        super().__init__(address, options)
        self._open_files = OpenFiles()
        self._timeout = math.ceil(options.timeout)

    def _connect(self) -> Any:
        from XRootD import client

        for name, value in _SETTINGS.items():
            client.EnvPutInt(name, value)
        # of this process: a fork's is its own
        self._few_checksums = threading.Semaphore(2)
        self._may_know_checksums = True
        return client.FileSystem(self._base)

    @property
    def _base(self) -> str:
        return f"{self.address.scheme}://{self.address.authority}/"

    def _at(self, path: str) -> str:
        if "?" in path:
            raise StoreError(f"an XRootD server cannot have '?' in a name: {path!r}", cure="choose another name")
        return super()._at(path)

    def _fault(self, error: Exception, address: str) -> StoreError | None:
        if isinstance(error, RequestError):
            return fault(error.kind, address, error)
        return None

    def _stat(self, path: str) -> Entry | None:
        try:
            return _entry(done(self.connection.stat(path, self._timeout)))
        except RequestError as error:
            if error.kind is MissingError:
                return None
            raise

    def _listing(self, path: str) -> dict[str, Entry]:
        from XRootD.client.flags import DirListFlags

        try:
            found = done(self.connection.dirlist(path, DirListFlags.STAT, self._timeout))
        except RequestError as error:
            if error.kind is MissingError:
                return {}
            raise
        # a file that is deleted while the folder is read has no facts
        return {e.name: _entry(e.statinfo) for e in found if e.statinfo is not None}

    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        size = done(self.connection.stat(path, self._timeout)).size
        _ = self.connection
        with self._few_checksums:
            for patience in _PATIENCE[:-1]:
                try:
                    return size, self._checksum(path, math.ceil(patience + size / CHECKSUM_RATE))
                except RequestError as error:
                    if error.kind is not TimedOutError:
                        raise
            return size, self._checksum(path, math.ceil(_PATIENCE[-1] + size / CHECKSUM_RATE))

    def _checksum(self, path: str, timeout: int) -> Checksum | None:
        from XRootD.client.flags import QueryCode

        for pause in _PAUSES if self._may_know_checksums else ():
            try:
                answer = done(self.connection.query(QueryCode.CHECKSUM, f"{path}?cks.type=adler32", timeout))
                break
            except RequestError as error:
                # a server need not know any; one that does may fail for a moment
                if error.number == UNSUPPORTED:
                    return None
                if error.number != SERVER_ERROR:
                    raise
            time.sleep(pause)
        else:
            self._may_know_checksums = False
            return None
        kind, _, digest = answer.decode().strip("\0 \n").partition(" ")
        return Checksum(kind, digest.strip().lower().zfill(8)) if kind == "adler32" else None

    def _read(self, path: str) -> bytes:
        with self._opened(path) as file:
            return b"".join(self._pieces(file))

    def _download(self, path: str, local: Path) -> None:
        with self._opened(path) as file, open(local, "wb") as target:
            for piece in self._pieces(file):
                target.write(piece)

    def _pieces(self, file: Any) -> Iterator[bytes]:
        # came with the answer to opening
        size = done(file.stat(False, self._timeout)).size
        offset = 0
        while offset < size and (piece := done(file.read(offset, self.options.chunk, self._timeout))):
            yield piece
            offset += len(piece)

    def _read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        file = self._open_files.get(self.connection, path, lambda: self._open(path))
        parts: list[bytes] = []
        try:
            for some in pieces(ranges):
                if len(some) == 1:
                    parts.append(done(file.read(*some[0], self._timeout)))
                else:
                    parts += [chunk.buffer for chunk in done(file.vector_read(some, self._timeout)).chunks]
        except BaseException:
            self._open_files.forget(path)
            raise
        content, begins = b"".join(parts), accumulate((stop - start for start, stop in ranges), initial=0)
        return [content[begin:end] for begin, end in pairwise(begins)]

    def release(self, path: str) -> None:
        self._open_files.close(self._at(path), self._timeout)

    def _upload(self, local: Path, path: str) -> None:
        with open(local, "rb") as source:
            try:
                self._write(path, iter(lambda: source.read(self.options.chunk), b""))
            except RequestError as error:
                if error.number != EXISTS:
                    raise
                # the name is new: where a connection broke, the client has asked twice
                raise fault(NoConnectionError, f"{self._base}{path}", "the connection broke") from error

    def _create(self, path: str, content: bytes) -> bool:
        begun = time.monotonic()
        try:
            self._write(path, iter([content] if content else []))
        except RequestError as error:
            if error.number in {EXISTS, IN_PROGRESS}:
                return False
            raise
        # another process may have taken it away after so long
        return time.monotonic() - begun < STALE / 2 or self._holds(path, content)

    def _write(self, path: str, pieces: Iterator[bytes]) -> None:
        """Write a new file; the server deletes it if it is not closed, also when this process is killed."""
        from XRootD.client.flags import AccessMode as Mode
        from XRootD.client.flags import OpenFlags

        mode = Mode.UR | Mode.UW | Mode.GR | Mode.OR
        with self._opened(path, OpenFlags.NEW | OpenFlags.MAKEPATH | OpenFlags.POSC, mode) as file:
            offset = 0
            try:
                for piece in pieces:
                    done(file.write(piece, offset, len(piece), self._timeout))
                    offset += len(piece)
            except BaseException as error:
                # to the server, any closing is a successful one
                file.close(self._timeout)
                gone, _ = self.connection.rm(path, self._timeout)
                # of what was on its way when a connection broke, the client hears no more
                if isinstance(error, RequestError) and error.kind is TimedOutError and is_answer(gone):
                    raise fault(NoConnectionError, f"{self._base}{path}", "the connection broke") from error
                raise

    def _open(self, path: str, flags: int = 0, mode: int = 0) -> Any:
        from XRootD import client
        from XRootD.client.flags import OpenFlags

        _ = self.connection  # makes the client's settings
        until = time.monotonic() + self.options.timeout
        while True:
            begun = time.monotonic()
            file = client.File()
            _latest.append(file)
            try:
                done(file.open(f"{self._base}{path}", flags or OpenFlags.READ, mode, self._timeout))
                return file
            except RequestError as error:
                # Who reads what another is writing is told to wait for a minute, which the client takes for a timeout
                # at once. The other needs a moment only.
                if error.kind is not TimedOutError or begun > until or time.monotonic() - begun > 0.5 * self._timeout:
                    raise
            time.sleep(0.1)

    @contextlib.contextmanager
    def _opened(self, path: str, flags: int = 0, mode: int = 0) -> Iterator[Any]:
        file = self._open(path, flags, mode)
        try:
            yield file
        except BaseException:
            if file.is_open():
                file.close(self._timeout)
            raise
        done(file.close(self._timeout))

    def _rename(self, path: str, new: str) -> None:
        entry = self._stat(path)
        for _ in range(10):
            try:
                done(self.connection.mv(path, new, self._timeout))
                return
            except RequestError as error:
                if error.kind is MissingError and entry is not None and self._stat(new) == entry:
                    return  # the client has asked twice
                if error.number != EXISTS:
                    raise
            # this server does not replace: the name is free for a moment, in which another may take it
            self._remove(new)
        raise fault(UnreachableError, f"{self._base}{new}", "others keep writing the same file")

    def _remove(self, path: str) -> None:
        try:
            done(self.connection.rm(path, self._timeout))
        except RequestError as error:
            if error.kind is not MissingError:
                raise

    def _make_folder(self, path: str) -> None:
        from XRootD.client.flags import AccessMode as Mode
        from XRootD.client.flags import MkDirFlags

        mode = Mode.UR | Mode.UW | Mode.UX | Mode.GR | Mode.GX | Mode.OR | Mode.OX
        try:
            done(self.connection.mkdir(path, MkDirFlags.MAKEPATH, mode, self._timeout))
        except RequestError as error:
            if error.number != EXISTS:
                raise

    def _remove_folder(self, path: str) -> None:
        done(self.connection.rmdir(path, self._timeout))


def _entry(facts: Any) -> Entry:
    from XRootD.client.flags import StatInfoFlags

    is_folder = bool(facts.flags & StatInfoFlags.IS_DIR)
    return Entry(0 if is_folder else facts.size, is_folder, float(facts.modtime))
