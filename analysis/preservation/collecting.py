"""The manifests of a result and of everything it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analysis.preservation.order import ordered
from analysis.provenance.records import MANIFEST, Record

__all__ = ["manifest_file", "manifests_under"]


def manifests_under(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Manifests of records and of all they depend on, each after those it needs.

    Args:
        records: where to begin; their manifests name the rest, and none is read twice.

    Raises:
        RecordError: a manifest is missing or damaged (a damaged one is set aside).
        StoreError: the store cannot be reached.
    """
    waiting = list(records)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    while waiting:
        record = waiting.pop()
        if (record.place, record.label) in found:
            continue
        manifest = found[record.place, record.label] = record.manifest()
        waiting += [
            Record(record.store, used["place"], label, ())
            for used in manifest["inputs"]
            for label in used["labels"]
            if (used["place"], label) not in found
        ]
    return [dict(manifest) for manifest in ordered(found.values())]


def manifest_file(manifest: dict[str, Any]) -> str:
    """Where a manifest lies in a capsule."""
    label = manifest["record"]["label"]
    return f"records/{manifest['record']['place']}/{f'{label}.' if label else ''}{MANIFEST}"
