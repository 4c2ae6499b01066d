"""Series whose records were adopted from another key, found by one manifest each."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.provenance.manifests import manifest_name, read_manifest
from analysis.provenance.small_files import read_together
from tasks.framework.states import Series

__all__ = ["adopted_series"]


def adopted_series(series: Iterable[Series]) -> dict[str, str]:
    """Find the keys from which series were adopted, by the place of their records.

    Args:
        series: of any tasks; of each that is not missing as a whole one manifest is read, many at once on servers.
    """
    places = {one.records.place: one for one in series if len(one.missing) < len(one.records.labels)}
    contents = read_together([(one.records.store, place, _manifest_of(one)) for place, one in places.items()])
    found = {place: _adopted_from(content or b"") for place, content in zip(places, contents, strict=True)}
    return {place: key for place, key in found.items() if key}


def _manifest_of(series: Series) -> str:
    """Name of the manifest of a record that is there."""
    return manifest_name(next(label for label in series.records.labels if label not in series.missing))


def _adopted_from(content: bytes) -> str:
    """The key that a record was adopted from, as its manifest says; empty if it was made under its own."""
    try:
        # most manifests say nothing of it, and are long
        return str(read_manifest(content)["adopted"]["from"]["key"]) if b'"adopted"' in content else ""
    except (ValueError, KeyError):
        return ""
