"""The manifests of a result and of everything it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analysis.preservation.order import ordered
from analysis.provenance.dependencies import with_dependencies
from analysis.provenance.manifests import manifest_name
from analysis.provenance.records import Record
from analysis.provenance.store import Store

__all__ = ["manifest_file", "manifests_under"]


def manifests_under(records: Iterable[Record], stores: Iterable[Store] = ()) -> list[dict[str, Any]]:
    """Manifests of records and of all they depend on, each after those it needs.

    Args:
        records: where to begin; their manifests name the rest, and none is read twice.
        stores: where what they depend on may lie, beside their own.

    Raises:
        RecordError: a manifest is missing or damaged (a damaged one is set aside).
        StoreError: a store cannot be reached.
    """
    manifests = [manifest for _, manifest in with_dependencies(records, stores)]
    return [dict(manifest) for manifest in ordered(manifests)]


def manifest_file(manifest: dict[str, Any]) -> str:
    """Return the name of a manifest's file in a capsule."""
    label = manifest["record"]["label"]
    return f"records/{manifest['record']['place']}/{manifest_name(label)}"
