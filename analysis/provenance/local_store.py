"""A store in a local or shared folder."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance import file_locks, plain_files
from analysis.provenance.names import check_label, check_name, check_place, is_plain
from analysis.provenance.permissions import may_use
from analysis.provenance.store import SET_ASIDE, Listing, Store, as_store_error, is_no_space, sha256_in, store_errors
from analysis.provenance.usage import use

__all__ = ["LocalStore"]

# of file systems that know no links, and of files that have as many as they may, or are another user's
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EACCES}
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

    def listing(self, place: str) -> Listing:
        sizes, times, has_set_aside = {}, {}, False
        with self._entries(place, hidden=True) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    has_set_aside |= entry.name == SET_ASIDE and entry.is_dir(follow_symlinks=False)
                elif (facts := plain_files.facts_of(entry)) and stat.S_ISREG(facts.st_mode):
                    sizes[entry.name], times[entry.name] = facts.st_size, facts.st_mtime
        return Listing(sizes, times, has_set_aside=has_set_aside)

    def set_aside_names(self, place: str) -> set[str]:
        with store_errors(self.url(place)), contextlib.suppress(FileNotFoundError):
            return self._names_before(plain_files.names_in(self._root, f"{check_place(place)}/{SET_ASIDE}"))
        return set()

    def folders(self, place: str) -> list[str]:
        with self._entries(place) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))

    def folder_times(self, place: str) -> dict[str, float]:
        with self._entries(place) as entries:
            found = (
                (entry.name, plain_files.facts_of(entry)) for entry in entries if entry.is_dir(follow_symlinks=False)
            )
            return {name: facts.st_mtime for name, facts in found if facts}

    def size(self, place: str, name: str) -> int | None:
        check_name(name)
        with store_errors(self.url(place, name)):
            try:
                # of links among the folders, reading and writing tell
                found = os.lstat(f"{self._root}/{check_place(place)}/{name}")
            except FileNotFoundError:
                self._check_reachable()
                return None
            return found.st_size if stat.S_ISREG(found.st_mode) else None

    def read(self, place: str, name: str) -> bytes:
        check_name(name)
        with store_errors(self.url(place, name)), self._reading(place, name) as file:
            return file.read()

    def localize(self, place: str, name: str, sha256: str = "") -> Path:
        check_name(name)
        path = Path(f"{self._root}/{check_place(place)}/{name}")
        # that it is missing is told by whoever opens it
        with store_errors(str(path)), contextlib.suppress(FileNotFoundError):
            self._reading(place, name).close()
        return path

    def sha256(self, place: str, name: str) -> str:
        check_name(name)
        with store_errors(self.url(place, name)), self._reading(place, name) as file:
            return sha256_in(file)

    def put(self, place: str, name: str, source: Path, sha256: str = "") -> None:
        check_name(name)
        with store_errors(self.url(place, name)), self._folder(place, make=True) as folder:
            # on the disk before the name is: a crash must not leave a complete name with an empty file
            descriptor = plain_files.open_file(source)
            try:
                plain_files.share(descriptor, source)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            try:
                os.replace(source, name, dst_dir_fd=folder)
            except IsADirectoryError:
                # no file of this store
                self.set_aside(place, name)
                os.replace(source, name, dst_dir_fd=folder)

    def duplicate(self, place: str, name: str, new: str, sha256: str) -> None:
        check_name(name), check_place(new)
        link = f".{uuid.uuid4().hex}.link"
        with store_errors(self.url(new, name)), self._folder(place) as old, self._folder(new, make=True) as folder:
            try:
                os.close(plain_files.open_file(name, old))
                # files of a store are replaced and never written to, so one content may have two names
                os.link(name, link, src_dir_fd=old, dst_dir_fd=folder, follow_symlinks=False)
                os.replace(link, name, src_dir_fd=folder, dst_dir_fd=folder)
                return
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
            finally:
                # still there if both names were of one file before
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(link, dir_fd=folder)
        super().duplicate(place, name, new, sha256)

    def set_aside(self, place: str, name: str) -> str:
        check_name(name)
        new = f"{name}.{datetime.now(UTC):%Y%m%dT%H%M%S}.{uuid.uuid4().hex[:6]}"
        with store_errors(self.url(place, name)):
            try:
                with self._folder(place) as folder:
                    os.stat(name, dir_fd=folder, follow_symlinks=False)
                    with self._hidden(folder, SET_ASIDE) as aside:
                        os.replace(name, new, src_dir_fd=folder, dst_dir_fd=aside)
            except FileNotFoundError:
                return ""  # perhaps another process saw the damage too
        return f"{self._root}/{place}/{SET_ASIDE}/{new}"

    def remove(self, place: str, name: str) -> None:
        check_name(name)
        with store_errors(self.url(place, name)), contextlib.suppress(FileNotFoundError):
            folder = plain_files.open_folder(self._root, check_place(place))
            try:
                os.unlink(name, dir_fd=folder)
            except IsADirectoryError:
                # no file of this store
                self.set_aside(place, name)
            finally:
                os.close(folder)

    @contextlib.contextmanager
    def lock(self, place: str, label: str, waiting: Callable[[], None]) -> Iterator[None]:
        name = f".{check_label(label) or 'record'}.lock"
        check_place(place)
        with store_errors(self.url(place)):
            # before the folder is there: who has the store alone deletes empty ones
            self.make_root()
            use(self.root, waiting)
            with self._folder(place, make=True) as folder:
                descriptor = file_locks.acquire(name, folder, waiting)

        def unlink() -> None:
            with contextlib.suppress(OSError, StoreError), self._folder(place) as folder:
                os.unlink(name, dir_fd=folder)

        try:
            yield
        finally:
            file_locks.release(descriptor, unlink)

    @contextlib.contextmanager
    def draft(self, place: str, label: str) -> Iterator[Path]:
        # always the same name: finding leftovers must not cost a listing of all the records of the place
        name = f".{check_label(label) or 'record'}.part"
        with store_errors(self.url(place)), self._folder(place, make=True) as folder:
            try:
                os.mkdir(name, dir_fd=folder)
            except FileExistsError:
                plain_files.remove_tree(name, folder)
                # what another user made private
                with contextlib.suppress(FileNotFoundError):
                    os.rename(name, f".{uuid.uuid4().hex}.part", src_dir_fd=folder, dst_dir_fd=folder)
                os.mkdir(name, dir_fd=folder)
        try:
            yield Path(f"{self._root}/{place}/{name}")
        except StoreError:
            raise
        except Exception as error:
            if is_no_space(error):
                raise as_store_error(error, self.url(place)) from error
            raise
        finally:
            with contextlib.suppress(OSError, StoreError), self._folder(place) as folder:
                plain_files.remove_tree(name, folder)

    def workspace(self, place: str, label: str = "") -> Path:
        name = check_label(label) or "record"
        path = Path(f"{self._root}/{place}/{_WORKSPACE}/{name}")
        with store_errors(str(path)):
            while True:
                # the parent goes with the last workspace in it, perhaps right now: between any two of these lines
                with contextlib.suppress(FileNotFoundError), contextlib.ExitStack() as stack:
                    folder = stack.enter_context(self._folder(place, make=True))
                    parent = stack.enter_context(self._hidden(folder, _WORKSPACE))
                    stack.enter_context(self._hidden(parent, name))
                    if not may_use(str(path)):
                        raise PermissionError(errno.EACCES, "another user's workspace", str(path))
                    plain_files.remove_links(path)
                    return path

    def keep_workspace(self, place: str, label: str, name: str, *, now: bool = False) -> None:
        # whoever goes on with it may be another user; that it cannot is no reason to end hours of work
        file = self.workspace(place, label) / name
        with contextlib.suppress(OSError):
            descriptor = plain_files.open_file(file)
            try:
                plain_files.share(descriptor, file)
            finally:
                os.close(descriptor)

    def discard_workspace(self, place: str, label: str = "") -> None:
        name = check_label(label) or "record"
        # another record of the place may still be at work there
        with contextlib.suppress(OSError), self._folder(place) as folder:
            with self._hidden(folder, _WORKSPACE, make=False) as parent:
                plain_files.remove_tree(name, parent)
            os.rmdir(_WORKSPACE, dir_fd=folder)

    @contextlib.contextmanager
    def _entries(self, place: str, *, hidden: bool = False) -> Iterator[Iterator[os.DirEntry[str]]]:
        """Yield what has a plain name in a place, or in the store's folder; nothing if it is not there.

        Args:
            place: its name; empty for the store's folder.
            hidden: whether to yield the store's own folders and files, too.
        """
        with store_errors(self.url(place)), contextlib.ExitStack() as stack:
            try:
                folder = stack.enter_context(self._folder(place, listed=True))
            except FileNotFoundError:
                self._check_reachable()
                yield iter(())
                return
            entries = stack.enter_context(os.scandir(folder))
            yield (one for one in entries if is_plain(one.name) and (hidden or not one.name.startswith(".")))

    def _reading(self, place: str, name: str) -> io.FileIO:
        with self._folder(place) as folder:
            return plain_files.reading(name, folder)

    @contextlib.contextmanager
    def _folder(self, place: str, *, make: bool = False, listed: bool = False) -> Iterator[int]:
        """Yield the descriptor of a place, or of the store's folder."""
        if place:
            check_place(place)
        if make:
            self.make_root()
        descriptor = plain_files.open_folder(self._root, place, make=make, listed=listed)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @staticmethod
    @contextlib.contextmanager
    def _hidden(folder: int, name: str, *, make: bool = True) -> Iterator[int]:
        """Yield the descriptor of a folder of the store's own in one of its places."""
        descriptor = plain_files.own_folder(folder, name, make=make)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def make_root(self) -> None:
        """Make the folder, if the one that it lies in is there."""
        if not os.path.isdir(self._root or "/"):
            self._check_reachable()
            os.makedirs(self._root, exist_ok=True)

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
