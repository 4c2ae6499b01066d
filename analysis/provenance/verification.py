"""Whether the records of a store are what their manifests say."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.errors import RecordError
from analysis.provenance.records import MANIFEST, Record
from analysis.provenance.store import Store

__all__ = ["records_of", "verify"]


def records_of(store: Store, study: str) -> Iterator[Record]:
    """All records of a study that have a manifest; costs one listing a place.

    Their payload is known only from the manifest, so it is empty here.
    """
    for family in store.folders(study):
        for folder in store.folders(f"{study}/{family}"):
            place = f"{study}/{family}/{folder}"
            for name in sorted(store.listing(place)):
                if name == MANIFEST or name.endswith(f".{MANIFEST}"):
                    yield Record(store, place, name.removesuffix(MANIFEST).removesuffix("."), ())


def verify(record: Record) -> str:
    """Check sizes and digests of a record; returns what is wrong with it, empty if nothing is.

    A damaged record is set aside.
    """
    try:
        record.verify()
    except RecordError as error:
        return error.problem
    return ""
