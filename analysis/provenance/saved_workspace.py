"""Workspaces that outlive a machine: what a killed writer saved on the server, its next one finds there.

Each saved file is numbered, over all machines. A workspace on a local disk remembers the number that it began with or
saved last; only a higher number on the server is newer than it.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import StoreError

if TYPE_CHECKING:
    from analysis.provenance.remote.files import Files

__all__ = ["SavedWorkspace"]

_NUMBERS = ".saved.json"
_LEAST_SECONDS = 30.0
# saving takes no more than this part of the time
_SHARE = 0.05


class SavedWorkspace:
    """The workspace of one record, during one try to make it; with the record's lock held.

    Args:
        files: the server.
        path: of the folder there.
        folder: the local workspace.
    """

    def __init__(self, files: Files, path: str, folder: Path) -> None:
        self.files = files
        self.path = path
        self.folder = folder
        self._next: dict[str, float] = {}
        self._numbers = self._read_numbers()
        self.exists = bool(self._numbers)

    def fetch(self) -> None:
        """Bring what is newer on the server than in the local folder.

        Raises:
            StoreError: the server cannot be asked.
        """
        listing = self.files.listing(self.path)
        self.exists = self.exists or bool(listing)
        newest: dict[str, int] = {}
        for entry in listing:
            name, _, text = entry.rpartition("~")
            if text.isdigit():
                newest[name] = max(newest.get(name, 0), int(text))
        for name, number in newest.items():
            local = self.folder / name.replace("~", "/")
            if number > self._numbers.get(name, 0) or not local.exists():
                local.parent.mkdir(parents=True, exist_ok=True)
                self.files.download(f"{self.path}/{name}~{number}", local)
                self._set_number(name, number)

    def keep(self, name: str, *, now: bool = False) -> bool:
        """Save a file, unless it was saved a moment ago; whether it was.

        Args:
            name: of the file, relative to the workspace.
            now: in any case.

        Raises:
            StoreError: it cannot be saved; or a name has a ``~`` in it.
        """
        if "~" in name:
            raise StoreError(f"a file of a workspace cannot be saved under the name {name!r}: it has a ~ in it")
        flat = name.replace("/", "~")
        if not now and time.monotonic() < self._next.get(flat, 0.0):
            return False
        begin = time.monotonic()
        before = self._numbers.get(flat, 0)
        self.exists = True
        try:
            self.files.upload(self.folder / name, f"{self.path}/{flat}~{before + 1}")
            self._set_number(flat, before + 1)
            if before:
                self.files.remove(f"{self.path}/{flat}~{before}")
        finally:
            # also after a failure: a server that does not answer must not take all the time
            took = time.monotonic() - begin
            self._next[flat] = time.monotonic() + max(_LEAST_SECONDS, took / _SHARE)
        return True

    def discard(self) -> None:
        """Delete what was saved."""
        if self.exists:
            self.files.remove_tree(self.path)
            self.exists = False

    def _set_number(self, name: str, number: int) -> None:
        self._numbers[name] = number
        temporary = self.folder / f"{_NUMBERS}.part"
        temporary.write_text(json.dumps(self._numbers, sort_keys=True))
        os.replace(temporary, self.folder / _NUMBERS)

    def _read_numbers(self) -> dict[str, int]:
        try:
            numbers = json.loads((self.folder / _NUMBERS).read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return numbers if isinstance(numbers, dict) else {}
