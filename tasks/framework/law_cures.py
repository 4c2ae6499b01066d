"""Cures of faults of law 0.1.21 and luigi, each to be deleted when they mend it."""

from __future__ import annotations

import functools
from typing import Any

import law
from law.task import proxy
from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

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


def cure_parsers() -> None:
    """Luigi's CmdlineParser makes a parser of all tasks' parameters three times, and a command makes three of these."""
    parser: Any = CmdlineParser
    original = parser._build_parser
    known: dict[Any, Any] = {}

    @functools.wraps(original)
    def build_parser(root_task: str | None = None, help_all: bool = False) -> Any:
        # a module that the first parse has asked for brings tasks
        question = root_task, help_all, len(Register._reg)
        if question not in known:
            known[question] = original(root_task, help_all)
        return known[question]

    parser._build_parser = staticmethod(build_parser)


@functools.cache
def apply() -> None:
    """Apply all cures, once."""
    cure_parameter_search()
    cure_attribute_search()
    cure_parsers()
