"""Figures, each as PDF and PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """Two files a figure."""
    return tuple(f"{name}.{kind}" for name in stage.names for kind in ("pdf", "png"))


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the figures.

    Raises:
        DataError: a figure was declared and not made, or made and not declared.
    """
    from analysis.checking.values import check_figures
    from analysis.plotting.style import save_figure

    check_figures(value, stage.names)
    for name in stage.names:
        save_figure(value[name], path(f"{name}.pdf"), path(f"{name}.png"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """The PNG files by name."""
    return {name: path(f"{name}.png") for name in stage.names}


def combine(values: Sequence[Any]) -> Any:
    """Figures have no chunks."""
    (value,) = values
    return value
