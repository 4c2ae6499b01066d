"""Records by search, one of them with its manifest and lineage, and reports: what the page shows of what there is."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.errors import ErumflowError, RecordError, StoreError
from analysis.provenance.inventory import Location, parts_of_place
from analysis.provenance.locks import PROJECT
from analysis.provenance.manifests import label_of
from analysis.provenance.names import check_label, check_place
from analysis.provenance.private_folder import open_private
from analysis.provenance.record_index import Indexed, RecordIndex
from analysis.provenance.records import Record
from analysis.provenance.store import Store
from tasks.finding import read_only

__all__ = ["Catalogue", "Lineage", "Shown", "UnknownRecordError", "index_file"]

_MOST_LABELS = 200


class UnknownRecordError(ErumflowError):
    """There is no such record, or no such file of it."""


@dataclass(frozen=True)
class Lineage:
    """The records that a record was made from, and those that were made from it, as places.

    Args:
        inputs: role, place and label of each.
        used_by: places.
    """

    inputs: Sequence[tuple[str, str, str]]
    used_by: Sequence[str]


@dataclass(frozen=True)
class Shown:
    """One record.

    Args:
        place: of the record.
        label: of the record.
        labels: of all records of the place; at most 200.
        number: of the place's records.
        manifest: its manifest.
        lineage: where it comes from, and what was made from it.
        indexed: what the index has of its place.
        is_stale: whether the index said something else of the place than the store does now.
    """

    place: str
    label: str
    labels: tuple[str, ...]
    number: int
    manifest: Mapping[str, Any]
    lineage: Lineage
    indexed: Indexed | None
    is_stale: bool

    @property
    def files(self) -> list[tuple[str, int]]:
        """Names and sizes of its payload files."""
        return [(name, int(one["size"])) for name, one in self.manifest["payload"].items()]


class Catalogue:
    """The records of stores, listed by an index.

    Args:
        where: the locations of the stores.
        index: of them.
    """

    def __init__(self, where: Sequence[Location], index: RecordIndex) -> None:
        self.where = tuple(where)
        self.index = index
        self._alone = threading.Lock()

    def refresh(self) -> int:
        """Bring the index up to date; returns how many places have changed. One at a time does it.

        Raises:
            StoreError: a store cannot be reached.
        """
        with self._alone:
            return self.index.refresh(self.where)

    @cached_property
    def stores(self) -> list[Store]:
        """The stores, in which damaged records stay where they are."""
        return [read_only(location.store) for location in self.where]

    def show(self, place: str, label: str = "") -> Shown:
        """Return a record with all that is known of it; of a place with several, the first one where no label is said.

        Raises:
            UnknownRecordError: there is none.
            StoreError: a store cannot be reached.
        """
        store, labels = self._found(place)
        if label not in labels:
            if label:
                raise UnknownRecordError(f"there is no record {label!r} in {place}", cure="look at the list again")
            label = labels[0]
        try:
            manifest = Record(store, place, label, ()).manifest()
        except RecordError as error:
            raise UnknownRecordError(error.problem, cure=error.cure) from error
        inputs = [(str(one["role"]), str(one["place"]), _only(one.get("labels", ()))) for one in manifest["inputs"]]
        indexed = self.index.of_place(place)
        shown = tuple(labels[:_MOST_LABELS])
        stale = indexed is None or indexed.records != len(labels)
        lineage = Lineage(inputs, self.index.made_from(place))
        return Shown(place, label, shown, len(labels), manifest, lineage, indexed, stale)

    def file(self, place: str, label: str, name: str) -> Path:
        """Return a payload file of a record, compared with its manifest.

        Raises:
            UnknownRecordError: it is none of the record's, or is not what the manifest says.
            StoreError: a store cannot be reached.
        """
        store, labels = self._found(place)
        payload = self.show(place, label).manifest["payload"] if label in labels else {}
        if name not in payload:
            raise UnknownRecordError(f"{place} {label} has no file {name!r}", cure="look at the record again")
        try:
            return Record(store, place, label, (name,)).path(name)
        except RecordError as error:
            raise UnknownRecordError(error.problem, cure=error.cure) from error

    def _found(self, place: str) -> tuple[Store, list[str]]:
        """Return the store that has a place, and the labels of the records there."""
        try:
            is_place = parts_of_place(check_place(place)) is not None
        except StoreError:
            is_place = False
        for store in self.stores if is_place else ():
            labels = sorted(one for name in store.listing(place) if (one := label_of(name)) is not None)
            if labels:
                return store, [check_label(one) for one in labels]
        raise UnknownRecordError("there is no such record", cure="look at the list again")


def _only(labels: Sequence[Any]) -> str:
    return str(labels[0]) if len(labels) == 1 else ""


def index_file(where: Sequence[Location]) -> Path:
    """Return the file of the index of locations, in a folder that nobody else may write to.

    It lies in no store: what others can write to is nothing to believe.

    Raises:
        StoreError: others may write to the folder.
    """
    cache = PROJECT / ".cache"
    parent = cache if os.access(cache if cache.is_dir() else PROJECT, os.W_OK) else _own_cache()
    os.close(open_private(parent, "index"))
    name = hashlib.sha256("\n".join(sorted(location.address for location in where)).encode()).hexdigest()[:16]
    return parent / "index" / f"{name}.sqlite"


def _own_cache() -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    os.close(open_private(caches, "erumflow"))
    return caches / "erumflow"
