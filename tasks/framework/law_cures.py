"""Cures of faults of law 0.1.21 and luigi, each to be deleted when they mend it."""

from __future__ import annotations

import functools
from typing import Any

import law
from law.task import proxy

__all__ = ["apply"]


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


def cure_attribute_search() -> None:
    """law/task/proxy.py::__getattribute__ calls three functions to look up any attribute of a task."""
    task: Any = proxy.ProxyAttributeTask
    forwarded = {*proxy._forward_workflow_attributes, *proxy._forward_sandbox_attributes}
    forward, look_up = task.__getattribute__, object.__getattribute__

    def __getattribute__(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        if name in forwarded:
            return forward(self, name, *args, **kwargs)
        return look_up(self, name)

    task.__getattribute__ = __getattribute__


@functools.cache
def apply() -> None:
    """Apply all cures, once."""
    cure_parameter_search()
    cure_attribute_search()
