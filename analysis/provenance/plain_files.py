"""Files and folders of a store that others write to, too: opened without following a link, and never waited for.

A link, a FIFO or a device is no file of a store. Folders are opened one by one, each in the one before, so that none is
exchanged for a link between a look at it and its use.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import stat
import uuid
from pathlib import Path

from analysis.errors import StoreError

__all__ = [
    "NotPlainError",
    "facts_of",
    "names_in",
    "no_link",
    "open_file",
    "open_folder",
    "own_folder",
    "reading",
    "remove_links",
    "remove_tree",
    "share",
]

# a capsule is read where some of these are missing, too
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_DIRECTORY, _CLOEXEC = getattr(os, "O_DIRECTORY", 0), getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# only to reach what is in it: needs no right to list it
_REACH = getattr(os, "O_PATH", os.O_RDONLY) | _DIRECTORY | _CLOEXEC
_READ = os.O_RDONLY | _NO_FOLLOW | _CLOEXEC


class NotPlainError(OSError):
    """Something is no ordinary file: a link, a FIFO, a device, a folder."""


def names_in(root: str, place: str) -> list[str]:
    """Return the names in a folder, as :func:`open_folder` opens it."""
    folder = open_folder(root, place, listed=True)
    try:
        return os.listdir(folder)
    finally:
        os.close(folder)


def facts_of(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return what is known of something that is listed; ``None`` if it has gone meanwhile."""
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def open_folder(root: str, place: str, *, make: bool = False, listed: bool = False) -> int:
    """Open a folder for what lies in it.

    Args:
        root: may be a link.
        place: below it; folders, none of them a link. Empty for the root.
        make: whether to make what is missing, the root excepted.
        listed: whether the last one is to be listed, and not only what is in it to be reached.

    Returns:
        A descriptor, to be closed.

    Raises:
        StoreError: a link is among the folders.
        OSError: one is missing, no folder, or may not be entered.
    """
    descriptor = os.open(root or "/", _REACH)
    path = root
    for name in place.split("/") if place else ():
        path = f"{path}/{name}"
        try:
            below = _open_in(descriptor, name, path, make=make)
        finally:
            os.close(descriptor)
        descriptor = below
    if listed:
        try:
            return os.open(".", os.O_RDONLY | _DIRECTORY | _CLOEXEC, dir_fd=descriptor)
        finally:
            os.close(descriptor)
    return descriptor


def _open_in(parent: int, name: str, path: str, *, make: bool) -> int:
    for made in (False, True):
        try:
            return os.open(name, _REACH | _NO_FOLLOW, dir_fd=parent)
        except FileNotFoundError as error:
            if not make or made:
                raise OSError(error.errno, error.strerror, path) from None
        except OSError as error:
            if _is_link(name, parent):
                raise no_link(path) from None
            raise OSError(error.errno, error.strerror, path) from None
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
    raise AssertionError("the second attempt returns or raises")


def own_folder(parent: int, name: str, *, make: bool) -> int:
    """Open a hidden folder of a store in one of its places; a link in its place is deleted, not followed.

    Returns:
        A descriptor, to be closed.

    Raises:
        FileNotFoundError: it is not there and not to be made, or the folder around it was deleted.
    """
    while True:
        try:
            return os.open(name, _REACH | _NO_FOLLOW, dir_fd=parent)
        except FileNotFoundError:
            if not make:
                raise
        except OSError:
            if not _is_link(name, parent):
                raise
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=parent)
            continue
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)


def open_file(path: str | Path, folder: int | None = None) -> int:
    """Open an ordinary file for reading; nothing is waited for.

    Args:
        path: of the file.
        folder: descriptor of the one that it is relative to.

    Raises:
        NotPlainError: a link, a FIFO, a device or a folder.
        OSError: it is missing or may not be read.
    """
    try:
        descriptor = os.open(path, _READ, dir_fd=folder)
    except OSError as error:
        # of a socket, or a device that nothing is behind: ENXIO
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
            raise _not_plain(path) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_plain(path)
    return descriptor


def reading(path: str | Path, folder: int | None = None) -> io.FileIO:
    """Open an ordinary file, as :func:`open_file` does, as a file object without a buffer."""
    return io.FileIO(open_file(path, folder), "r")


def share(descriptor: int, path: Path) -> None:
    """Give a file that only its owner may read the mode that a new one gets beside it: that of umask, or of an ACL.

    Some libraries make all their files private.

    Args:
        descriptor: of the file, which is this user's.
        path: of the file.
    """
    if os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    # asking a process for its umask would change it for its other threads
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    example = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC, 0o666)
    try:
        os.unlink(beside)
        os.fchmod(descriptor, stat.S_IMODE(os.fstat(example).st_mode))
    finally:
        os.close(example)


def remove_tree(name: str, folder: int) -> None:
    """Delete whatever has a name, a folder with all that is in it; of a link the link. Mistakes are left behind."""
    try:
        # most are empty
        os.rmdir(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
    except OSError:
        shutil.rmtree(name, ignore_errors=True, dir_fd=folder)


def remove_links(folder: Path) -> None:
    """Delete what is neither file nor folder below a folder: others may have put it there to be written through."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                remove_links(Path(entry.path))
            elif not entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry.path)


def no_link(path: str) -> StoreError:
    """The error of a folder that is a link, with its owner."""
    from analysis.provenance.permissions import described

    return StoreError(
        f"{path} is a link, and a store follows none{f' ({described(path)})' if described(path) else ''}",
        cure="see who made it; put what it leads to in its place, or name that as a store of its own. Only the store's "
        "folder itself may be a link",
    )


def _is_link(name: str, folder: int) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return False


def _not_plain(path: str | Path) -> NotPlainError:
    return NotPlainError(errno.EINVAL, "a link, or no ordinary file", str(path))
