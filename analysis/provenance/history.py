"""The records that a key replaced: of all of the same name, the one that differs least."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.provenance.differences import Difference, find_differences
from analysis.provenance.keys import KEY_LENGTH, KeyParts
from analysis.provenance.manifests import label_of, manifest_name, read_manifest
from analysis.provenance.same_name import Earlier
from analysis.provenance.small_files import read_together
from analysis.provenance.store import Store

__all__ = ["MOST_READ", "earlier_record", "nearest_record"]

#: manifests that are read to find the nearest record, of the places that were written to last
MOST_READ = 6


def nearest_record(
    store: Store, place: str, parts: KeyParts, label: str = ""
) -> tuple[Earlier, list[Difference]] | None:
    """Return the record of the same name and another key whose parts differ least, and the differences.

    Changed inputs count less than what changed in the task itself, as their own causes lie before it. Of equally near
    ones it is the newest. Only the :data:`MOST_READ` places that were written to last are looked at.

    Args:
        store: where the records are.
        place: ``<study>/<Task>/<name>-<key>``.
        parts: of its key.
        label: of a record that places are likely to have, which spares a listing.
    """
    parent, _, folder = place.rpartition("/")
    name, _, key = folder.rpartition("-")
    sibling = re.compile(re.escape(name) + f"-[0-9a-f]{{{KEY_LENGTH}}}")
    times = {n: t for n, t in store.folder_times(parent).items() if sibling.fullmatch(n) and not n.endswith(key)}
    newest = sorted(times, key=lambda n: (-times[n], n))[:MOST_READ]
    nearest: tuple[tuple[int, int], Earlier, list[Difference]] | None = None
    for found in _earlier_records(store, [f"{parent}/{other}" for other in newest], label):
        changed = find_differences(found.parts, parts)
        inputs = sum(one.kind == "input" for one in changed)
        distance = (len(changed) - inputs, inputs)
        if nearest is None or (distance, nearest[1].end) < (nearest[0], found.end):
            nearest = (distance, found, changed)
    return None if nearest is None else nearest[1:]


def earlier_record(store: Store, place: str, label: str = "") -> Earlier | None:
    """Return end and parts of a record in a place, where all have the same parts; ``None`` if none is readable.

    Args:
        store: where it lies.
        place: of the record.
        label: of the record that is tried first.
    """
    return next(iter(_earlier_records(store, [place], label)), None)


def _earlier_records(store: Store, places: Sequence[str], label: str) -> list[Earlier]:
    likely = manifest_name(label)
    contents = read_together([(store, place, likely) for place in places])
    read = (_earlier(place, content) for place, content in zip(places, contents, strict=True))
    found = (one or _any_earlier(store, place, likely) for place, one in zip(places, read, strict=True))
    return [one for one in found if one is not None]


def _any_earlier(store: Store, place: str, unlike: str) -> Earlier | None:
    """A record of a place, whatever its label."""
    for name in sorted(store.listing(place)):
        if (
            label_of(name) is not None
            and name != unlike
            and (found := _earlier(place, *read_together([(store, place, name)]))) is not None
        ):
            return found
    return None


def _earlier(place: str, content: bytes | None) -> Earlier | None:
    try:
        manifest = read_manifest(content or b"")
        return Earlier(place, manifest["made"]["end"], KeyParts.from_dict(manifest["parts"]))
    except ValueError:
        return None  # a damaged old record explains nothing
