"""All tasks with what they do and their parameters, as the tasks themselves say it."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from typing import Any

from docs.site.api_pages import ROOT
from tasks.framework.help import general_parameters, own_parameters

__all__ = ["tasks", "write"]

# from so many tasks on, a parameter is described once
_MANY = 4


def tasks() -> dict[str, list[Any]]:
    """Tasks by the module that law.cfg names, in its order."""
    from law.task.base import Task

    found: dict[str, list[Any]] = {}
    for name in re.findall(r"^tasks\.\w+$", (ROOT / "law.cfg").read_text(encoding="utf-8"), re.MULTILINE):
        module = importlib.import_module(name)
        classes = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Task)]
        found[name] = [
            one
            for one in classes
            if one.__module__ == name and not one.__name__.startswith("_") and not vars(one).get("exclude_index")
        ]
    return {name: classes for name, classes in found.items() if classes and name != "tasks.named"}


def write() -> str:
    """A section a module, in it one a task; what many tasks or all have in common at the end."""
    described = {task: own_parameters(task) for classes in tasks().values() for task in classes}
    uses = Counter((name, one.description) for own in described.values() for name, one in own.items())
    lines: list[str] = []
    general: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for name, classes in tasks().items():
        lines += [f"## {_first_line(importlib.import_module(name))}", ""]
        for task in classes:
            common = {n: one for n, one in described[task].items() if uses[n, one.description] >= _MANY}
            lines += [f"(task-{task.__name__})=", "", f"### {task.get_task_family()}", "", _text(task), ""]
            lines += _table({n: one for n, one in described[task].items() if n not in common})
            if common:
                flags = ", ".join(f"`{_flag(n)}`" for n in sorted(common))
                lines += [f"[Like many tasks](#parameters-of-many-tasks): {flags}.", ""]
            shared |= common
            general |= general_parameters(task)
    lines += ["## Parameters of many tasks", "", *_table(shared)]
    return "\n".join([*lines, "## Parameters of every task and workflow", "", *_table(general)])


def _first_line(module: Any) -> str:
    return re.split(r"[.:;]\s", f"{_text(module)} ")[0].removesuffix(".")


def _text(documented: Any) -> str:
    """A docstring's text in Markdown."""
    text = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", documented.__doc__ or "")
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.partition("\n    Args:")[0].split("\n\n")]
    return "\n\n".join(paragraphs).replace("``", "`")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _table(parameters: dict[str, Any]) -> list[str]:
    if not parameters:
        return []
    rows = [f"| `{_flag(name)}` | {_cell(one.description)} |" for name, one in sorted(parameters.items())]
    return ["| parameter | meaning |", "| --- | --- |", *rows, ""]


def _cell(text: str | None) -> str:
    return re.sub(r"([|*_<>\[\]$])", r"\\\1", " ".join((text or "").split()))
