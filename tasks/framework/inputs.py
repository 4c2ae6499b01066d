"""Inputs of a record, as its manifest has them, and whether they still hold what the record was made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.provenance.manifests import content_digest, manifest_name
from analysis.provenance.records import Record
from analysis.provenance.store import Listing, Store

__all__ = ["Listings", "describe_inputs", "forget_listings", "listings_now", "outdated", "share_listings"]


class Listings:
    """Listings of places, each asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, Listing] = {}

    def of(self, store: Store, place: str) -> Listing:
        """Return the listing of a place."""
        address = store.url(place)
        if address not in self._known:
            self._known[address] = store.listing(place)
        return self._known[address]


# of the look at the whole graph, until the first task of the command runs
_shared: Listings | None = None
# of which it was found that they hold what they held: a store that was copied has times in no order
_agreeing: set[tuple[str, ...]] = set()


def share_listings() -> Listings:
    """Listings that all questions of this process have from now on, until :func:`forget_listings`."""
    global _shared
    _shared = Listings()
    return _shared


def forget_listings() -> None:
    """Ask anew from now on: something runs that changes what is there."""
    global _shared
    _shared = None


def listings_now() -> Listings:
    """Listings that are shared, or new ones."""
    return Listings() if _shared is None else _shared


def describe_inputs(task: Any, *, contents: bool = True) -> list[dict[str, Any]]:
    """Describe the records that a task's record is made of, and what they hold, by role.

    Args:
        task: a :class:`~tasks.framework.record_task.RecordTask`, of a workflow a branch.
        contents: whether what they hold is told; they have to be there for that.

    Raises:
        RecordError: a manifest is missing or damaged (a damaged one is set aside).
    """
    inputs = []
    for role in task.needs(task.own_series):
        records = task.input_records(role)
        labels = [record.label for record in records]
        held = {"contents": [record.content_digest() for record in records]} if contents else {}
        inputs.append({"role": role, "place": records[0].place, "key": records[0].key, "labels": labels, **held})
    return inputs


def outdated(task: Any, series: str, labels: Iterable[str], listings: Listings) -> dict[str, str]:
    """Find records whose inputs were made anew since with other content.

    Nothing is read of a record that was written after all of its inputs.

    Args:
        task: a :class:`~tasks.framework.record_task.RecordTask`, of a workflow the workflow or a branch.
        series: of the records.
        labels: of the complete ones.
        listings: of places.

    Returns:
        By label, why: which input it is.
    """
    wanted = list(labels)
    if not wanted or not (needs := task.upstream(series)):
        return {}
    own = task.record(series, wanted[0])
    times = listings.of(own.store, own.place).times
    found: dict[str, str] = {}
    for role, need in needs.items():
        there = need.records(wanted[0])
        if not there:
            continue
        listing = listings.of(there[0].store, there[0].place)
        newest = 0.0 if need.aligned else max(_times(there, listing))
        for label in wanted:
            time = times.get(manifest_name(label), 0.0)
            if label in found or (listing.times.get(manifest_name(label), 0.0) if need.aligned else newest) <= time:
                continue
            used = [one for one in need.records(label) if listing.times.get(one.manifest_name, 0.0) > time]
            later = [f"{one.label} {listing.times[one.manifest_name]}" for one in used]
            asked = (own.store.url(own.place), label, str(time), role, *later)
            if asked in _agreeing:
                continue
            if why := _changed(task.record(series, label), role, used, listing):
                found[label] = f"its input {role}, {why}"
            else:
                _agreeing.add(asked)
    return found


def _times(records: Sequence[Record], listing: Listing) -> Iterator[float]:
    return (listing.times.get(record.manifest_name, 0.0) for record in records)


def _changed(record: Record, role: str, used: Sequence[Record], listing: Listing) -> str:
    """Say which of the newer inputs of a record holds something else than it was made of; empty if none does."""
    if not used or (manifest := record.peek()) is None:
        return ""
    known = _contents(manifest, role, used[0].place)
    damaged = used[0].store.set_aside_names(used[0].place) if listing.has_set_aside else frozenset()
    for one in used:
        if one.label not in known:
            # an older record does not say what it was made of; if that was damaged then, it is not known
            if damaged & {one.manifest_name, *map(one.file_name, one.payload)}:
                return f"{one.title}, was damaged"
        elif (there := one.peek()) is not None and content_digest(there) != known[one.label]:
            return f"{one.title}, was made anew with other content"
    return ""


def _contents(manifest: Mapping[str, Any], role: str, place: str) -> dict[str, str]:
    """Contents of the inputs of a role as a record was made of them, by label; empty where its manifest lacks them."""
    return {
        label: content
        for used in manifest["inputs"]
        if (used["role"], used["place"]) == (role, place)
        for label, content in zip(used["labels"], used.get("contents", ()), strict=False)
    }
