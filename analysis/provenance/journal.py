"""Journals of commands: what each one is to make, is making, has made and could not make, told beside the records.

A journal is a file in the hidden folder ``.commands`` of a store, a line of JSON for each thing that happens. The
command holds the kernel's lock of its file as long as it lives, so one that was killed is known: its journal has no
end, and no holder. All processes of a command write to its journal. Nothing depends on it: what cannot be written is
left out.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance import file_locks, plain_files

__all__ = ["FOLDER", "Journal", "JournalReader", "Noted"]

FOLDER = ".commands"
_NAME = re.compile(r"\d{8}T\d{6}-\d+-[0-9a-f]{6}\.jsonl")
_KEPT = 60
_MOST_BYTES, _MOST_LINE = 16 << 20, 1 << 20
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Journal:
    """The journal of this command; its file is made with the first note.

    Args:
        root: folder of the records.
        facts: what the first line tells, besides host, process and time.
        make_root: makes the folder where it is not there.
    """

    def __init__(self, root: Path, facts: Mapping[str, Any], make_root: Callable[[], object] = lambda: None) -> None:
        self.root = root
        self._make_root = make_root
        self.facts = dict(facts)
        self.name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{uuid.uuid4().hex[:6]}.jsonl"
        self._owner = os.getpid()
        self._lock: int | None = None

    @property
    def is_begun(self) -> bool:
        """Whether its file is there."""
        return self._lock is not None

    @property
    def is_own(self) -> bool:
        """Whether this process is the command itself."""
        return os.getpid() == self._owner

    def begin(self) -> None:
        """Make the file, as the command itself; nothing to do in its other processes, or if it is there."""
        if self._lock is not None or not self.is_own:
            return
        with contextlib.suppress(OSError, StoreError):
            self._make_root()
            self._make()

    def _make(self) -> None:
        with _folder(self.root, make=True) as folder:
            self._lock = file_locks.acquire(self.name, folder, lambda: None)
            self._write({"command": self.facts, "host": socket.gethostname(), "process": self._owner})
            _remove_old(self.root, folder)

    def add(self, **entry: Any) -> None:
        """Note what happens, with the time and the process; the file is made if this is the command itself."""
        self.begin()
        with contextlib.suppress(OSError, StoreError):
            self._write({**entry, "process": os.getpid()})

    def end(self, outcome: str) -> None:
        """Note how the command ended, if it has noted anything, and let go."""
        if self._lock is None or not self.is_own:
            return
        self.add(end=outcome)
        file_locks.release(self._lock, lambda: None)
        self._lock = None
        # what follows is another command's, of the same process
        self._owner = -1

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps({"time": round(time.time(), 3), **entry}, separators=(",", ":"))
        with _folder(self.root) as folder:
            descriptor = os.open(self.name, _APPEND, dir_fd=folder)
            try:
                # at once: other processes write to it, too
                os.write(descriptor, f"{line}\n".encode("ascii"))
            finally:
                os.close(descriptor)


@dataclass(frozen=True)
class Noted:
    """A journal as it was read.

    Args:
        name: of its file.
        entries: what is noted, in order; whoever can write to the store may have written it.
        is_held: whether the command that writes it lives, as far as this machine can tell.
    """

    name: str
    entries: tuple[Mapping[str, Any], ...]
    is_held: bool


@dataclass
class _Known:
    end: int = 0
    entries: list[Mapping[str, Any]] = field(default_factory=list)


class JournalReader:
    """Reads the journals of a store again and again; what was read is not read again.

    Args:
        root: folder of the records.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, _Known] = {}

    def read(self, most: int = 20) -> list[Noted]:
        """Return the newest journals, the last one first; none where there are none."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, StoreError), _folder(self.root) as folder:
            names = _names(self.root)[::-1][:most]
            self._known = {name: self._known.get(name, _Known()) for name in names}
            found = []
            for name in names:
                with contextlib.suppress(OSError):
                    # first: what ends in between has written its end
                    held = file_locks.is_held(name, folder)
                    found.append(Noted(name, tuple(self._entries(name, folder)), held))
            return found
        return []

    def _entries(self, name: str, folder: int) -> list[Mapping[str, Any]]:
        known = self._known[name]
        with plain_files.reading(name, folder) as file:
            file.seek(known.end)
            text = file.read(_MOST_BYTES - known.end) if known.end < _MOST_BYTES else b""
        whole, newline, _ = (text or b"").rpartition(b"\n")
        known.end += len(whole) + len(newline)
        for line in whole.split(b"\n"):
            if len(line) <= _MOST_LINE:
                with contextlib.suppress(ValueError, RecursionError):
                    entry = json.loads(line)
                    if isinstance(entry, dict) and isinstance(entry.get("time"), int | float):
                        known.entries.append(entry)
        return known.entries


@contextlib.contextmanager
def _folder(root: Path, *, make: bool = False) -> Iterator[int]:
    """Yield the descriptor of the folder of journals; a link in its place is followed by nobody."""
    if make:
        parent = plain_files.open_folder(str(root), "")
        try:
            os.close(plain_files.own_folder(parent, FOLDER, make=True))
        finally:
            os.close(parent)
    folder = plain_files.open_folder(str(root), FOLDER)
    try:
        yield folder
    finally:
        os.close(folder)


def _names(root: Path) -> list[str]:
    return sorted(name for name in plain_files.names_in(str(root), FOLDER) if _NAME.fullmatch(name))


def _remove_old(root: Path, folder: int) -> None:
    for name in _names(root)[:-_KEPT]:
        with contextlib.suppress(OSError):
            file_locks.remove_if_free(name, folder)
