"""Published networks in a capsule: a rerun has their files from there, whatever became of their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.exchange.published import address_of, place_of
from analysis.provenance.dependencies import stored_record
from analysis.study import Study
from tasks.framework.settings import stores
from tasks.published import FetchNetworks, published_of

if TYPE_CHECKING:
    from analysis.preservation.sources import Input

__all__ = ["PreservedData", "published_networks"]


@dataclass(frozen=True)
class PreservedData:
    """Files from outside that a study reads, as its capsule has them.

    Args:
        inputs: all that comes from outside.
        members: of the capsule, by name.
        private: places of this machine, with what takes their place in texts.
    """

    inputs: tuple[Input, ...]
    members: dict[str, Path]
    private: dict[str, str]


def published_networks(study: Study, manifests: Iterable[Mapping[str, Any]]) -> PreservedData:
    """Collect the published networks that records were made with; they come along in any case.

    Args:
        study: that names them.
        manifests: of all records.
    """
    from analysis.preservation.sources import Input

    known = {one.sha256: one for one in map(published_of, study.stages) if one is not None}
    found: dict[str, Input] = {}
    members: dict[str, Path] = {}
    private: dict[str, str] = {}
    for manifest in manifests:
        if manifest["parts"]["family"] != FetchNetworks.task_family:
            continue
        record, published = stored_record(manifest, stores()), known[manifest["parts"]["configuration"]["sha256"]]
        served = address_of(published, "").startswith("http")
        if not served:
            private[published.address] = Path(published.address).name
        for name, entry in manifest["payload"].items():
            place = place_of(published, name)
            address = address_of(published, name) if served else f"data/{place}"
            title = f"published networks, {name}"
            found[place] = Input(name, title, address, entry["sha256"], entry["size"], mirror=place)
            members[f"data/{place}"] = record.path(name)
    return PreservedData(tuple(found.values()), members, private)
