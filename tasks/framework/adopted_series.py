"""Series whose records were adopted from another key, found by one manifest each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from analysis.errors import StoreError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import MANIFEST
from analysis.provenance.remote.threads import at_once
from tasks.framework.states import Series

__all__ = ["adopted_series"]

_THREADS = 16


def adopted_series(series: Iterable[Series]) -> dict[str, str]:
    """Find the keys from which series were adopted, by the place of their records.

    Args:
        series: of any tasks; of each that is not missing as a whole one manifest is read, many at once on servers.
    """
    places = {one.records.place: one for one in series if len(one.missing) < len(one.records.labels)}
    local = all(isinstance(one.records.store, LocalStore) for one in places.values())
    if local:
        found = list(map(_adopted_from, places.values()))
    else:
        with at_once(_THREADS) as pool:
            found = list(pool.map(_adopted_from, places.values()))
    return {place: key for place, key in zip(places, found, strict=True) if key}


def _adopted_from(series: Series) -> str:
    """The key that a series was adopted from; empty if it was made under its own."""
    records = series.records
    label = next(label for label in records.labels if label not in series.missing)
    try:
        content = records.store.read(records.place, f"{label}.{MANIFEST}" if label else MANIFEST)
        # most manifests say nothing of it, and are long
        return str(json.loads(content)["adopted"]["from"]["key"]) if b'"adopted"' in content else ""
    except (StoreError, ValueError, KeyError, TypeError):
        return ""
