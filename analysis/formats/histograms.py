"""Histograms of all variables in one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One zip file."""
    return ("histograms.zip",)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the histograms."""
    value.save(path("histograms.zip"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Read the histograms."""
    from analysis.histograms.histograms import Histograms

    return Histograms.load(path("histograms.zip"))


def combine(values: Sequence[Any]) -> Any:
    """The sum of all chunks."""
    from analysis.histograms.histograms import merge

    return merge(list(values))
