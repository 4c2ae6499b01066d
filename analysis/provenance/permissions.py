"""Who owns a file, and what its mode permits, in words: for errors of stores that a group shares."""

from __future__ import annotations

import grp
import os
import pwd
import stat

__all__ = ["described", "may_use", "why_not"]


def described(path: str) -> str:
    """Return owner, group and mode of a path, links not followed; empty if it cannot be seen."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return ""
    return f"of {_user(found.st_uid)}, group {_group(found.st_gid)}, mode {stat.filemode(found.st_mode)}"


def why_not(path: str) -> str:
    """Return what forbids the use of a path, with its owner: the path, or the folder around it.

    Args:
        path: absolute; for any other, such as an address, nothing is returned.
    """
    while path.startswith("/"):
        if text := described(path):
            folder = path.rpartition("/")[0] or "/"
            if may_use(path) and not may_use(folder):
                path, text = folder, described(folder)
            return f"{path}: {text}"
        # not even seen: one of the folders around it may not be entered
        path = path.rpartition("/")[0]
    return ""


def may_use(path: str) -> bool:
    """Whether this user may read a file, or read and write in a folder."""
    wanted = os.R_OK | os.W_OK | os.X_OK if os.path.isdir(path) else os.R_OK
    return os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
