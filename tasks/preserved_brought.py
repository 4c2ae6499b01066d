"""Records that a capsule brings along, for a rerun to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.preservation.order import frontier
from analysis.provenance.dependencies import stored_record
from analysis.provenance.manifests import MANIFEST, manifest_text
from analysis.provenance.records import Record
from tasks.framework.settings import stores

__all__ = ["brought"]


def brought(
    begin: str, roots: Sequence[Record], manifests: Sequence[dict[str, Any]], private: Mapping[str, str]
) -> dict[str, Any]:
    """Collect records as a store has them: with their payload those that a rerun begins with, of others the manifest.

    Args:
        begin: family of the task that a rerun begins after.
        roots: what is preserved.
        manifests: of all that this was made of.
        private: texts that must not be in the capsule, with what takes their place.

    Returns:
        Contents by the names of members.
    """
    chosen = frontier(manifests, begin, [root.manifest() for root in roots])
    contents = [_content_of(one, private, whole=one in chosen) for one in manifests]
    return {f"store/{name}": one for content in contents for name, one in content.items()}


def _content_of(manifest: Mapping[str, Any], private: Mapping[str, str], *, whole: bool) -> dict[str, Path | bytes]:
    """Files of a record, its manifest and the payload or none, by name in the store."""
    from analysis.preservation.cleaning import cleaned

    record = stored_record(manifest, stores())
    text = manifest_text(cleaned(manifest, private)).encode()
    content: dict[str, Path | bytes] = {MANIFEST: text, **(record.paths() if whole else {})}
    return {f"{record.place}/{record.file_name(name)}": one for name, one in content.items()}
