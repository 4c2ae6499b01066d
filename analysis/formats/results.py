"""Results: a dictionary that JSON can hold, with ``numbers``, ``tables`` and a ``headline``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import DataError

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One JSON file, called like the stage."""
    return (f"{stage.name}.json",)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the results.

    Raises:
        DataError: the step returned no dictionary that JSON can hold, or a number is not finite.
    """
    from analysis.checking.values import check_result

    plain = check_result(value)
    path(files(stage)[0]).write_text(json.dumps(plain, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Read the results."""
    return json.loads(path(files(stage)[0]).read_text(encoding="utf-8"))


def combine(values: Sequence[Any]) -> Any:
    """Results have no chunks that could be put together.

    Raises:
        DataError: there are several.
    """
    if len(values) != 1:
        raise DataError("results of several chunks cannot be put together", cure="make the stage per='dataset'")
    return values[0]
