"""Workspaces that outlive a machine: what a killed writer saved on the server, its next one finds there.

Each saved file is numbered, over all machines. A workspace on a local disk remembers the number that it began with or
saved last; only a higher number on the server is newer than it.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import StoreError
from analysis.provenance import plain_files
from analysis.provenance.names import check_place

if TYPE_CHECKING:
    from analysis.provenance.remote.files import Files

__all__ = ["SavedWorkspace"]

_NUMBERS = ".saved.json"
# names with ~ for /, and the number
_SAVED = re.compile(r"(.+)~([0-9]{1,12})")
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
            saved = _SAVED.fullmatch(entry)
            if saved and _is_inside(saved[1]):
                newest[saved[1]] = max(newest.get(saved[1], 0), int(saved[2]))
        for name, number in newest.items():
            local = self.folder / name.replace("~", "/")
            if number > self._numbers.get(name, 0) or not local.exists():
                # no folder of these is a link: what is written stays in the workspace
                folder = os.path.dirname(name.replace("~", "/"))
                os.close(plain_files.open_folder(str(self.folder), folder, make=True))
                self.files.download(f"{self.path}/{name}~{number}", local)
                self._set_number(name, number)

    def keep(self, name: str, *, now: bool = False) -> bool:
        """Save a file, unless it was saved a moment ago; whether it was.

        Args:
            name: of the file, relative to the workspace.
            now: in any case.

        Raises:
            StoreError: it cannot be saved, is no ordinary file, or has a name with ``~`` or a beginning dot in it.
        """
        if "~" in name:
            raise StoreError(f"a file of a workspace cannot be saved under the name {name!r}: it has a ~ in it")
        check_place(name)
        if not stat.S_ISREG((self.folder / name).lstat().st_mode):
            raise StoreError(f"{self.folder / name} is a link, or no ordinary file", cure="see who made it")
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
        known = numbers if isinstance(numbers, dict) else {}
        return {name: number for name, number in known.items() if isinstance(number, int)}


def _is_inside(name: str) -> bool:
    """Whether the name of a saved file is one that :meth:`SavedWorkspace.keep` gives."""
    try:
        check_place(name.replace("~", "/"))
    except StoreError:
        return False
    return True
