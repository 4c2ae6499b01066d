"""Files of publications, as they were published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """All files of all publications, each with its publication's name before its own."""
    return tuple(f"{one.name}.{file.name}" for one in stage.publications for file in one.files)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Copy the files from the packages that they come in; checksums decide.

    Raises:
        DataError: a package is missing, or a file is not what it was.
    """
    from analysis.events.resources import copy_resource

    for one in stage.publications:
        for file in one.files:
            copy_resource(file, path(f"{one.name}.{file.name}"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Local paths, by publication and file name."""
    return {one.name: {file.name: path(f"{one.name}.{file.name}") for file in one.files} for one in stage.publications}


def combine(values: Sequence[Any]) -> Any:
    """Publications have no chunks."""
    (value,) = values
    return value
