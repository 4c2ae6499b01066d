"""Records of one name under different keys: those that changes of code, settings and inputs left in a store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.errors import StoreError
from analysis.provenance.keys import KEY_LENGTH, KeyParts
from analysis.provenance.manifests import label_of, read_manifest
from analysis.provenance.store import Store

__all__ = ["Earlier", "keys_of", "newest_key", "stored_under"]


@dataclass(frozen=True)
class Earlier:
    """A record that was made before with another key.

    Args:
        place: where it lies.
        end: of its making (ISO 8601, UTC).
        parts: that decided its key.
    """

    place: str
    end: str
    parts: KeyParts

    @property
    def key(self) -> str:
        """Its key, which the place's name ends with."""
        return self.place.rpartition("-")[2]

    @property
    def time(self) -> str:
        """End of its making, for people."""
        return f"{self.end[:19].replace('T', ' ')} UTC"


def keys_of(store: Store, name: str) -> list[str]:
    """Return the keys under which records of a name lie, complete or not, sorted; costs one listing.

    Args:
        store: where they are.
        name: a place without its key, ``<study>/<Task>/<name>``.
    """
    parent, _, own = name.rpartition("/")
    alike = re.compile(re.escape(own) + f"-([0-9a-f]{{{KEY_LENGTH}}})")
    return sorted(found[1] for folder in store.folders(parent) if (found := alike.fullmatch(folder)))


def stored_under(store: Store, name: str) -> Iterator[Earlier]:
    """Yield what lies under a name, one for each key; costs a listing and a manifest each.

    Args:
        store: where they are.
        name: a place without its key, ``<study>/<Task>/<name>``.
    """
    for key in keys_of(store, name):
        place = f"{name}-{key}"
        for file in sorted(store.listing(place)):
            if label_of(file) is not None:
                try:
                    content = read_manifest(store.read(place, file))
                    yield Earlier(place, content["made"]["end"], KeyParts.from_dict(content["parts"]))
                    break
                except (ValueError, StoreError):
                    continue  # another record of the place may tell


def newest_key(store: Store, name: str) -> str:
    """Return the key of the newest records of a name; empty if there are none."""
    newest = max(stored_under(store, name), key=lambda one: one.end, default=None)
    return newest.key if newest else ""
