"""Changes that the copy of a store has missed: notes in a folder, in their order."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.errors import StoreError
from analysis.provenance import file_locks, plain_files
from analysis.provenance.names import check_name, check_place

__all__ = ["Unsent"]


_MOST_BYTES = 1 << 16


class Unsent:
    """Names of files that were changed in a store, but not in its copy.

    Args:
        folder: of the notes; made with the first one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, place: str, name: str) -> None:
        """Remember a file, after all others."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        os.close(self._open(make=True))
        part = self.folder / f".{uuid.uuid4().hex}"
        part.write_text(json.dumps({"place": place, "name": name}))
        part.rename(self.folder / f"{time.time_ns():020d}.{uuid.uuid4().hex[:6]}")

    def number(self) -> int:
        """Return the number of notes."""
        return len(self._notes())

    def send(self, send: Callable[[str, str], None]) -> bool:
        """Send what the notes tell, in their order, and forget each that was sent.

        Args:
            send: called with place and name.

        Returns:
            Whether none is left. If another process is sending, it is left to that.
        """
        with contextlib.suppress(BlockingIOError, FileNotFoundError), self._locked() as folder:
            for note in self._notes():
                if told := _read(note, folder):
                    send(*told)
                os.unlink(note, dir_fd=folder)
        return not self._notes()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        with contextlib.ExitStack() as stack:
            folder = self._open(make=False)
            stack.callback(os.close, folder)
            lock = file_locks.open_lock(".lock", folder)
            stack.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder

    def _open(self, *, make: bool) -> int:
        """Open the folder; a link in its place is deleted."""
        parent = plain_files.open_folder(str(self.folder.parent), "")
        try:
            return plain_files.own_folder(parent, self.folder.name, make=make)
        finally:
            os.close(parent)

    def _notes(self) -> list[str]:
        try:
            if not stat.S_ISDIR(os.lstat(self.folder).st_mode):
                return []
            return sorted(name for name in os.listdir(self.folder) if not name.startswith("."))
        except FileNotFoundError:
            return []


def _read(note: str, folder: int) -> tuple[str, str] | None:
    """Return place and name that a note tells; ``None`` if it is none of this project's."""
    try:
        with plain_files.reading(note, folder) as file:
            told = json.loads(file.read(_MOST_BYTES))
        return check_place(told["place"]), check_name(told["name"])
    except (plain_files.NotPlainError, ValueError, LookupError, TypeError, StoreError):
        return None
