"""The records that a key replaced."""

from __future__ import annotations

import json
import re

from analysis.errors import StoreError
from analysis.provenance.keys import KEY_LENGTH, KeyParts
from analysis.provenance.records import MANIFEST
from analysis.provenance.store import Store

__all__ = ["previous_parts"]


def previous_parts(store: Store, place: str) -> tuple[str, KeyParts] | None:
    """Return time and parts of the newest record that has the same name as a place, but another key.

    Args:
        store: where the records are.
        place: ``<study>/<Task>/<name>-<key>``.

    Returns:
        End of its making (ISO 8601, UTC) and its parts; ``None`` if there is no such record.
    """
    parent, _, folder = place.rpartition("/")
    name, _, key = folder.rpartition("-")
    sibling = re.compile(re.escape(name) + f"-[0-9a-f]{{{KEY_LENGTH}}}")
    found = []
    for other in store.folders(parent):
        if sibling.fullmatch(other) and not other.endswith(key):
            found += _parts_of_one(store, f"{parent}/{other}")
    return max(found, key=lambda item: item[0], default=None)


def _parts_of_one(store: Store, place: str) -> list[tuple[str, KeyParts]]:
    """End and parts of a record in a place, where all have the same parts."""
    for name in sorted(store.listing(place)):
        if name == MANIFEST or name.endswith(f".{MANIFEST}"):
            try:
                content = json.loads(store.read(place, name))
                return [(str(content["made"]["end"]), KeyParts.from_dict(content["parts"]))]
            except (ValueError, KeyError, TypeError, StoreError):
                continue  # a damaged old record explains nothing
    return []
