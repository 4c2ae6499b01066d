"""Inventory of stores: the places that records lie in, with the sizes of their files, and one manifest of each.

All records of a place have the same key, so the same parts and the same inputs: one manifest tells of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from analysis.provenance.keys import KEY_LENGTH
from analysis.provenance.local_store import LocalStore
from analysis.provenance.manifests import label_of, manifest_name, read_manifest
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.remote.addresses import Address
from analysis.provenance.remote.faults import MissingError
from analysis.provenance.remote.files import Entry, Files
from analysis.provenance.remote.folder_files import FolderFiles
from analysis.provenance.remote.options import Options
from analysis.provenance.remote.server_files import TEMPORARY
from analysis.provenance.remote.threads import at_once
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.store import Store

__all__ = ["Location", "StoredPlace", "find_places", "locations", "parts_of_place", "read_manifests"]

_THREADS = 16
_NAME = re.compile(rf"(.+)-([0-9a-f]{{{KEY_LENGTH}}})")

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Location:
    """A folder of this machine or of a server that records lie in; of a store with a copy there are two.

    Args:
        store: that writes there, and whose locks hold there.
        files: all files there, also hidden ones.
    """

    store: LocalStore | RemoteStore
    files: Files

    @property
    def address(self) -> str:
        """The address, for people."""
        return self.store.url("")

    @property
    def is_remote(self) -> bool:
        """Whether it lies on a server."""
        return isinstance(self.store, RemoteStore)


@dataclass(frozen=True)
class StoredPlace:
    """A place in a store, there at the time of the inventory.

    Args:
        location: that it lies in.
        place: relative folder, ``<study>/<Task>/<series>-<key>``.
        entries: what lies in it, by name; also hidden names.
    """

    location: Location
    place: str
    entries: Mapping[str, Entry] = field(repr=False, compare=False)

    @property
    def study(self) -> str:
        """Name of the study."""
        return self.place.split("/")[0]

    @property
    def task(self) -> str:
        """Name of the task's folder."""
        return self.place.split("/")[1]

    @property
    def series(self) -> str:
        """Name of the series: a data set, a network, a campaign."""
        return self.place.rpartition("/")[2].rpartition("-")[0]

    @property
    def key(self) -> str:
        """The key of its records."""
        return self.place.rpartition("-")[2]

    @property
    def files(self) -> dict[str, int]:
        """Sizes in bytes of the files of records, by name."""
        return {
            name: entry.size
            for name, entry in self.entries.items()
            if not (entry.is_folder or name.startswith(".") or TEMPORARY.fullmatch(name))
        }

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the records that have a manifest, sorted."""
        return tuple(sorted(label for name in self.files if (label := label_of(name)) is not None))

    @property
    def size(self) -> int:
        """Bytes of all files of records."""
        return sum(self.files.values())


def parts_of_place(place: str) -> tuple[str, str, str, str] | None:
    """Return study, task, series and key of a place; ``None`` if it is none that records lie in.

    Examples:
        >>> parts_of_place("htautau/TrainModel/dense-0123456789ab")
        ('htautau', 'TrainModel', 'dense', '0123456789ab')
        >>> parts_of_place("htautau/TrainModel/notes")
    """
    study, _, rest = place.partition("/")
    task, _, folder = rest.partition("/")
    found = _NAME.fullmatch(folder)
    return (study, task, found[1], found[2]) if study and task and found and "/" not in folder else None


def locations(stores: Iterable[Store]) -> tuple[Location, ...]:
    """Return the locations of stores: of one with a copy on a server, both."""
    found: dict[str, Location] = {}
    for store in stores:
        kept = (store.local, store.remote) if isinstance(store, MirroredStore) else (store,)
        for one in kept:
            if isinstance(one, RemoteStore):
                found.setdefault(one.url(""), Location(one, one.files))
            elif isinstance(one, LocalStore):
                files = FolderFiles(Address("file", "", 0, "", str(one.root)), Options())
                files.follows_links = False
                found.setdefault(one.url(""), Location(one, files))
    return tuple(found.values())


def find_places(
    location: Location,
    wanted: Callable[[str, str, str, str], bool] = lambda study, task, series, key: True,
    *,
    studies: Sequence[str] = (),
    progress: Callable[[int], AbstractContextManager[Progress]] = lambda total: nullcontext(lambda done: None),
) -> list[StoredPlace]:
    """Find the places of a location by listings alone: one a study, a task and a place, many at once.

    Args:
        location: where to look.
        wanted: whether a place of study, task, series and key is looked into.
        studies: names of those to look for; empty for all.
        progress: called with the number of places, yields what is told how many were looked into.

    Raises:
        StoreError: the location cannot be reached.
    """
    with _mapping(remote=location.is_remote) as each:

        def folders(parents: Sequence[str]) -> list[str]:
            listings = each(location.files.listing, parents)
            return [
                f"{parent}/{name}" if parent else name
                for parent, entries in zip(parents, listings, strict=True)
                for name, entry in sorted(entries.items())
                if entry.is_folder and not name.startswith(".")
            ]

        tops = [name for name in folders([""]) if not studies or name in studies]
        places = [one for one in folders(folders(tops)) if (parts := parts_of_place(one)) and wanted(*parts)]
        found = []
        with progress(len(places)) as report:
            for place, entries in zip(places, each(location.files.everything, places), strict=True):
                found.append(StoredPlace(location, place, entries))
                report(len(found))
    return found


def read_manifests(
    places: Sequence[StoredPlace], *, report: Progress = lambda done: None
) -> dict[StoredPlace, dict[str, Any]]:
    """Read one manifest of each place that has a readable one; nothing is set aside.

    Args:
        places: of any locations.
        report: called with the number of places that were read, now and then.

    Raises:
        StoreError: a location cannot be reached.
    """
    remote = any(place.location.is_remote for place in places)
    found = {}
    with _mapping(remote=remote) as each:
        for number, (place, manifest) in enumerate(zip(places, each(_manifest, places), strict=True), start=1):
            if manifest is not None:
                found[place] = manifest
            report(number)
    return found


@contextmanager
def _mapping(*, remote: bool) -> Iterator[Callable[..., Iterable[Any]]]:
    """Yield what calls a function with each of some values: of servers, with many at once."""
    if not remote:
        yield map
        return
    with at_once(_THREADS) as pool:
        yield pool.map


def _manifest(place: StoredPlace) -> dict[str, Any] | None:
    for label in place.labels:
        try:
            content = place.location.files.read(f"{place.place}/{manifest_name(label)}")
            return read_manifest(content, place.place, label)
        except (ValueError, MissingError):
            continue  # damaged, or gone since the listing: the next one says the same
    return None
