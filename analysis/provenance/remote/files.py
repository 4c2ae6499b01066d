"""Files on a storage server: as few verbs as a store of records needs."""

from __future__ import annotations

import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance.remote.checksums import Checksum

__all__ = ["Entry", "Files", "check_path", "is_file_or_folder"]


@dataclass(frozen=True)
class Entry:
    """Entry of a file or a folder, as a server states it.

    Args:
        size: in bytes; 0 for a folder.
        is_folder: whether it is a folder.
        modified: when it was last written, seconds since the epoch; 0 if the server does not say.
    """

    size: int
    is_folder: bool = False
    modified: float = 0.0

    @classmethod
    def of(cls, facts: Any) -> Entry:
        """The entry of what a system calls ``stat``."""
        is_folder = stat.S_ISDIR(facts.st_mode)
        return cls(0 if is_folder else facts.st_size, is_folder, float(facts.st_mtime or 0))


def is_file_or_folder(facts: Any) -> bool:
    """Whether what a system calls ``stat`` is of an ordinary file or a folder: no link, FIFO or device."""
    return stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)


class Files(ABC):
    """The files in a folder of a server.

    Paths are relative to the folder, with ``/`` between names; a name may hold whatever prints, also ``#``, ``%`` and
    spaces. An empty path is the folder itself. Objects may be shared by threads, and by a process and its forks.

    Every method raises :class:`~analysis.errors.StoreError` if it cannot be done; the classes of
    :mod:`analysis.provenance.remote.faults` say why. Nothing is ever "not there" because the server cannot be asked.

    Args:
        url: address of the folder, without any secret.
    """

    url: str
    #: Whether links on the server are followed. A store sets it to False: links are then in no listing, and not there.
    follows_links: bool = True

    @abstractmethod
    def stat(self, path: str) -> Entry | None:
        """Return the server's entry of a file or folder; ``None`` only if it says that there is none."""

    @abstractmethod
    def listing(self, path: str) -> dict[str, Entry]:
        """Return the entries of a folder by name, asked for in one request; empty if there is no such folder.

        Names that are no plain ones (:func:`check_path`) are left out, whatever a server says.
        Files that are only on their way (:meth:`upload`) are left out.
        """

    @abstractmethod
    def everything(self, path: str) -> dict[str, Entry]:
        """Return the entries of a folder as :meth:`listing` does, with files that are only on their way."""

    @abstractmethod
    def read(self, path: str) -> bytes:
        """Content of a small file.

        Raises:
            MissingError: there is no such file.
        """

    @abstractmethod
    def identity(self, path: str) -> tuple[int, Checksum]:
        """Size of a file, and what the server knows best of its content: checksum, tag, or time of the last change.

        Raises:
            MissingError: there is no such file.
        """

    @abstractmethod
    def read_ranges(
        self, path: str, ranges: Sequence[tuple[int, int]], again: Callable[[], object] = lambda: None
    ) -> list[bytes]:
        """Contents of ranges of bytes (start, stop) of a file, asked for together.

        Args:
            path: of the file.
            ranges: not empty.
            again: called before a further attempt, as the file may be another one since.

        Raises:
            MissingError: there is no such file.
            StoreError: it ends before, or the server sends no parts of files.
        """

    def release(self, path: str) -> None:  # noqa: B027
        """No more ranges of a file are going to be read for now."""

    @abstractmethod
    def download(self, path: str, local: Path) -> None:
        """Copy a file to a local name, which appears when it is complete and replaces what is there.

        Size and, where the server knows one, checksum have been compared.

        Raises:
            MissingError: there is no such file.
            ChecksumError: what arrived is not what the server has, also after trying again.
        """

    @abstractmethod
    def upload(self, local: Path, path: str) -> None:
        """Copy a local file to the server; folders are made, what is there is replaced.

        Nobody ever sees a part of it under its name: it is sent under a temporary name, compared and renamed, or sent
        in one request where the server itself promises so (S3). What a killed process leaves under a temporary name
        is in no listing, and goes with its folder (:meth:`remove_tree`).

        Raises:
            FullError: no space is left.
            ChecksumError: what the server has is not what was sent, also after trying again.
        """

    @abstractmethod
    def create(self, path: str, content: bytes) -> bool:
        """Make a small file unless there is one of that name; folders are made.

        Of any number of processes that try, one succeeds; nobody sees the file without its content. The content has
        to tell its maker (from others that try), because an answer may get lost on the way.

        Returns:
            False if there is a file of that name already.
        """

    @abstractmethod
    def rename(self, path: str, new: str) -> None:
        """Give a file another name, in the same or another folder, which is made; replaces what is there.

        Raises:
            MissingError: there is no such file.
        """

    def copy(self, path: str, new: str) -> bool:
        """Copy a file on the server itself, which shows it when it is complete; replaces what is there.

        Returns:
            False if the server does not do that, and nothing is done.

        Raises:
            MissingError: there is no such file.
        """
        return False

    @abstractmethod
    def remove(self, path: str) -> None:
        """Delete a file; no error if it is not there."""

    @abstractmethod
    def remove_tree(self, path: str) -> None:
        """Delete a folder and everything in it; no error if it is not there."""

    @abstractmethod
    def remove_folder(self, path: str) -> None:
        """Delete a folder if it is empty and the server can be asked for just that; otherwise it stays."""


def check_path(path: str) -> str:
    """Refuse paths that would lead out of the folder, or that servers understand differently.

    Raises:
        StoreError: an empty name, ``.`` or ``..`` between slashes, or something that does not print.

    Examples:
        >>> check_path("htautau/TrainModel/a #1, 50%.json")
        'htautau/TrainModel/a #1, 50%.json'
        >>> check_path("../secrets")
        Traceback (most recent call last):
        ...
        analysis.errors.StoreError: no path in a store: '../secrets'
          cure: write names with / between them; no '..', no / at the ends
    """
    if path and (not path.isprintable() or any(name in {"", ".", ".."} for name in path.split("/"))):
        raise StoreError(
            f"no path in a store: {path!r}", cure="write names with / between them; no '..', no / at the ends"
        )
    return path
