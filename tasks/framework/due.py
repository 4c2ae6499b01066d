"""Tasks that have to run although their records are there: something before them is damaged or has changed.

luigi does not look below what is complete. So a command looks at its whole graph once, before luigi does, and what
follows from a record that was set aside as damaged, or has to be made anew, does not count as complete until its turn
comes. By then what it is made of is there: if that holds what it held before, nothing is made.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from typing import Any

import luigi

from analysis.errors import ErumflowError, RecordError
from tasks.batch.table import counted
from tasks.framework import journaling
from tasks.framework.damage import damage_noted, note_damage
from tasks.framework.inputs import forget_listings, share_listings
from tasks.framework.reporting import tell, tell_error
from tasks.framework.states import Node, all_nodes, states_of

__all__ = ["decide_due", "install", "is_due", "settle"]

# luigi's names of tasks
_due: set[str] = set()


def is_due(task: Any) -> bool:
    """Whether a task has to run although its records are there."""
    return task.task_id in _due


def settle(task: Any) -> None:
    """Let what there is of its records decide whether a task is complete: its turn has come."""
    _due.discard(task.task_id)


def decide_due(roots: Iterable[Any]) -> None:
    """Look at all that tasks need, and decide what has to run although its records are there.

    Raises:
        StoreError: a store cannot be reached.
    """
    _due.clear()
    share_listings()
    roots_found: list[Node] = []
    for root in roots:
        node = states_of(root, lambda *_: True)
        roots_found.append(node)
        # what is needed comes before what needs it
        nodes = list(reversed(list(all_nodes(node))))
        changed = _spread(nodes, lambda one: any(series.damaged or series.outdated for series in one.series))
        if getattr(root, "tells_of_needs", False) and not all(one.complete for one in node.required):
            _mark(node)
        for one in nodes:
            if getattr(one.task, "needs_lineage", False) and (not one.complete or id(one) in changed):
                before = list(reversed(list(all_nodes(one))))
                _spread(before, lambda other: any(series.unknown for series in other.series))
    journaling.plan((place, labels) for node in roots_found for place, labels in _missing(node).items())


def _missing(root: Node) -> dict[str, tuple[str, ...]]:
    """Return labels of missing records by place, in the order of their making; luigi looks below no complete task."""
    found: dict[str, dict[str, None]] = {}
    reached, waiting = {id(root)}, [root]
    while waiting:
        node = waiting.pop()
        if not node.complete or is_due(node.task):
            new = [one for one in node.required if id(one) not in reached]
            reached |= {id(one) for one in new}
            waiting += new
    for node in reversed(list(all_nodes(root))):
        for series in node.series if id(node) in reached and not node.complete else ():
            found.setdefault(series.records.place, {}).update(dict.fromkeys(series.missing))
    return {place: tuple(labels) for place, labels in found.items()}


def _spread(nodes: Iterable[Node], begins: Callable[[Node], bool]) -> set[int]:
    """Mark what follows from some tasks as due; returns these and what follows, by identity.

    Args:
        nodes: each after those that it needs.
        begins: whether a task is one of those.
    """
    reached: set[int] = set()
    for one in nodes:
        follows = any(id(other) in reached for other in one.required)
        if follows or begins(one):
            reached.add(id(one))
        if follows:
            _mark(one)
    return reached


def _mark(node: Node) -> None:
    # what is not complete runs anyway
    if node.complete:
        _due.add(node.task.task_id)


@functools.cache
def install() -> None:
    """Let commands decide what is due before luigi begins, and begin anew when a record turns out to be damaged."""
    original = luigi.interface._schedule_and_run

    @functools.wraps(original)
    def schedule_and_run(tasks: list[Any], *args: Any, **kwargs: Any) -> Any:
        journaling.begin(tasks[0])
        outcome = "failed"
        try:
            result = schedule_until_settled(tasks, *args, **kwargs)
            if result.scheduling_succeeded and result.status.name.startswith("SUCCESS"):
                outcome = "complete"
            return result
        finally:
            journaling.end(outcome)

    def schedule_until_settled(tasks: list[Any], *args: Any, **kwargs: Any) -> Any:
        _decide(tasks)
        while True:
            known = damage_noted()
            result, error = None, None
            try:
                result = original(tasks, *args, **kwargs)
                forget_listings()
                if result.scheduling_succeeded and result.status.name.startswith("SUCCESS"):
                    return result
            except RecordError as one:
                error = one
            if error:
                note_damage(str(error))
            # each round has come upon damage, and set it aside: so there is an end
            new = damage_noted() - known
            if not new or not all(map(_makes_records, tasks)):
                if error:
                    raise error
                return result
            if error:
                tell_error(str(error))
            _decide(tasks)
            tell(f"again: {counted(len(new), 'damaged record')} set aside, to be made anew now")

    luigi.interface._schedule_and_run = schedule_and_run


def _makes_records(task: Any) -> bool:
    # who looks after records has to say what it has found
    from tasks.framework.record_task import RecordTask

    return isinstance(task, RecordTask)


def _decide(tasks: list[Any]) -> None:
    # that a study is wrong, or a store away, is told when luigi asks whether the task is complete
    with contextlib.suppress(ErumflowError):
        decide_due(tasks)
