"""Events: a record array in a Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One Parquet file."""
    return ("parquet",)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the events."""
    from analysis.events.parquet import write_events

    write_events(value, path("parquet"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Read the events, all fields or some."""
    from analysis.events.parquet import read_events

    return read_events(path("parquet"), fields)


def combine(values: Sequence[Any]) -> Any:
    """All events, one chunk after the other."""
    import awkward as ak

    return values[0] if len(values) == 1 else ak.concatenate(list(values))
