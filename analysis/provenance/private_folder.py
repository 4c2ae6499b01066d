"""Folders that are this user's alone: others can neither read what is in them nor put anything there."""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance.permissions import described

__all__ = ["open_private", "private_folder"]

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(folder: Path) -> None:
    """Make a folder that only this user can read, or see that it is one; what others may read there they no longer may.

    Raises:
        StoreError: it is a link, belongs to somebody else, or others may write to it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found, cure = folder.lstat(), "delete it"
    if stat.S_ISLNK(found.st_mode):
        problem = "is a link"
    elif not stat.S_ISDIR(found.st_mode):
        problem = "is no folder"
    elif found.st_uid != os.geteuid():
        problem = "belongs to another user"
    elif found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        problem = "may be written to by others"
        cure = f"see what they put there, then chmod 700 {shlex.quote(str(folder))}"
    else:
        if found.st_mode & _OTHERS:
            folder.chmod(0o700)
        return
    raise StoreError(
        f"the folder {folder} for local copies {problem}{f' ({text})' if (text := described(str(folder))) else ''}",
        cure=f"{cure}; or name another one as cache in the section [store] of law_user.cfg",
    )


def open_private(parent: Path, *names: str) -> int:
    """Open a folder that only this user may write to, made where it is not there, together with those that it is in.

    What is opened relative to it lies in this very folder, whatever somebody puts in its place meanwhile.

    Args:
        parent: folder that is there or can be made; it may be reached by links, and others may write to it.
        names: of folders in it, one inside the other, which have to be this user's own.

    Returns:
        A descriptor of the last one.

    Raises:
        StoreError: one of them is a link, belongs to somebody else, or may be written to by others.
        OSError: one of them cannot be made or opened.
    """
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    path = parent
    try:
        for name in names:
            path /= name
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=descriptor)
            inner = _open(name, descriptor, path)
            os.close(descriptor)
            descriptor = inner
            _check(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _open(name: str, parent: int, path: Path) -> int:
    try:
        return os.open(name, _OPEN, dir_fd=parent)
    except OSError:
        if path.is_symlink():
            raise StoreError(
                f"{path} is a link, and what lies behind it may be another user's",
                cure="name the folder itself, or delete the link",
            ) from None
        raise


def _check(found: os.stat_result, path: Path) -> None:
    if found.st_uid != os.geteuid():
        raise StoreError(f"the folder {path} belongs to another user", cure="name a folder of your own")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(
            f"other users may write to the folder {path}",
            cure="delete it, or see that all in it is yours and take their right away: "
            f"chmod go-w {shlex.quote(str(path))}",
        )
