"""Records of two graphs that correspond to each other, from two results back to where both are made of the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import Any

from analysis.provenance.dependencies import find_record
from analysis.provenance.records import Record
from analysis.provenance.store import Store

__all__ = ["Pair", "Stored", "pair_records"]

Labels = dict[str, None]


@dataclass(frozen=True)
class Stored:
    """A record that is there.

    Args:
        record: in its store; all of its payload.
        manifest: of it.
    """

    record: Record
    manifest: Mapping[str, Any]


@dataclass(eq=False)
class Pair:
    """Records of one key in each of two graphs, in the same role there.

    Args:
        places: of both, which differ.
        a: records of the first graph that are used, by label.
        b: of the second one.
        needs: pairs that these are made of, by role.
        shared: places that both are made of.
        result: whether these are what was asked for.
    """

    places: tuple[str, str]
    a: dict[str, Stored] = field(default_factory=dict)
    b: dict[str, Stored] = field(default_factory=dict)
    needs: dict[str, Pair] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    result: bool = False

    @property
    def sides(self) -> tuple[dict[str, Stored], dict[str, Stored]]:
        """Records of both graphs by label."""
        return self.a, self.b

    @property
    def manifests(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """One manifest of each graph: the key decides what they say of the making of all."""
        return next(iter(self.a.values())).manifest, next(iter(self.b.values())).manifest

    @property
    def family(self) -> str:
        """The task, in the second graph."""
        return str(self.manifests[1]["record"]["family"])

    @property
    def series(self) -> str:
        """Name of the records, in the second graph."""
        return self.places[1].rpartition("/")[2].rpartition("-")[0]

    @property
    def name(self) -> str:
        """Task and series."""
        return f"{self.family} {self.series}"


def pair_records(results: Iterable[tuple[Sequence[Record], Sequence[Record]]], stores: Sequence[Store]) -> list[Pair]:
    """Pair the records that results depend on, by the roles that they are used in; equal ones are left out.

    Args:
        results: of both graphs, each records of one place.
        stores: where records may lie.

    Returns:
        Pairs in the order of the graph: each after those that it is made of. Empty if all are the same records.

    Raises:
        RecordError: a manifest is missing or damaged.
        StoreError: a store cannot be reached.
    """
    pairs: dict[tuple[str, str], Pair] = {}
    waiting: list[tuple[tuple[str, str], list[Labels]]] = []
    for a, b in results:
        places = a[0].place, b[0].place
        if places[0] != places[1]:
            pairs[places] = Pair(places, result=True)
            waiting.append((places, [dict.fromkeys(one.label for one in side) for side in (a, b)]))
    while waiting:
        places, labels = waiting.pop(0)
        pair = pairs[places]
        # what is known already has been followed
        used = [
            _read(place, known, side, stores) for place, known, side in zip(places, pair.sides, labels, strict=True)
        ]
        roles = [{one["role"]: one["place"] for one in manifest["inputs"]} for manifest in pair.manifests]
        for role in [role for role in roles[0] if role in roles[1]]:
            inner = roles[0][role], roles[1][role]
            if inner[0] == inner[1]:
                pair.shared.add(inner[0])
                continue
            pair.needs[role] = pairs.setdefault(inner, Pair(inner))
            if any(role in one for one in used):
                waiting.append((inner, [one.get(role, {}) for one in used]))
    order = TopologicalSorter({places: [one.places for one in pair.needs.values()] for places, pair in pairs.items()})
    return [pairs[places] for places in order.static_order()]


def _read(place: str, known: dict[str, Stored], labels: Labels, stores: Sequence[Store]) -> dict[str, Labels]:
    """Read the manifests that are not known yet; returns the labels that these use, by role."""
    used: dict[str, Labels] = {}
    for label in labels:
        if label not in known:
            record = find_record(place, label, (), stores)
            manifest = record.manifest()
            known[label] = Stored(replace(record, payload=tuple(manifest["payload"])), manifest)
            for one in manifest["inputs"]:
                used.setdefault(one["role"], {}).update(dict.fromkeys(one["labels"]))
    return used
