"""Paths of local copies that a process was given, which are there as long as it may read from them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from pathlib import Path

__all__ = ["Uses", "remove_unused"]


class Uses:
    """The paths that one process was given; they go when it and its forks have ended, however that happens."""

    def __init__(self, parent: Path) -> None:
        self.process = os.getpid()
        self.folder = parent / uuid.uuid4().hex[:12]
        self.folder.mkdir(parents=True)
        # never closed: forks share this lock, and it ends with the last of them
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def path(self, digest: str, name: str) -> Path:
        """A path for a file of a content."""
        folder = self.folder / digest[:16]
        folder.mkdir(exist_ok=True)
        return folder / name

    def forget(self, digest: str) -> None:
        """Delete the paths of a content."""
        shutil.rmtree(self.folder / digest[:16], ignore_errors=True)

    def release(self) -> None:
        """Delete all paths."""
        for folder in self.folder.iterdir():
            if folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)


def remove_unused(parent: Path) -> None:
    """Remove the paths of processes that have ended; with the cache locked."""
    for folder in parent.iterdir() if parent.is_dir() else ():
        with contextlib.suppress(OSError):
            descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
