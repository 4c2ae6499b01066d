"""Use of a folder of records: by processes that write records, together, or by one that takes records away, alone.

A process that has begun to write a record uses the folder until it ends, because between two records it is about to
read what it found complete. The locks are the kernel's: they end with the last process that has them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance.file_locks import open_lock
from analysis.provenance.plain_files import open_folder

__all__ = ["alone", "leave", "use"]

_NAME = ".in-use"
# a process that uses more folders (of tests) gives up the first ones: it may not have many files open
_MOST = 64
# open lock files of this process
_held: dict[Path, int] = {}


def use(folder: Path, waiting: Callable[[], None]) -> None:
    """Use a folder from now on, until this process ends.

    Args:
        folder: that exists.
        waiting: called once if a process has the folder for itself.
    """
    if folder in _held and _is_current(folder, _held[folder]):
        return
    _release(folder)
    descriptor = _opened(folder, shared=True)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_SH)
    except BaseException:
        os.close(descriptor)
        raise
    while len(_held) >= _MOST:
        _release(next(iter(_held)))
    _held[folder] = descriptor


def leave(folder: Path) -> None:
    """Use a folder, and those in it, no longer."""
    for one in [one for one in _held if one.is_relative_to(folder)]:
        _release(one)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have a folder for oneself; records may be written meanwhile by this process alone.

    Args:
        folder: that exists.

    Raises:
        StoreError: another process uses it.
    """
    # what this process began to write is written
    _release(folder)
    descriptor = _opened(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreError(
            f"a command is at work in {folder}, and may need what would be taken away",
            cure="run this again when it has ended",
        ) from None
    _held[folder] = descriptor
    try:
        yield
    finally:
        _release(folder)


def _is_current(folder: Path, descriptor: int) -> bool:
    """Whether the lock file is still that of the folder, which may have been deleted and made anew."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.lstat(folder / _NAME))
    return False


def _opened(folder: Path, *, shared: bool = False) -> int:
    """Open the lock file of a folder; a link in its place is deleted."""
    descriptor = open_folder(str(folder), "")
    try:
        # for reading: what is mounted there may be mounted anew, for reading only
        return open_lock(_NAME, descriptor, writing=not shared)
    finally:
        os.close(descriptor)


def _release(folder: Path) -> None:
    if (descriptor := _held.pop(folder, None)) is not None:
        os.close(descriptor)
