"""Notes shared by the processes of one command: luigi's workers are forked, and tell the first one little."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Notes"]


class Notes:
    """A list that all processes share that are forked after it is made."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            # as long as there is the process
            self._handle = os.dup(file.fileno())
        self._end = 0
        self._known: list[dict[str, Any]] = []

    def add(self, note: dict[str, Any]) -> None:
        """Write a note of JSON."""
        with self._alone():
            self._write(note)

    def add_to(self, note: dict[str, Any]) -> list[dict[str, Any]]:
        """Write a note and return those that were there before."""
        with self._alone():
            before = list(self._read())
            self._write(note)
        return before

    def read(self) -> list[dict[str, Any]]:
        """All notes, in the order in which they were written."""
        with self._alone():
            return list(self._read())

    def clear(self) -> None:
        """Forget all."""
        with self._alone():
            os.ftruncate(self._handle, 0)
            self._end, self._known = 0, []

    def _write(self, note: dict[str, Any]) -> None:
        os.pwrite(self._handle, f"{json.dumps(note)}\n".encode(), os.fstat(self._handle).st_size)

    def _read(self) -> list[dict[str, Any]]:
        # the rest is known already
        new = os.pread(self._handle, os.fstat(self._handle).st_size - self._end, self._end)
        self._end += len(new)
        self._known += map(json.loads, new.splitlines())
        return self._known

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # a lock of a process: one of flock would be shared with those that are forked
        fcntl.lockf(self._handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._handle, fcntl.LOCK_UN)
