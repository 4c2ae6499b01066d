"""Common parts of files on all servers: paths, connections, attempts, temporary names, comparisons."""

from __future__ import annotations

import contextlib
import os
import re
import time
import uuid
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from analysis.errors import StoreError
from analysis.provenance.names import is_plain
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.checksums import Checksum, checksum_of
from analysis.provenance.remote.cleanup import Cleanup
from analysis.provenance.remote.faults import ChecksumError, MissingError, UnreachableError, fault
from analysis.provenance.remote.files import Entry, Files, check_path
from analysis.provenance.remote.kept_connection import KeptConnection
from analysis.provenance.remote.options import Options
from analysis.provenance.remote.waiting import repeated, server_at

__all__ = ["STALE", "TEMPORARY", "ServerFiles"]

T = TypeVar("T")

#: seconds after which another process that was making a file is taken for dead
STALE = 10.0

#: a file on its way; the second beginning is how webdav_files finds out what a server makes of it
TEMPORARY = re.compile(r"(\.|%2E)[0-9a-f]{32}\.part")


class ServerFiles(KeptConnection, Files):
    """Files on a server, by what one kind of server has to be asked.

    The methods with an underscore are that: each is one try, on a path that is absolute on the server, and raises
    whatever the library raises; :meth:`_fault` translates it. All of them may be called from several threads.

    Args:
        address: of the folder.
        options: how the server is talked to.
    """

    def __init__(self, address: Address, options: Options) -> None:
        super().__init__()
        self.address = address
        self.options = options
        self.url = address.url
        self._cleanup = Cleanup(self._is_lost, options.attempts)

    def stat(self, path: str) -> Entry | None:
        return self._try(path, lambda _: self._stat(self._at(path)))

    def listing(self, path: str) -> dict[str, Entry]:
        return {name: entry for name, entry in self.everything(path).items() if not TEMPORARY.fullmatch(name)}

    def everything(self, path: str) -> dict[str, Entry]:
        found = self._try(path, lambda _: self._listing(self._at(path)))
        return {name: entry for name, entry in found.items() if is_plain(name)}

    def read(self, path: str) -> bytes:
        return self._try(path, lambda _: self._read(self._at(path)))

    def identity(self, path: str) -> tuple[int, Checksum]:
        return self._try(path, lambda _: self._identity(self._at(path)))

    def read_ranges(
        self, path: str, ranges: Sequence[tuple[int, int]], again: Callable[[], object] = lambda: None
    ) -> list[bytes]:
        def attempt(number: int) -> list[bytes]:
            if number > 1:
                again()
            found = self._read_ranges(self._at(path), ranges)
            for content, (start, stop) in zip(found, ranges, strict=True):
                if len(content) != stop - start:
                    raise fault(ChecksumError, self._shown(path), f"it ends at {start + len(content)}, before {stop}")
            return found

        return self._try(path, attempt)

    def download(self, path: str, local: Path) -> None:
        part = local.with_name(f".{uuid.uuid4().hex}.part")

        def attempt(_: int) -> None:
            self._download(self._at(path), part)
            self._compare(path, part, *self._facts(self._at(path)))

        try:
            self._try(path, attempt)
            os.replace(part, local)
        finally:
            part.unlink(missing_ok=True)

    def upload(self, local: Path, path: str) -> None:
        local.stat()  # a file that is not here is no error of the server

        def attempt(_: int) -> None:
            with self._temporary(self._at(path)) as temporary:
                self._upload(local, temporary)
                self._compare(path, local, *self._facts(temporary))
                self._rename(temporary, self._at(path))

        self._try(path, attempt)

    def create(self, path: str, content: bytes) -> bool:
        def attempt(number: int) -> bool:
            stale = time.monotonic() + STALE
            while not self._create(self._at(path), content):
                # an attempt before may have made it, or the same one where the library asks twice
                if not content or (number == 1 and not self._asks_again):
                    return False
                entry = self._stat(self._at(path))
                if entry is not None and (entry.size or entry.is_folder):
                    return not entry.is_folder and self._holds(self._at(path), content)
                # somebody has begun to make it, perhaps by a connection that broke
                if entry is not None and time.monotonic() > stale:
                    self._remove(self._at(path))
                time.sleep(0.25)
            return True

        return self._try(path, attempt)

    def _holds(self, path: str, content: bytes) -> bool:
        """Whether a file is there and has a content."""
        try:
            return self._read(path) == content
        except Exception as error:
            if isinstance(self._translated(error, path), MissingError):
                return False
            raise

    def rename(self, path: str, new: str) -> None:
        target = self._at(new)

        def attempt(number: int) -> None:
            try:
                self._make_folder(os.path.dirname(target))
                self._rename(self._at(path), target)
            except Exception as error:
                lost = number > 1 and isinstance(self._translated(error, path), MissingError)
                if not lost or self._stat(target) is None:
                    raise

        self._try(path, attempt)

    def remove(self, path: str) -> None:
        with contextlib.suppress(MissingError):
            self._try(path, lambda _: self._remove(self._at(path)))

    def remove_tree(self, path: str) -> None:
        for name, entry in self.everything(path).items():
            inner = f"{path}/{name}" if path else name
            if entry.is_folder:
                self.remove_tree(inner)
            else:
                self.remove(inner)
        with contextlib.suppress(MissingError):
            self._try(path, lambda _: self._remove_folder(self._at(path)))

    def remove_folder(self, path: str) -> None:
        with contextlib.suppress(StoreError):
            self._try(path, lambda _: self._remove_folder(self._at(path)))

    @abstractmethod
    def _fault(self, error: Exception, address: str) -> StoreError | None:
        """The library's error in a user's words; ``None`` if it is not about the server."""

    @abstractmethod
    def _stat(self, path: str) -> Entry | None:
        """As :meth:`stat`."""

    @abstractmethod
    def _listing(self, path: str) -> dict[str, Entry]:
        """As :meth:`listing`, with temporary names."""

    @abstractmethod
    def _read(self, path: str) -> bytes:
        """As :meth:`read`."""

    @abstractmethod
    def _facts(self, path: str) -> tuple[int, Checksum | None]:
        """Size of a file, and its checksum if the server knows one."""

    @abstractmethod
    def _read_ranges(self, path: str, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """As :meth:`read_ranges`; what is shorter than asked for is refused for it."""

    def _identity(self, path: str) -> tuple[int, Checksum]:
        """As :meth:`identity`."""
        size, checksum = self._facts(path)
        if checksum is None:
            entry = self._stat(path)
            checksum = Checksum("modified", f"{entry.modified if entry else 0:.0f}")
        return size, checksum

    @abstractmethod
    def _download(self, path: str, local: Path) -> None:
        """Copy a file, compared by nobody, to a local name."""

    @abstractmethod
    def _upload(self, local: Path, path: str) -> None:
        """Copy a local file, compared by nobody; folders are made."""

    @abstractmethod
    def _create(self, path: str, content: bytes) -> bool:
        """As :meth:`create`."""

    @abstractmethod
    def _rename(self, path: str, new: str) -> None:
        """As :meth:`rename`, to a folder that is there."""

    @abstractmethod
    def _remove(self, path: str) -> None:
        """Delete a file."""

    @abstractmethod
    def _make_folder(self, path: str) -> None:
        """Make a folder and those that it lies in; no error if it is there."""

    @abstractmethod
    def _remove_folder(self, path: str) -> None:
        """Delete an empty folder."""

    # whether the library itself asks once more where a connection breaks
    _asks_again = False
    # connection on which the server has answered as one of its kind does, and no page of somebody else's
    _known: Any = None

    def _at(self, path: str) -> str:
        """The absolute path on the server."""
        return f"{self.address.folder}/{check_path(path)}" if path else self.address.folder or "/"

    def _shown(self, path: str) -> str:
        """The address of a path, for a message."""
        return f"{self.url}/{path}" if path else self.url

    def _try(self, path: str, attempt: Callable[[int], T]) -> T:
        """The result of an attempt; repeated where that can help, with longer and longer breaks."""

        def once(number: int) -> T:
            used = self._connection
            try:
                if number > 1:
                    self._cleanup.run()
                found = attempt(number)
                self._cleanup.run()
                return found
            except Exception as error:
                translated = self._translated(error, path)
                if isinstance(translated, UnreachableError):
                    self._drop(used)
                if translated is None or translated is error:
                    raise
                raise translated from error

        endpoint = self.options.endpoint if self.address.scheme == "s3" else ""
        server = server_at(endpoint or f"{self.address.scheme}://{self.address.authority}")
        return repeated(once, server, self.options)

    def _translated(self, error: Exception, path: str) -> StoreError | None:
        return error if isinstance(error, StoreError) else self._fault(error, self._shown(path))

    def _is_away(self, error: Exception) -> bool:
        return isinstance(self._translated(error, ""), UnreachableError)

    def _is_lost(self, error: Exception) -> bool:
        """Whether an error says that the server cannot be asked; then it is asked on a new connection."""
        lost = self._is_away(error)
        if lost:
            self._drop(self._connection)
        return lost

    def _compare(self, path: str, local: Path, size: int, checksum: Checksum | None) -> None:
        """Raise ChecksumError if a local file is not what the server has."""
        found = local.stat().st_size
        if found != size:
            raise fault(ChecksumError, self._shown(path), f"{found} bytes here, {size} on the server")
        if checksum is not None and (here := checksum_of(local, checksum.kind)) != checksum:
            raise fault(ChecksumError, self._shown(path), f"{here} here, {checksum} on the server")

    @contextlib.contextmanager
    def _temporary(self, path: str) -> Iterator[str]:
        """A name beside the file that nobody looks for; what goes by it in the end is deleted if the block fails."""
        temporary = f"{os.path.dirname(path)}/.{uuid.uuid4().hex}.part"
        try:
            yield temporary
        except Exception as error:
            # a server that cannot be reached is not asked now
            if self._is_away(error):
                self._cleanup.add(lambda: self._remove(temporary))
            else:
                with contextlib.suppress(Exception):
                    self._remove(temporary)
            raise
