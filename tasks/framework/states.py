"""States of the records that a task needs: which of them are there, found with one listing a place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import law
import luigi

from analysis.provenance.manifests import manifest_name
from analysis.provenance.records import Record
from tasks.framework.inputs import Listings, listings_now, outdated
from tasks.framework.targets import RecordsOfPlace

__all__ = ["Node", "Series", "all_nodes", "incomplete", "states_of"]


@dataclass(frozen=True)
class Series:
    """The records of a task that one key decides.

    Args:
        task: that makes them; of branches, their workflow.
        name: of the series.
        records: where they lie, with their labels.
        missing: labels of those that are not complete, or outdated.
        damaged: labels of missing ones that were set aside.
        outdated: labels of those whose input was made anew with other content, with which one it is.
        unknown: labels of missing ones that have no manifest either.
    """

    task: Any
    name: str
    records: RecordsOfPlace
    missing: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    outdated: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key under which they are."""
        return self.records.place.rpartition("-")[2]

    @property
    def is_pinned(self) -> bool:
        """Whether law.cfg freezes them."""
        return self.task.pinned(self.name) is not None


@dataclass
class Node:
    """A task with the state of what it makes.

    Args:
        task: the task; of a workflow, the workflow itself.
        series: its records; none for a task that makes none.
        complete: whether the task has nothing to do.
        required: the tasks that it requires, as far as they were looked at.
    """

    task: Any
    series: tuple[Series, ...]
    complete: bool
    required: list[Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name of the task, as its records' folder has it."""
        return str(getattr(self.task, "family", self.task.get_task_family()))


def states_of(root: Any, follow: Callable[[Node, int], bool]) -> Node:
    """Return a task's state with those of all that it requires; a task that several require is one node.

    Args:
        root: the task.
        follow: whether what a node requires is looked at, from the node and the least number of steps from the root.
    """
    listings = listings_now()
    first = _node(root, listings)
    nodes, level, depth = {root.task_id: first}, [first], 0
    # level by level, so that a node's depth is the least one
    while level:
        following = []
        for node in level:
            for task in luigi.task.flatten(node.task.requires()) if follow(node, depth) else ():
                if task.task_id not in nodes:
                    nodes[task.task_id] = _node(task, listings)
                    following.append(nodes[task.task_id])
                if nodes[task.task_id] not in node.required:
                    node.required.append(nodes[task.task_id])
        level, depth = following, depth + 1
    return first


def incomplete(node: Node, depth: int = 0) -> bool:
    """Follow what a command would make: like luigi, it does not look below what is complete."""
    return not node.complete


def all_nodes(root: Node) -> Iterator[Node]:
    """Yield every node once, each before those that it requires."""
    order: list[Node] = []
    seen: set[int] = set()
    stack = [(root, iter(root.required))]
    seen.add(id(root))
    while stack:
        node, rest = stack[-1]
        following = next((one for one in rest if id(one) not in seen), None)
        if following is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(id(following))
            stack.append((following, iter(following.required)))
    yield from reversed(order)


def _node(task: Any, listings: Listings) -> Node:
    from tasks.framework.due import is_due
    from tasks.framework.record_task import RecordTask

    workflow = isinstance(task, law.BaseWorkflow)
    if not isinstance(task, RecordTask) or not (workflow or task.payload):
        return Node(task, (), bool(task.complete()))
    if workflow and task.is_workflow():
        owner, places = task, task.places()
    else:
        record = task.own_record
        owner = task.as_workflow() if workflow else task
        places = [RecordsOfPlace(record.store, record.place, (record.label,), record.payload)]
    series = tuple(_series(owner, one, listings) for one in places)
    number = sum(len(one.records.labels) for one in series)
    missing = sum(len(one.missing) for one in series)
    acceptance = getattr(task, "acceptance", 1.0) if owner is task else 1.0
    enough = number * acceptance if acceptance <= 1 else acceptance
    return Node(task, series, number - missing >= enough and not is_due(task))


def _series(task: Any, records: RecordsOfPlace, listings: Listings) -> Series:
    listing = listings.of(records.store, records.place)
    missing = [label for label in records.labels if not records.record(label).is_complete(listing)]
    name = records.place.rpartition("/")[2].rpartition("-")[0]
    aside = records.store.set_aside_names(records.place) if missing and listing.has_set_aside else frozenset()
    damaged = tuple(label for label in missing if _was_set_aside(records.record(label), aside))
    gone = set(missing)
    old = outdated(task, name, [label for label in records.labels if label not in gone], listings)
    everything = tuple(label for label in records.labels if label in gone or label in old)
    unknown = tuple(label for label in missing if manifest_name(label) not in listing)
    return Series(task, name, records, everything, damaged, old, unknown)


def _was_set_aside(record: Record, names: Collection[str]) -> bool:
    return any(name in names for name in (record.manifest_name, *map(record.file_name, record.payload)))
