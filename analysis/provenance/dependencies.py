"""The records that a record depends on, found by walking from manifest to manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.provenance.records import Record
from analysis.provenance.store import Store

__all__ = ["find_record", "stored_record", "with_dependencies"]


def find_record(place: str, label: str, payload: tuple[str, ...], stores: Sequence[Store]) -> Record:
    """The record of a place and a label in the first store that has it; in the first one of all if none has.

    Raises:
        StoreError: a store cannot be reached.
    """
    records = [Record(store, place, label, payload) for store in stores]
    # where there is one store, it need not be asked
    return next((one for one in records if len(records) == 1 or one.is_complete()), records[0])


def stored_record(manifest: Mapping[str, Any], stores: Sequence[Store]) -> Record:
    """The record of a manifest; see :func:`find_record`."""
    return find_record(manifest["record"]["place"], manifest["record"]["label"], tuple(manifest["payload"]), stores)


def with_dependencies(
    records: Iterable[Record], stores: Iterable[Store] = ()
) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Records and all that they depend on, each once, with their manifests.

    Args:
        records: where to begin; their manifests name the rest.
        stores: where what they depend on may lie, beside their own.

    Raises:
        RecordError: a manifest is missing or damaged (a damaged one is set aside).
        StoreError: a store cannot be reached.
    """
    others = tuple(stores)
    waiting, seen = list(records), set()
    while waiting:
        record = waiting.pop()
        if (record.place, record.label) in seen:
            continue
        seen.add((record.place, record.label))
        manifest = record.manifest()
        yield record, manifest
        where = list(dict.fromkeys((record.store, *others)))
        waiting += [
            find_record(used["place"], label, (), where)
            for used in manifest["inputs"]
            for label in used["labels"]
            if (used["place"], label) not in seen
        ]
