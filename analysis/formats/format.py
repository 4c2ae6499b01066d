"""Find formats: how records are kept. There is one module a format, so that a change of one makes no other record anew.

A format is a module with these functions, and so is a study's own (``format="my_package.my_format"``):

- ``files(stage) -> tuple[str, ...]``: names of a record's files;
- ``save(value, path, stage)``: checks what a step returned and writes it; ``path(name)`` is where a file goes;
- ``load(path, stage, fields)``: the value again; ``path(name)`` is where a file lies, ``fields`` which fields of events
  are wanted (``None`` for all);
- ``combine(values)``: the values of a data set's chunks, in their order, as one.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from analysis.errors import StudyError
from analysis.step import Step

__all__ = ["format_named", "format_step", "module_of"]

FUNCTIONS = ("files", "save", "load", "combine")


def module_of(name: str) -> str:
    """Full name of a format's module."""
    return name if "." in name else f"analysis.formats.{name}"


def format_named(name: str) -> Any:
    """The module of a format.

    Raises:
        StudyError: there is none, or it lacks a function.
    """
    try:
        module: ModuleType = importlib.import_module(module_of(name))
    except ModuleNotFoundError as error:
        raise StudyError(f"there is no format {name!r}: {error}", cure="use the full name of its module") from None
    if missing := [function for function in FUNCTIONS if not hasattr(module, function)]:
        raise StudyError(
            f"the format {name!r} has no function {missing[0]!r}", cure=f"it needs: {', '.join(FUNCTIONS)}"
        )
    return module


def format_step(name: str) -> Step:
    """A format's code, as what enters keys: all functions of its module."""
    return Step(module_of(name))
