"""Cures of faults of law 0.1.21 and luigi, each to be deleted when they mend it."""

from __future__ import annotations

import functools
from typing import Any

import law
import luigi.worker

__all__ = ["apply"]


class _History(list):
    """A list of hashable items that answers ``in`` at once."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[Any] = set()

    def append(self, item: Any) -> None:
        self._seen.add(item)
        super().append(item)

    def __contains__(self, item: Any) -> bool:
        return item in self._seen


def cure_history_search() -> None:
    """law/patches.py::_add_task looks every task up in a growing list: time quadratic in the number of tasks."""
    worker: Any = luigi.worker.Worker
    original = worker.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self._add_task_history = _History()

    worker.__init__ = __init__


def cure_parameter_search() -> None:
    """luigi.Task.get_params searches all attributes of a class, several times for each task that is made."""
    task: Any = law.Task
    original = task.get_params.__func__
    known: dict[type, Any] = {}

    @functools.wraps(original)
    def get_params(cls: type) -> Any:
        if cls not in known:
            known[cls] = original(cls)
        return list(known[cls])

    task.get_params = classmethod(get_params)


@functools.cache
def apply() -> None:
    """Apply all cures, once."""
    cure_history_search()
    cure_parameter_search()
