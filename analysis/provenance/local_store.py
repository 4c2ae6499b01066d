"""A store in a local or shared folder."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance.store import Store, as_store_error, is_no_space, sha256_of, store_errors
from analysis.provenance.usage import use

__all__ = ["LocalStore", "private_folder"]

# of file systems that know no links, and of files that have as many as they may
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EACCES}
_ASIDE = ".set-aside"
_WORKSPACE = ".workspace"


class LocalStore(Store):
    """Records in a folder. Files appear by ``rename``, which is atomic within a file system.

    Args:
        root: the folder; made at the first writing if the folder that it lies in exists.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self._root = str(self.root).rstrip("/")

    def url(self, place: str, name: str = "") -> str:
        # as paths are joined, but many times faster: every single file is asked for by its address
        return f"{self._root}/{place}/{name}".rstrip("/")

    def listing(self, place: str) -> dict[str, int]:
        with store_errors(self.url(place)):
            try:
                with os.scandir(self.root / place) as entries:
                    found = ((e.name, _size(e)) for e in entries if not e.name.startswith("."))
                    return {name: size for name, size in found if size is not None}
            except FileNotFoundError:
                self._check_reachable()
                return {}

    def folders(self, place: str) -> list[str]:
        with store_errors(self.url(place)):
            try:
                with os.scandir(self.root / place) as entries:
                    return sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir())
            except FileNotFoundError:
                self._check_reachable()
                return []

    def folder_times(self, place: str) -> dict[str, float]:
        with store_errors(self.url(place)):
            # one may go meanwhile
            times = {name: _time(self.root / place / name) for name in self.folders(place)}
            return {name: time for name, time in times.items() if time is not None}

    def size(self, place: str, name: str) -> int | None:
        with store_errors(self.url(place, name)):
            found = _size(self.url(place, name))
            if found is None:
                self._check_reachable()
            return found

    def read(self, place: str, name: str) -> bytes:
        with store_errors(self.url(place, name)):
            return (self.root / place / name).read_bytes()

    def localize(self, place: str, name: str, sha256: str = "") -> Path:
        return self.root / place / name

    def sha256(self, place: str, name: str) -> str:
        with store_errors(self.url(place, name)):
            return sha256_of(self.root / place / name)

    def put(self, place: str, name: str, source: Path, sha256: str = "") -> None:
        with store_errors(self.url(place, name)):
            folder = self._make(place)
            # on the disk before the name is: a crash must not leave a complete name with an empty file
            descriptor = os.open(source, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(source, f"{folder}/{name}")

    def duplicate(self, place: str, name: str, new: str, sha256: str) -> None:
        with store_errors(self.url(new, name)):
            folder = Path(self._make(new))
            link = folder / f".{uuid.uuid4().hex}.link"
            try:
                # files of a store are replaced and never written to, so one content may have two names
                os.link(self.root / place / name, link)
                os.replace(link, folder / name)
                return
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
            finally:
                # still there if both names were of one file before
                link.unlink(missing_ok=True)
        super().duplicate(place, name, new, sha256)

    def set_aside(self, place: str, name: str) -> str:
        with store_errors(self.url(place, name)):
            file = self.root / place / name
            folder = self.root / place / _ASIDE
            new = folder / f"{name}.{datetime.now(UTC):%Y%m%dT%H%M%S}.{uuid.uuid4().hex[:6]}"
            try:
                os.stat(file)
                folder.mkdir(exist_ok=True)
                os.replace(file, new)
            except FileNotFoundError:
                return ""  # perhaps another process saw the damage too
            return str(new)

    def remove(self, place: str, name: str) -> None:
        with store_errors(self.url(place, name)), contextlib.suppress(FileNotFoundError):
            os.unlink(self.url(place, name))

    @contextlib.contextmanager
    def lock(self, place: str, label: str, waiting: Callable[[], None]) -> Iterator[None]:
        with store_errors(self.url(place)):
            # before the folder is there: who has the store alone deletes empty ones
            self._make("")
            use(self.root, waiting)
            path = f"{self._make(place)}/.{label or 'record'}.lock"
            descriptor = _acquire(path, waiting)
        try:
            yield
        finally:
            # not in a forked child that comes here as well
            if descriptor in _held:
                # unlinked while it is held: whoever waits sees that its file is gone and opens the new one
                with contextlib.suppress(OSError):
                    os.unlink(path)
                _held.remove(descriptor)
                os.close(descriptor)

    @contextlib.contextmanager
    def draft(self, place: str, label: str) -> Iterator[Path]:
        with store_errors(self.url(place)):
            # always the same name: finding leftovers must not cost a listing of all the records of the place
            folder = f"{self._make(place)}/.{label or 'record'}.part"
            if os.path.lexists(folder):
                shutil.rmtree(folder)
            os.mkdir(folder)
        try:
            yield Path(folder)
        except StoreError:
            raise
        except Exception as error:
            if is_no_space(error):
                raise as_store_error(error, self.url(place)) from error
            raise
        finally:
            _remove_folder(folder)

    def workspace(self, place: str, label: str = "") -> Path:
        with store_errors(self.url(place)):
            parent = Path(self._make(place)) / _WORKSPACE
            folder = parent / (label or "record")
            # the parent goes with the last workspace in it, perhaps right now: between any two of these lines
            while not folder.is_dir():
                for level in (parent, folder):
                    try:
                        level.mkdir()
                    except FileNotFoundError:
                        break
                    except FileExistsError:
                        if level.is_file():
                            raise
            return folder

    def discard_workspace(self, place: str, label: str = "") -> None:
        folder = self.root / place / _WORKSPACE
        if not folder.is_dir():
            return
        shutil.rmtree(folder / (label or "record"), ignore_errors=True)
        # another record of the place may still be at work there
        with contextlib.suppress(OSError):
            folder.rmdir()

    def _make(self, place: str) -> str:
        folder = self.url(place)
        if not os.path.isdir(folder):
            self._check_reachable()
            os.makedirs(folder, exist_ok=True)
        return folder

    def _check_reachable(self) -> None:
        """A store that does not exist yet is empty; one on a disk that is not there is unreachable."""
        if self.root.is_dir():
            return
        missing = Path(os.readlink(self.root)) if self.root.is_symlink() else self.root.parent
        if self.root.is_symlink() or not missing.is_dir():
            raise StoreError(
                f"the store {self.root} cannot be reached: {missing} does not exist",
                cure="mount or make that folder, or name another store with ERUMFLOW_STORE",
            )


def private_folder(folder: Path) -> None:
    """Make a folder that only this user can read, or see that it is one.

    Raises:
        StoreError: it belongs to somebody else.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.geteuid():
        raise StoreError(
            f"the folder {folder} for local copies belongs to another user",
            cure="name another one as cache in the section [store] of law_user.cfg",
        )


def _remove_folder(folder: str) -> None:
    """Delete a folder, which mostly is empty."""
    try:
        os.rmdir(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def _size(file: str | os.DirEntry[str]) -> int | None:
    """Size of a file; ``None`` if it is not there (any more) or no file."""
    try:
        found = os.stat(file) if isinstance(file, str) else file.stat()
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _time(folder: Path) -> float | None:
    """Time of the last change of a folder; ``None`` if it is not there (any more)."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return None


_held: set[int] = set()


def _close_in_child() -> None:
    """A lock lives as long as any process has its file open: not in a child that outlives a killed writer."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_close_in_child)


def _acquire(path: str, waiting: Callable[[], None]) -> int:
    told = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    waiting()
                    told = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # the holder before us may have deleted the file that we opened
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                _held.add(descriptor)
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
