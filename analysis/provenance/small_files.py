"""Small files of a store, read together: one after the other here, at the same time on a server."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.errors import StoreError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.remote.threads import at_once
from analysis.provenance.store import Store

__all__ = ["read_together"]

_THREADS = 16


def read_together(files: Sequence[tuple[Store, str, str]]) -> list[bytes | None]:
    """Read files that explain something: what cannot be read is ``None``.

    Args:
        files: store, place and name of each.
    """
    if len(files) < 2 or all(isinstance(store, LocalStore) for store, _, _ in files):
        return list(map(_read, files))
    with at_once(min(len(files), _THREADS)) as pool:
        return list(pool.map(_read, files))


def _read(file: tuple[Store, str, str]) -> bytes | None:
    store, place, name = file
    try:
        return store.read(place, name)
    except StoreError:
        return None
