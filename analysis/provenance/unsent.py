"""Changes that the copy of a store has missed: notes in a folder, in their order."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

__all__ = ["Unsent"]


class Unsent:
    """Names of files that were changed in a store, but not in its copy.

    Args:
        folder: of the notes; made with the first one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, place: str, name: str) -> None:
        """Remember a file, after all others."""
        self.folder.mkdir(parents=True, exist_ok=True)
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
        with contextlib.suppress(BlockingIOError), open(self.folder / ".lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for note in self._notes():
                told = json.loads((self.folder / note).read_text())
                send(told["place"], told["name"])
                (self.folder / note).unlink()
        return not self._notes()

    def _notes(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self.folder) if not name.startswith("."))
        except FileNotFoundError:
            return []
