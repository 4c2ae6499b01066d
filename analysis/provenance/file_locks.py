"""Locks on files of a folder that others write to, too: the kernel's, which end with the process that holds them.

Whoever may write in the folder may take a lock, whoever made its file; a link in its place is deleted, not followed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable

from analysis.provenance.plain_files import NotPlainError

__all__ = ["acquire", "is_held", "open_lock", "release", "remove_if_free"]

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# of this process
_held: set[int] = set()


def open_lock(name: str, folder: int, *, make: bool = True, writing: bool = True) -> int:
    """Open a lock file, made if it is missing; what is no file in its place is deleted.

    Args:
        name: of the file.
        folder: descriptor of the folder that it lies in.
        make: whether to make it and to delete what is in its place.
        writing: whether it is opened for writing, too, as a lock for one alone needs it on other machines' disks.

    Raises:
        FileNotFoundError: it is missing and not to be made, or the folder was deleted.
        NotPlainError: it is no file, and nothing is to be made.
        PermissionError: it may neither be written nor read, or the folder not be written.
    """
    flags = _FLAGS | (os.O_RDWR if writing else os.O_RDONLY)
    while True:
        if make:
            with contextlib.suppress(FileExistsError):
                # not of a file that is there: in a sticky folder the kernel refuses O_CREAT on others' files
                return os.open(name, os.O_CREAT | os.O_EXCL | flags, 0o666, dir_fd=folder)
        try:
            descriptor = _opened(name, folder, flags)
        except FileNotFoundError:
            if not make:
                raise
            continue
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
                raise
        else:
            if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                return descriptor
            os.close(descriptor)
        if not make:
            raise NotPlainError(errno.EINVAL, "a link, or no ordinary file", name)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def _opened(name: str, folder: int, flags: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except PermissionError:
        # somebody else's, that the group may not write: reading is enough for a lock where the disk is this machine's
        return os.open(name, os.O_RDONLY | _FLAGS, dir_fd=folder)


def acquire(name: str, folder: int, waiting: Callable[[], None]) -> int:
    """Hold a lock that goes with its file.

    Args:
        name: of the file.
        folder: descriptor of the folder that it lies in.
        waiting: called once if another process holds it.

    Returns:
        A descriptor for :func:`release`.
    """
    told = False
    while True:
        descriptor = open_lock(name, folder)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    waiting()
                    told = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # the holder before us may have deleted the file that we opened
            if _is_current(descriptor, name, folder):
                _held.add(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def release(descriptor: int, unlink: Callable[[], None]) -> None:
    """Give up a lock, unless this is a forked child of its holder.

    Args:
        descriptor: of :func:`acquire`.
        unlink: deletes the file; whoever waits sees that its file is gone and opens the new one.
    """
    if descriptor in _held:
        unlink()
        _held.remove(descriptor)
        os.close(descriptor)


def is_held(name: str, folder: int) -> bool:
    """Whether a process of this machine holds a lock."""
    try:
        descriptor = open_lock(name, folder, make=False)
    except (FileNotFoundError, NotPlainError):
        return False
    try:
        return not _take(descriptor)
    finally:
        os.close(descriptor)


def remove_if_free(name: str, folder: int) -> None:
    """Delete a lock file that no process holds; with the lock held, as its last holder would have done."""
    try:
        descriptor = open_lock(name, folder, make=False)
    except NotPlainError:
        os.unlink(name, dir_fd=folder)
        return
    try:
        if _take(descriptor) and _is_current(descriptor, name, folder):
            os.unlink(name, dir_fd=folder)
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_current(descriptor: int, name: str, folder: int) -> bool:
    """Whether an open file still has its name."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.stat(name, dir_fd=folder, follow_symlinks=False))
    return False


def _close_in_child() -> None:
    """A lock lives as long as any process has its file open: not in a child that outlives a killed writer."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_close_in_child)
