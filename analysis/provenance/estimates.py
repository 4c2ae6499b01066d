"""Time and disk that records are going to take, from what earlier ones took."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.errors import StoreError
from analysis.provenance.keys import KEY_LENGTH
from analysis.provenance.manifests import label_of, manifest_name, read_manifest
from analysis.provenance.store import Store

__all__ = ["Estimate", "estimate"]

# a folder of old records that holds none is not searched through
_PLACES = 3
_EVENTS = re.compile(r"events_(\d+)-(\d+)$")
_PLACE = re.compile(f"(.+)-[0-9a-f]{{{KEY_LENGTH}}}")


@dataclass(frozen=True)
class Estimate:
    """Time and disk that records are going to take.

    Args:
        seconds: of all of them, one after the other.
        longest: seconds of the one that takes longest.
        size: bytes of all of them.
    """

    seconds: float
    longest: float
    size: int


def estimate(store: Store, place: str, labels: Sequence[str], samples: int = 2) -> Estimate | None:
    """Estimate what records of a place are going to take, from complete ones of the same name, or else of the task.

    Records of one place are compared first, then those of other keys, the newest first. Time and size grow with the
    number of events where labels tell it.

    Args:
        store: where the records are.
        place: ``<study>/<Task>/<name>-<key>``.
        labels: of the records that are to be made.
        samples: manifests that are read for the time.

    Returns:
        ``None`` if there is nothing to compare with.
    """
    if not labels:
        return Estimate(0.0, 0.0, 0)
    for other in _similar(store, place):
        listing = store.listing(other)
        known = [label for name in listing if (label := label_of(name)) is not None]
        # the longest ranges of events, as the last one of a data set may be short
        chosen = sorted(known, key=_events, reverse=True)[:samples]
        taken = {label: time for label in chosen if (time := _seconds(store, other, label)) is not None}
        if taken:
            per_event = sum(taken.values()) / sum(map(_events, taken))
            bytes_per_event = sum(listing.values()) / sum(map(_events, known))
            times = [per_event * _events(label) for label in labels]
            return Estimate(sum(times), max(times), round(bytes_per_event * sum(map(_events, labels))))
    return None


def _events(label: str) -> int:
    """Number of events of a record; 1 for one whose label does not tell."""
    found = _EVENTS.search(label)
    return max(int(found[2]) - int(found[1]), 1) if found else 1


def _similar(store: Store, place: str) -> list[str]:
    """Return places with records like those of a place: the place itself, those of its name, others of the task."""
    parent, _, folder = place.rpartition("/")
    name = folder.rpartition("-")[0]
    times = store.folder_times(parent)
    names = {other: found[1] for other in times if (found := _PLACE.fullmatch(other)) and other != folder}
    others = sorted(names, key=lambda n: (names[n] != name, -times[n], n))
    return [place, *(f"{parent}/{other}" for other in others[:_PLACES])]


def _seconds(store: Store, place: str, label: str) -> float | None:
    """Time that the making of a record took, as its manifest says."""
    try:
        return float(read_manifest(store.read(place, manifest_name(label)))["made"]["seconds"])
    except (ValueError, StoreError):
        return None
