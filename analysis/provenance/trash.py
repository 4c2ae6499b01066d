"""Trash of a store: what was taken out of it, until it is brought back or deleted for good.

It lies in the store itself, so that nothing is sent anywhere: in heaps ``.trash/<time>/``, one for each time that
something was taken away. A heap's list of contents is written before anything moves into it. Manifests go first and
come back last, so that nothing half there looks complete; whoever is killed on the way leaves what the same command
goes on with.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from analysis.errors import StoreError
from analysis.provenance.inventory import Location
from analysis.provenance.names import check_label, check_name, check_place, is_plain
from analysis.provenance.remote.faults import MissingError
from analysis.provenance.remote.folder_files import FolderFiles
from analysis.provenance.remote.threads import at_once

__all__ = ["Heap", "Removal", "Trash", "new_name"]

_FOLDER = ".trash"
_CONTENTS, _EMPTYING = "contents.json", "emptying.json"
_FORMAT = 1
_THREADS = 8

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Removal:
    """Something that is taken away as one: a record, or a folder of what a killed process left.

    Args:
        place: that it lies in.
        label: of the record.
        names: of its files there, the manifest first; of a leftover, of its folder or file.
        size: in bytes.
        kind: ``record``, or what kind of leftover it is.
    """

    place: str
    label: str
    names: tuple[str, ...]
    size: int
    kind: str = "record"

    @property
    def is_record(self) -> bool:
        """Whether it is a record, or the remains of one."""
        return self.kind == "record"


@dataclass
class Heap:
    """A heap of the trash: all that was taken away at one time.

    Args:
        name: time of the removal (UTC).
        state: ``whole``; ``begun``, if whoever filled it was killed; ``ending``, if it is being deleted for good.
        removals: what it holds.
    """

    name: str
    state: Literal["whole", "begun", "ending"]
    removals: list[Removal] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return sum(one.size for one in self.removals)


def new_name() -> str:
    """Make a name for a heap, later in the alphabet than those of before."""
    return f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:-6].replace('-', '').replace(':', '')}Z"


def _removal(place: str, label: str, names: list[str], size: int, kind: str) -> Removal:
    """Check an entry of a list of contents, which whoever may write in the store can have written."""
    for name in names:
        # of leftovers hidden ones, and in folders
        if not all(map(is_plain, name.split("/"))):
            check_name(name)
    return Removal(check_place(place), check_label(label), tuple(names), int(size), str(kind))


class _BusyError(StoreError):
    """Another process holds the lock of a record."""


class Trash:
    """The trash of a location.

    Args:
        location: that it lies in.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self.files = location.files

    def heaps(self) -> list[Heap]:
        """Return all heaps, the newest one first.

        Raises:
            StoreError: the location cannot be reached, or a list of contents is damaged.
        """
        names = (name for name, entry in self.files.listing(_FOLDER).items() if entry.is_folder)
        heaps = map(self._heap, sorted(names, reverse=True))
        # some servers list folders in which nothing is any more
        return [
            one for one in heaps if one.state != "ending" or any(True for _ in self._below(f"{_FOLDER}/{one.name}"))
        ]

    def _heap(self, name: str) -> Heap:
        listing = self.files.listing(f"{_FOLDER}/{name}")
        if _EMPTYING in listing or _CONTENTS not in listing:
            return Heap(name, "ending")
        address = self.location.store.url(f"{_FOLDER}/{name}", _CONTENTS)
        try:
            content = json.loads(self.files.read(f"{_FOLDER}/{name}/{_CONTENTS}"))
            version, whole = content["format"], bool(content["whole"])
            removals = [_removal(**one) for one in content["removals"]] if version == _FORMAT else []
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{address} is damaged ({error})", cure="bring back by hand what lies beside it"
            ) from error
        if version != _FORMAT:
            raise StoreError(f"{address} is of another version of the project", cure="use that version for this heap")
        return Heap(name, "whole" if whole else "begun", removals)

    def take(self, removals: Sequence[Removal], name: str, report: Progress = lambda done: None) -> list[Removal]:
        """Move things into the trash.

        Args:
            removals: what goes.
            name: of the heap; that of one that somebody was killed at is gone on with.
            report: called with the number of those that went, now and then.

        Returns:
            Those that stay, because another process writes them at this moment.
        """
        heap = next((one for one in self.heaps() if one.name == name), Heap(name, "begun"))
        heap.state = "begun"
        removals = self._whole(removals, heap)
        heap.removals = list({(one.place, one.names): one for one in (*heap.removals, *removals)}.values())
        self._write(heap)

        def move(removal: Removal) -> bool:
            for name in removal.names:
                self._move(f"{removal.place}/{name}", self._inside(heap, removal, name), removal)
            return True

        stayed = self._each(removals, move, report)
        heap.removals, heap.state = [one for one in heap.removals if one not in stayed], "whole"
        if heap.removals:
            self._write(heap)
        else:
            self._delete(heap)
        return stayed

    def _whole(self, removals: Sequence[Removal], heap: Heap) -> list[Removal]:
        """What is left of a record that went in part is that record: else parts of it would come back alone."""
        begun = {(one.place, name): one for one in heap.removals for name in one.names}
        pairs = ((one, begun.get((one.place, one.names[-1]), one)) for one in removals)
        return list(dict.fromkeys(old if {*new.names[1:]} <= {*old.names} else new for new, old in pairs))

    def bring_back(self, heap: Heap, report: Progress = lambda done: None) -> list[Removal]:
        """Move everything of a heap to where it was; a record that was made anew meanwhile is left as it is.

        Args:
            heap: of this trash.
            report: called with the number of those that came back, now and then.

        Returns:
            What stays in the trash: records that are there again or being written, and leftovers in whose place
            something is.
        """
        stayed = self._each(heap.removals, lambda removal: self._restore(heap, removal), report)
        if stayed:
            heap.removals = stayed
            self._write(heap)
        else:
            self._delete(heap)
        return stayed

    def empty(self, heap: Heap) -> None:
        """Delete a heap for good."""
        if heap.state != "ending":
            path = f"{_FOLDER}/{heap.name}"
            # from here on it does not come back: half of it may be gone
            self.files.rename(f"{path}/{_CONTENTS}", f"{path}/{_EMPTYING}")
        self._delete(heap)

    def _restore(self, heap: Heap, removal: Removal) -> bool:
        """Move one thing back; whether that was possible."""
        if not removal.is_record:
            return self._restore_leftover(heap, removal)
        manifest, *payload = removal.names
        inside = self._inside(heap, removal, manifest)
        here, there = self._content(f"{removal.place}/{manifest}"), self._content(inside)
        if here is not None and here != there:
            # with nothing in the trash, it never went, or has come back already
            return there is None
        for name in payload:
            self._move(self._inside(heap, removal, name), f"{removal.place}/{name}", removal)
        self._move(inside, f"{removal.place}/{manifest}", removal)
        return True

    def _restore_leftover(self, heap: Heap, removal: Removal) -> bool:
        """Move a folder or file back, unless something has taken its place meanwhile."""
        name = removal.names[0]
        path, inside = f"{removal.place}/{name}", self._inside(heap, removal, name)
        if isinstance(self.files, FolderFiles):
            taken = self.files.stat(path) is not None and self.files.stat(inside) is not None
        else:
            taken = bool({*self._below(inside)} & {*self._below(path)})
        if not taken:
            self._move(inside, path, removal)
        return not taken

    def _each(self, removals: Sequence[Removal], do: Callable[[Removal], bool], report: Progress) -> list[Removal]:
        """Do something with each, with its record's lock held; those with which it was not possible."""
        stayed = []
        with at_once(_THREADS if self.location.is_remote else 1) as pool:
            for number, (removal, done) in enumerate(
                zip(removals, pool.map(lambda one: self._locked(one, do), removals), strict=True), start=1
            ):
                if not done:
                    stayed.append(removal)
                report(number)
            list(pool.map(self._tidy, dict.fromkeys(one.place for one in removals)))
        return stayed

    def _locked(self, removal: Removal, do: Callable[[Removal], bool]) -> bool:
        def busy() -> None:
            raise _BusyError(f"{removal.place} is being written")

        try:
            with self.location.store.lock(removal.place, removal.label, busy):
                return do(removal)
        except _BusyError:
            return False

    def _tidy(self, place: str) -> None:
        """Delete the folders that nothing is in any more."""
        for hidden in (".set-aside", ".workspace"):
            self.files.remove_folder(f"{place}/{hidden}")
        while place:
            self.files.remove_folder(place)
            place = place.rpartition("/")[0]

    def _inside(self, heap: Heap, removal: Removal, name: str) -> str:
        return f"{_FOLDER}/{heap.name}/files/{removal.place}/{name}"

    def _move(self, path: str, new: str, removal: Removal) -> None:
        """Move a file, or a leftover's folder; nothing to do if it is not there."""
        with contextlib.suppress(MissingError):
            if removal.is_record or isinstance(self.files, FolderFiles):
                self.files.rename(path, new)
                return
            for name in self._below(path):
                self.files.rename(f"{path}{name}", f"{new}{name}")
            self.files.remove_tree(path)

    def _below(self, path: str) -> Iterator[str]:
        """Yield what follows a path in the names of the files below it; an empty text for a file."""
        found = self.files.stat(path)
        if found is not None and not found.is_folder:
            yield ""
        elif found is not None:
            for name in self.files.listing(path):
                yield from (f"/{name}{rest}" for rest in self._below(f"{path}/{name}"))

    def _content(self, path: str) -> bytes | None:
        try:
            return self.files.read(path)
        except MissingError:
            return None

    def _write(self, heap: Heap) -> None:
        removals = [dataclasses.asdict(one) for one in heap.removals]
        text = json.dumps({"format": _FORMAT, "whole": heap.state == "whole", "removals": removals}, indent=1)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, _CONTENTS)
            file.write_text(text + "\n")
            self.files.upload(file, f"{_FOLDER}/{heap.name}/{_CONTENTS}")

    def _delete(self, heap: Heap) -> None:
        self.files.remove_tree(f"{_FOLDER}/{heap.name}")
        self.files.remove_folder(_FOLDER)
