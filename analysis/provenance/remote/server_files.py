"""Common parts of files on all servers: paths, connections, attempts, temporary names, comparisons."""

from __future__ import annotations

import contextlib
import os
import random
import re
import threading
import time
import uuid
import weakref
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from analysis.errors import StoreError
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.checksums import Checksum, checksum_of
from analysis.provenance.remote.faults import ChecksumError, MissingError, TimedOutError, UnreachableError, fault
from analysis.provenance.remote.files import Entry, Files, check_path
from analysis.provenance.remote.options import Options

__all__ = ["TEMPORARY", "ServerFiles"]

T = TypeVar("T")

#: a file on its way; the second beginning is how webdav_files finds out what a server makes of it
TEMPORARY = re.compile(r"(\.|%2E)[0-9a-f]{32}\.part")


class ServerFiles(Files):
    """Files on a server, by what one kind of server has to be asked.

    The methods with an underscore are that: each is one try, on a path that is absolute on the server, and raises
    whatever the library raises; :meth:`_fault` translates it. All of them may be called from several threads.

    Args:
        address: of the folder.
        options: how the server is talked to.
    """

    def __init__(self, address: Address, options: Options) -> None:
        self.address = address
        self.options = options
        self.url = address.url
        self._lock = threading.Lock()
        self._connection: Any = None
        _all.add(self)

    def stat(self, path: str) -> Entry | None:
        return self._try(path, lambda _: self._stat(self._at(path)))

    def listing(self, path: str) -> dict[str, Entry]:
        return {name: entry for name, entry in self.everything(path).items() if not TEMPORARY.fullmatch(name)}

    def everything(self, path: str) -> dict[str, Entry]:
        return self._try(path, lambda _: self._listing(self._at(path)))

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
            if self._create(self._at(path), content):
                return True
            # the attempt before may have made it, and its answer got lost
            return number > 1 and self._read(self._at(path)) == content

        return self._try(path, attempt)

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
    def _connect(self) -> Any:
        """A new connection, for this process alone."""

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

    @property
    def connection(self) -> Any:
        """Connection of this process to the server."""
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection

    def _at(self, path: str) -> str:
        """The absolute path on the server."""
        return f"{self.address.folder}/{check_path(path)}" if path else self.address.folder or "/"

    def _shown(self, path: str) -> str:
        """The address of a path, for a message."""
        return f"{self.url}/{path}" if path else self.url

    def _try(self, path: str, attempt: Callable[[int], T]) -> T:
        """The result of an attempt; repeated where that can help, with longer and longer breaks."""
        for number in range(1, self.options.attempts + 1):
            used = self._connection
            try:
                return attempt(number)
            except Exception as error:
                translated = self._translated(error, path)
                if translated is None:
                    raise
                again = isinstance(translated, (UnreachableError, ChecksumError))
                if isinstance(translated, UnreachableError):
                    self._drop(used)
                if number == self.options.attempts or not again or isinstance(translated, TimedOutError):
                    if translated is error:
                        raise
                    raise translated from error
            # not all jobs of a cluster at the same moment
            time.sleep(self.options.wait * 2 ** (number - 1) * random.uniform(0.75, 1.25))
        raise AssertionError("options.attempts is at least 1")

    def _translated(self, error: Exception, path: str) -> StoreError | None:
        return error if isinstance(error, StoreError) else self._fault(error, self._shown(path))

    def _drop(self, used: Any) -> None:
        """Make the next attempt connect anew, unless another thread has done so already."""
        with self._lock:
            if used is None or self._connection is used:
                self._connection = None

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
            # a server that cannot be reached is not asked once more
            if not isinstance(self._translated(error, self.url), UnreachableError):
                with contextlib.suppress(Exception):
                    self._remove(temporary)
            raise


_all: weakref.WeakSet[ServerFiles] = weakref.WeakSet()
_of_parent: list[Any] = []


def _forget_connections() -> None:
    """A forked child connects anew; what it has of its parent is kept, because closing it would close the parent's."""
    for files in list(_all):
        files._lock = threading.Lock()
        _of_parent.append(files._connection)
        files._connection = None


os.register_at_fork(after_in_child=_forget_connections)
