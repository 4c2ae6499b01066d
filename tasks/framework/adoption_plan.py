"""Which records an adoption is about: those of a task, and all that was made of them and is otherwise unchanged."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import StudyError
from analysis.provenance.differences import differences
from analysis.provenance.records import Record
from analysis.provenance.same_name import Earlier, stored_under
from tasks.framework.settings import store

__all__ = ["Node", "Plan", "Planned", "graph", "plan"]


@dataclass(frozen=True)
class Node:
    """A series of a task in the graph.

    Args:
        task: a :class:`~tasks.framework.record_task.RecordTask`, of a workflow the workflow.
        series: one of its series.
    """

    task: Any
    series: str

    @property
    def place(self) -> str:
        """Place of the records under the present key."""
        return str(self.task.place(self.series))

    @property
    def name(self) -> str:
        """The place without its key."""
        return self.place.rpartition("-")[0]

    @property
    def key(self) -> str:
        """The present key."""
        return str(self.task.key(self.series))

    def records(self, key: str) -> list[Record]:
        """Records under a key, there or not."""
        where, payload = store(self.task.maker), self.task.payload_of(self.series)
        return [Record(where, f"{self.name}-{key}", label, payload) for label in self.task.labels(self.series)]

    def complete(self, key: str) -> list[Record]:
        """Complete records under a key; costs one listing."""
        records = self.records(key)
        listing = records[0].store.listing(records[0].place) if records else {}
        return [record for record in records if record.is_complete(listing)]

    def __str__(self) -> str:
        return " ".join(self.name.split("/")[1:])


@dataclass(frozen=True)
class Planned:
    """A series that an adoption reaches.

    Args:
        node: the series.
        old: key that its records have, or would have had before the change.
        records: pairs of a record to be adopted and the one that it becomes.
        differences: of the two keys, one line each; of what the adoption begins with.
        problem: why records of it cannot be adopted, so that they are due; empty if they can, or are all there.
        known: whether there are records of it under any key.
    """

    node: Node
    old: str
    records: tuple[tuple[Record, Record], ...] = ()
    differences: tuple[str, ...] = ()
    problem: str = ""
    known: bool = True


@dataclass
class Plan:
    """The plan of an adoption.

    Args:
        begin: series of the task that changed.
        follow: what was made of them, inputs first.
    """

    begin: list[Planned] = field(default_factory=list)
    follow: list[Planned] = field(default_factory=list)

    @property
    def steps(self) -> list[Planned]:
        """All series that records are adopted of."""
        return [one for one in (*self.begin, *self.follow) if one.records]

    @property
    def number(self) -> int:
        """Number of records."""
        return sum(len(one.records) for one in self.steps)


def graph(roots: Iterable[Any], others: Iterable[Any] = ()) -> list[Node]:
    """All series that tasks have or need, each once, after those that it needs.

    Args:
        roots: tasks.
        others: more of them, of whose series some may never have been asked for.

    Raises:
        StudyError: a series of the roots, or what it needs, is pinned to what is not there.
    """
    found: dict[str, Node] = {}

    def visit(task: Any, series: str) -> None:
        if (place := task.place(series)) in found or place in open_places:
            return
        open_places.add(place)
        for need in task.upstream(series).values():
            visit(need.task, need.chosen_series)
        found[place] = Node(task, series)

    open_places: set[str] = set()
    for root in roots:
        for series in root.series_names():
            visit(root, series)
    for other in others:
        for series in other.series_names():
            # pinned to what is not there, which is told to whoever asks for it
            with contextlib.suppress(StudyError):
                visit(other, series)
    return list(found.values())


def plan(
    nodes: Iterable[Node], begins: Callable[[Node], bool], keys: Collection[str], never: Callable[[Node], bool]
) -> Plan:
    """Decide what is adopted.

    Args:
        nodes: of the graph, inputs first.
        begins: whether the adoption begins with a series.
        keys: of the records that are adopted there, or their first digits; none to choose the nearest ones.
        never: whether records of a series are never adopted.

    Raises:
        StudyError: nothing begins, or there is nothing under a key.
    """
    found = Plan()
    before: dict[str, str] = {}
    whole: set[str] = set()
    for node in nodes:
        if pin := node.task.pinned(node.series):
            if begins(node):
                found.begin.append(Planned(node, "", problem=f"is pinned by {pin.option}"))
            continue
        if begins(node):
            one = _begin(node, keys)
            found.begin.append(one)
        else:
            changed = [need for need in node.task.needs(node.series).values() if _place(need) in before]
            if not changed:
                continue
            one = (
                _follow(node, before, whole)
                if not never(node)
                else Planned(node, "", problem="it names the keys of what it shows")
            )
            found.follow.append(one)
        if one.old:
            before[node.place] = one.old
            if not one.problem:
                whole.add(node.place)
    if not found.begin:
        raise StudyError("the study's graph has no such records", cure="correct --task, --datasets or --shift")
    return found


def _place(need: Any) -> str:
    return str(need.task.place(need.chosen_series))


def _begin(node: Node, keys: Collection[str]) -> Planned:
    parts, present = node.task.key_parts(node.series), node.key
    alike = list(stored_under(store(node.task.maker), node.name))
    candidates = [one for one in alike if one.key != present]
    if keys:
        candidates = [one for one in candidates if one.key.startswith(tuple(keys))]

    def distance(one: Earlier) -> tuple[int, int, int]:
        lines = differences(one.parts, parts)
        inputs = sum(line.startswith("input ") for line in lines)
        return -len(node.complete(one.key)), len(lines) - inputs, inputs

    # the newest first: of equally near ones it is that
    candidates.sort(key=lambda one: one.end, reverse=True)
    nearest = min(candidates, key=distance, default=None)
    if nearest is None or not (old := node.complete(nearest.key)):
        which = f"under {' or '.join(keys)}" if keys else "under another key"
        return Planned(node, "", problem=f"no complete records are there {which}", known=bool(alike))
    lines = tuple(differences(nearest.parts, parts))
    missing = _missing(node, old)
    lacking = len(node.records(present)) - len(node.complete(present)) - len(missing)
    problem = f"{lacking} of {len(node.records(present))} records are not there under {nearest.key}" if lacking else ""
    return Planned(node, nearest.key, missing, lines, problem)


def _named(node: Node) -> Planned:
    there = len(node.complete(node.key)) == len(node.records(node.key))
    return Planned(node, "", problem="" if there else "it names the keys of what it shows")


def _follow(node: Node, before: Mapping[str, str], whole: Collection[str]) -> Planned:
    """Look for records that were made of the old ones, by what is otherwise the present code with its settings."""
    parts, needs = node.task.key_parts(node.series), node.task.needs(node.series)
    inputs = dict(parts.inputs)
    for role, need in needs.items():
        if old := before.get(_place(need)):
            inputs[role] = inputs[role].replace(need.task.key(need.chosen_series), old, 1)
    old = dataclasses.replace(parts, inputs=inputs).key()
    there = node.complete(node.key)
    if len(there) == len(node.records(node.key)):
        return Planned(node, old)
    alike = list(stored_under(store(node.task.maker), node.name))
    if not alike:
        return Planned(node, old, problem="it was never made", known=False)
    if lacking := [need for need in needs.values() if _place(need) in before and _place(need) not in whole]:
        return Planned(node, old, problem=f"{Node(lacking[0].task, lacking[0].chosen_series)} is due")
    missing = _missing(node, node.complete(old))
    if len(there) + len(missing) < len(node.records(old)):
        others = [one for one in alike if one.key not in (old, node.key)]
        nearest = min(others, key=lambda one: len(differences(one.parts, parts)), default=None)
        own = [line for line in differences(nearest.parts, parts) if not line.startswith("input ")] if nearest else []
        why = f"something else changed, too: {'; '.join(own[:3])}" if own else "it was not made of the old records"
        return Planned(node, old, missing, problem=why)
    return Planned(node, old, missing)


def _missing(node: Node, old: list[Record]) -> tuple[tuple[Record, Record], ...]:
    """Pairs of an old record and the one that it becomes, where that is not there."""
    there = {record.label for record in node.complete(node.key)}
    new = {record.label: record for record in node.records(node.key)}
    return tuple((record, new[record.label]) for record in old if record.label not in there)
