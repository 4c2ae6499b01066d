"""HistFactory workspaces in the JSON that pyhf and others read, one file each; those of all seeds in one more."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# workspaces of single seeds by name: no workspace itself
SEEDS = "seeds.json"

__all__ = ["SEEDS", "combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One JSON file a workspace, and one for those of all seeds where the stage makes them."""
    return (*(f"{name}.json" for name in stage.names), *((SEEDS,) if getattr(stage, "per_seed", False) else ()))


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Check workspaces against the schema, and whether they make sense, and write them.

    Raises:
        DataError: a workspace is damaged, was declared and not made, or made and not declared.
    """
    from analysis.checking.values import check_workspaces
    from analysis.inference.specification import read_workspace

    check_workspaces(value, stage.names)
    for name in value:
        # nobody gets what the fit could not read
        read_workspace(value[name])
    for name in stage.names:
        path(f"{name}.json").write_text(json.dumps(value[name], indent=1, allow_nan=False) + "\n")
    if SEEDS in files(stage):
        of_seeds = {name: workspace for name, workspace in value.items() if name not in stage.names}
        path(SEEDS).write_text(json.dumps(of_seeds, allow_nan=False) + "\n")


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """The workspaces by name."""
    own = {name: json.loads(path(f"{name}.json").read_text()) for name in stage.names}
    return {**own, **json.loads(path(SEEDS).read_text())} if SEEDS in files(stage) else own


def combine(values: Sequence[Any]) -> Any:
    """Workspaces have no chunks."""
    (value,) = values
    return value
