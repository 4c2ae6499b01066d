"""Leftovers of killed processes in a store, and the signs that a process is at work there now."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from analysis.provenance import file_locks
from analysis.provenance.inventory import Location, StoredPlace
from analysis.provenance.plain_files import open_folder
from analysis.provenance.remote.faults import MissingError
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote.server_files import TEMPORARY
from analysis.provenance.store import store_errors
from analysis.provenance.trash import Removal

__all__ = ["Leftovers", "find_leftovers", "is_held", "remove_locks"]

# of labels that are some
_LOCK = re.compile(r"\.([^.].*)\.lock")
_DRAFT = re.compile(r"\.([^.].*)\.part")
_LEASE = re.compile(r"\.(.+)\.lease(\.alive|\.[0-9a-f]{1,12}\.\d+)?")
_WORKSPACE, _ASIDE = ".workspace", ".set-aside"
# a holder shows every 15 s that it lives; times are compared as the server states them
_DEAD_SECONDS = 600.0


@dataclass
class Leftovers:
    """Files that processes have left in a location, or have there now.

    Args:
        removals: drafts, workspaces and damaged files of nobody.
        locks: paths of locks, leases and half uploads of nobody; nothing of value is in them.
        at_work: places that a process writes to at this moment.
    """

    removals: list[Removal] = field(default_factory=list)
    locks: list[str] = field(default_factory=list)
    at_work: list[str] = field(default_factory=list)


def find_leftovers(
    location: Location, places: Iterable[StoredPlace], wanted: Iterable[str], *, before: float
) -> Leftovers:
    """Find what killed processes left in places.

    Args:
        location: of the places.
        places: where to look.
        wanted: places whose workspaces somebody may go on with, as long as their records are not complete.
        before: what was written later stays (seconds since the epoch).

    Raises:
        StoreError: the location cannot be reached.
    """
    found, kept = Leftovers(), set(wanted)
    now: float | None = None
    for place in places:
        held = set()
        for name, entry in sorted(place.entries.items()):
            path = f"{place.place}/{name}"
            if (lock := _LOCK.fullmatch(name)) and not entry.is_folder and not location.is_remote:
                if is_held(Path(location.address) / path):
                    held.add(lock[1])
                elif entry.modified < before:
                    found.locks.append(path)
            elif lease := _LEASE.fullmatch(name):
                now = _server_time(location) if now is None else now
                # where the server tells no times, nobody is dead
                if not entry.modified or now - entry.modified < _DEAD_SECONDS:
                    held.add(lease[1])
        if held:
            found.at_work.append(place.place)
        leases = [name for name in place.entries if (lease := _LEASE.fullmatch(name)) and lease[1] not in held]
        found.locks += [f"{place.place}/{name}" for name in leases]
        found.removals += _of_place(place, held, workspaces=place.place not in kept, before=before)
        for name, entry in place.entries.items():
            if TEMPORARY.fullmatch(name) and not entry.is_folder and 0 < entry.modified < before:
                found.locks.append(f"{place.place}/{name}")
    return found


def is_held(lock: Path) -> bool:
    """Whether a process holds a lock file of this machine."""
    with store_errors(str(lock)), contextlib.suppress(FileNotFoundError), _folder_of(lock) as folder:
        return file_locks.is_held(lock.name, folder)
    return False


@contextlib.contextmanager
def _folder_of(lock: Path) -> Iterator[int]:
    folder = open_folder(str(lock.parent), "")
    try:
        yield folder
    finally:
        os.close(folder)


def _of_place(place: StoredPlace, held: set[str], *, workspaces: bool, before: float) -> Iterator[Removal]:
    """Yield drafts, workspaces and damaged files of a place that nobody is at work with."""
    made = {label or "record" for label in place.labels}
    for name, entry in sorted(place.entries.items()):
        draft = _DRAFT.fullmatch(name)
        if draft and entry.is_folder and draft[1] not in held:
            yield from _removal(place, name, draft[1], "draft", before)
        elif name in (_ASIDE, _WORKSPACE) and entry.is_folder:
            for inner in sorted(place.location.files.listing(f"{place.place}/{name}")):
                if name == _ASIDE:
                    yield from _removal(place, f"{name}/{inner}", ".set-aside", "damaged file", before)
                elif not inner.startswith(".") and inner not in held and (workspaces or inner in made):
                    yield from _removal(place, f"{name}/{inner}", inner, "workspace", before)


def _removal(place: StoredPlace, name: str, label: str, kind: str, before: float) -> Iterator[Removal]:
    entries = list(_below(place.location, f"{place.place}/{name}"))
    # folders of servers have no times
    if all(entry.modified < before and (entry.modified or entry.is_folder) for entry in entries):
        own = "" if label == "record" else label
        yield Removal(place.place, own, (name,), sum(entry.size for entry in entries), kind)


def _below(location: Location, path: str) -> Iterator[Entry]:
    """Yield the entry of a file, or those of a folder and of all that is in it; links lead nowhere."""
    if not location.is_remote and (Path(location.address) / path).is_symlink():
        return
    if entry := location.files.stat(path):
        yield entry
        for name in location.files.everything(path) if entry.is_folder else ():
            yield from _below(location, f"{path}/{name}")


def _server_time(location: Location) -> float:
    """Return the present time as the server states it: that of a file written now."""
    path = f".trash/.time-{uuid.uuid4().hex}"
    with tempfile.NamedTemporaryFile() as file:
        location.files.upload(Path(file.name), path)
    try:
        entry = location.files.stat(path)
        return entry.modified if entry else 0.0
    finally:
        location.files.remove(path)
        location.files.remove_folder(".trash")


def remove_locks(location: Location, locks: Iterable[str]) -> None:
    """Delete locks, leases and half uploads of nobody; what has a holder by now stays."""
    for path in locks:
        lock = Path(location.address) / path
        if path.endswith(".lock") and not location.is_remote:
            with store_errors(str(lock)), contextlib.suppress(FileNotFoundError), _folder_of(lock) as folder:
                file_locks.remove_if_free(lock.name, folder)
        else:
            with contextlib.suppress(MissingError):
                location.files.remove(path)
