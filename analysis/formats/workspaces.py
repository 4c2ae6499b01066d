"""HistFactory workspaces in the JSON that pyhf and others read, one file each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One JSON file a workspace."""
    return tuple(f"{name}.json" for name in stage.names)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Check workspaces against the schema, and whether they make sense, and write them.

    Raises:
        DataError: a workspace is damaged, was declared and not made, or made and not declared.
    """
    from analysis.checking.values import check_workspaces
    from analysis.inference.specification import read_workspace

    check_workspaces(value, stage.names)
    for name in stage.names:
        # nobody gets what the fit could not read
        read_workspace(value[name])
        path(f"{name}.json").write_text(json.dumps(value[name], indent=1, allow_nan=False) + "\n")


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """The workspaces by name."""
    return {name: json.loads(path(f"{name}.json").read_text()) for name in stage.names}


def combine(values: Sequence[Any]) -> Any:
    """Workspaces have no chunks."""
    (value,) = values
    return value
