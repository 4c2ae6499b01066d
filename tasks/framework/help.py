"""``law run TASK --help`` in a form that is read: what the task does and its parameters, each once."""

from __future__ import annotations

import functools
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import luigi.cmdline_parser
from luigi.task_register import Register

__all__ = ["describe_task", "general_parameters", "install", "own_parameters"]

# every parameter of these is explained by what luigi prints; --help-all shows them
_HIDDEN = {"effective_workflow"}
_WORKERS = (
    "number of processes that make records side by side; 1 makes them in order in the command itself, for a debugger; "
    "changes no result; default: as many as there are cores"
)


def describe_task(task: Any, width: int) -> str:
    """The help text of a task class, in lines of at most ``width`` characters."""
    lines = [f"law run {task.get_task_family()} [--PARAMETER VALUE ...]", ""]
    lines += textwrap.wrap(" ".join((task.__doc__ or "").split()), width)
    lines += ["", "parameters", *_rows(own_parameters(task), width, whole=True)]
    general = _rows(general_parameters(task), width, whole=False)
    lines += ["", "of every task and workflow (in full: --help-all)", *general]
    lines += _row("--workers", _WORKERS, width)
    return "\n".join(lines)


def own_parameters(task: Any) -> dict[str, Any]:
    """Parameters of a task class that not every task or workflow has."""
    return {name: parameter for name, parameter in task.get_params() if not _is_general(task, name)}


def general_parameters(task: Any) -> dict[str, Any]:
    """Parameters of a task class that every task or workflow has."""
    known = task.get_params()
    return {name: parameter for name, parameter in known if name not in _HIDDEN and _is_general(task, name)}


def _is_general(task: Any, name: str) -> bool:
    owner = next(cls for cls in task.__mro__ if name in vars(cls))
    return owner.__module__.startswith(("law.", "luigi.", "tasks.batch.", "tasks.framework.project_task"))


def _rows(parameters: dict[str, Any], width: int, *, whole: bool) -> Iterator[str]:
    for name, parameter in parameters.items():
        text = parameter.description or ""
        yield from _row(f"--{name.replace('_', '-')}", text if whole else text.partition(";")[0], width)


def _row(flag: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=f"  {flag:<21} ", subsequent_indent=" " * 24)


@functools.cache
def install() -> None:
    """Let ``--help`` answer this way for the tasks of this project; ``--help-all`` stays luigi's."""
    parser: Any = luigi.cmdline_parser.CmdlineParser
    original = parser._possibly_exit_with_help

    def possibly_exit_with_help(arguments: Any, known: Any) -> None:
        if known.core_help and known.root_task and not known.core_help_all:
            print(describe_task(Register.get_task_cls(known.root_task), min(shutil.get_terminal_size().columns, 120)))
            sys.exit()
        original(arguments, known)

    parser._possibly_exit_with_help = staticmethod(possibly_exit_with_help)
