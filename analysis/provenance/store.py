"""Storage of records: the interface of a store, as small as records need it.

A *place* is a folder of the store by its relative name, such as ``htautau/TrainModel/default-0123456789ab``. Names in
a place that begin with a dot are the store's own and never part of a record.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType

from analysis.errors import StoreError
from analysis.provenance import plain_files
from analysis.provenance.permissions import why_not

__all__ = [
    "SET_ASIDE",
    "ContentError",
    "Listing",
    "Store",
    "as_store_error",
    "is_no_space",
    "known_sha256",
    "sha256_in",
    "sha256_of",
    "store_errors",
]


#: folder of a place with damaged files
SET_ASIDE = ".set-aside"


class ContentError(StoreError):
    """A file does not hold what its manifest says."""


class Listing(dict[str, int]):
    """Sizes in bytes of the files in a place, by name.

    Args:
        sizes: by name.
        times: when each was last written to, seconds since the epoch, by name.
        has_set_aside: whether damaged files were taken out of the place; see :meth:`Store.set_aside_names`.
    """

    def __init__(
        self,
        sizes: Mapping[str, int] = MappingProxyType({}),
        times: Mapping[str, float] = MappingProxyType({}),
        *,
        has_set_aside: bool = False,
    ) -> None:
        super().__init__(sizes)
        self.times = times
        self.has_set_aside = has_set_aside


class Store(ABC):
    """A store of files. Every method raises :class:`~analysis.errors.StoreError` when the store cannot be reached.

    So does every method but :meth:`url` where a place, a name or a label is none (:mod:`analysis.provenance.names`):
    whatever asks with a name out of a manifest cannot leave the store. Links are not followed.
    """

    @abstractmethod
    def url(self, place: str, name: str = "") -> str:
        """The address of a place, or of a file in it, as a person would look for it."""

    @abstractmethod
    def listing(self, place: str) -> Listing:
        """Files in a place; empty if there is no such place."""

    @abstractmethod
    def set_aside_names(self, place: str) -> set[str]:
        """Names that files had that were set aside, in a place whose listing says that there are some."""

    @staticmethod
    def _names_before(aside: Iterable[str]) -> set[str]:
        # after the name a time, and a number that tells two of one second apart
        return {name.rsplit(".", 2)[0] for name in aside}

    @abstractmethod
    def folders(self, place: str) -> list[str]:
        """Names of the folders in a place, sorted."""

    @abstractmethod
    def folder_times(self, place: str) -> dict[str, float]:
        """Times at which the folders in a place were last written to, seconds since the epoch, by name.

        0 where the store does not know: S3 does not have it of folders.
        """

    @abstractmethod
    def size(self, place: str, name: str) -> int | None:
        """Size in bytes of one file, ``None`` if there is no such file."""

    @abstractmethod
    def read(self, place: str, name: str) -> bytes:
        """Content of a small file."""

    @abstractmethod
    def localize(self, place: str, name: str, sha256: str) -> Path:
        """A local path at which the file can be read, until :meth:`release`; not to be written to.

        Args:
            place: where the file lies.
            name: of the file.
            sha256: of its content, in hexadecimal; not computed where the file lies on this machine anyway.

        Raises:
            ContentError: what the store sent is not that content.
        """

    def heal(self, place: str, name: str, sha256: str) -> bool:
        """Replace a damaged file by a copy with the right content; returns whether there is one.

        Args:
            place: where the file lies.
            name: of the file.
            sha256: of its content, in hexadecimal.
        """
        return False

    @abstractmethod
    def sha256(self, place: str, name: str) -> str:
        """SHA-256 of what the store holds now, in hexadecimal; all of it is read."""

    @abstractmethod
    def put(self, place: str, name: str, source: Path, sha256: str = "") -> None:
        """Move a local file into the store, to stay there through a crash; nobody ever sees a part of it.

        Args:
            place: where to.
            name: of the file there.
            source: the local file; gone afterwards.
            sha256: of its content, if it is a payload.
        """

    def duplicate(self, place: str, name: str, new: str, sha256: str) -> None:
        """Give a payload file of a place to another place, too; nothing is sent twice where the store can do without.

        Args:
            place: where it lies.
            name: of the file, there and here.
            new: the other place; what is there under that name is replaced.
            sha256: of its content.

        Raises:
            ContentError: what the store sent is not that content.
        """
        with self.draft(new, uuid.uuid4().hex) as folder:
            self.put(new, name, Path(shutil.copy(self.localize(place, name, sha256), folder / name)), sha256)

    @abstractmethod
    def set_aside(self, place: str, name: str) -> str:
        """Take a damaged file out of its place, keep it, and return where it is now; empty if it is not there."""

    @abstractmethod
    def remove(self, place: str, name: str) -> None:
        """Delete a file; no error if it is not there."""

    @abstractmethod
    def lock(self, place: str, label: str, waiting: Callable[[], None]) -> AbstractContextManager[None]:
        """Hold the right to write one record.

        The lock ends with the process that holds it, however that ends.

        Args:
            place: where the record goes.
            label: which of the place's records.
            waiting: called once if another process holds the lock.
        """

    @abstractmethod
    def draft(self, place: str, label: str) -> AbstractContextManager[Path]:
        """A local folder for the payload of a record in the making; whatever is left in it is deleted at the end.

        Call with the lock held: what a killed writer of the same record left is deleted.
        """

    @abstractmethod
    def workspace(self, place: str, label: str = "") -> Path:
        """A local folder for what a killed process is to leave to the next one: checkpoints, half a download.

        It lies beside the records and is never one of them. Use it with the record's lock held. A process on another
        machine finds in it what :meth:`keep_workspace` saved.
        """

    def keep_workspace(self, place: str, label: str, name: str, *, now: bool = False) -> None:  # noqa: B027
        """Save a file of a record's workspace where other machines find it; nothing to do in a shared folder.

        Call it whenever the file is whole and better than before; it is for the store to be thrifty.

        Args:
            place: of the record.
            label: of the record.
            name: of the file in the workspace; may lie in folders.
            now: in any case, not only if the last time is long ago.
        """

    @abstractmethod
    def discard_workspace(self, place: str, label: str = "") -> None:
        """Delete the workspace of a record."""

    def release(self) -> None:  # noqa: B027
        """Paths from :meth:`localize` are not needed any more: a store may delete its local copies."""


_SMALL_BYTES = 1 << 16
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def store_errors(address: str) -> Iterator[None]:
    """Turn operating-system errors of the block into one :class:`~analysis.errors.StoreError` that names the store."""
    try:
        yield
    except OSError as error:
        raise as_store_error(error, address) from error


def as_store_error(error: BaseException, address: str) -> StoreError:
    """The error in a user's words."""
    code = getattr(error, "errno", None)
    if is_no_space(error):
        return StoreError(
            f"the store is full: {address} cannot be written ({error})",
            cure="free some space, or name another store with ERUMFLOW_STORE; what is complete stays valid",
        )
    if code in _NO_PERMISSION:
        why = why_not(address)
        return StoreError(
            f"the store does not permit it: {address} ({error})" + (f"\n  {why}" if why else ""),
            cure="correct the permissions (of a store that a group shares: docs/stores.md), or name another store with "
            "ERUMFLOW_STORE",
        )
    if isinstance(error, plain_files.NotPlainError):
        return ContentError(f"{address} is {error.strerror}", cure="see who made it, and delete it")
    return StoreError(
        f"the store cannot be used: {address} ({error})",
        cure="see that it is mounted and reachable, or name another store with ERUMFLOW_STORE",
    )


def is_no_space(error: BaseException | None) -> bool:
    """Whether an exception, or one that it came from, is about a full disk; libraries wrap it in their own types."""
    while error is not None:
        if getattr(error, "errno", None) in _NO_SPACE or "No space left on device" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with open(path, "rb", buffering=0) as file:
        return sha256_in(file)


def sha256_in(file: io.FileIO) -> str:
    """SHA-256 of the content of an open file that has no buffer, in hexadecimal."""
    # most files are small, and a buffer for large ones takes longer than they do
    if len(begin := file.read(_SMALL_BYTES)) < _SMALL_BYTES:
        return hashlib.sha256(begin).hexdigest()
    file.seek(0)
    return hashlib.file_digest(file, hashlib.sha256).hexdigest()


_known: dict[tuple[int, int], tuple[int, int, str]] = {}
_MOST_KNOWN = 100_000


def known_sha256(path: Path) -> str:
    """Like :func:`sha256_of`; a file that this process knows, and that is unchanged since, is not read again."""
    with plain_files.reading(path) as file:
        found = os.fstat(file.fileno())
        identity, state = (found.st_dev, found.st_ino), (found.st_size, found.st_mtime_ns)
        known = _known.get(identity)
        if known is None or known[:2] != state:
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            known = _known[identity] = (*state, sha256_in(file))
        return known[2]
