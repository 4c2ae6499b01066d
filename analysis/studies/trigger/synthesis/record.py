"""Files of a synthesis: its results, and the circuit with the events that it was simulated with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.formats import results

__all__ = ["ARCHIVE", "combine", "files", "load", "save"]

ARCHIVE = "circuit.zip"


def files(stage: Any) -> tuple[str, ...]:
    """Results as JSON; Verilog, events and report as a zip archive."""
    return (*results.files(stage), ARCHIVE)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the results and the archive, bytes by that name.

    Raises:
        DataError: see :func:`analysis.formats.results.save`.
    """
    archive = value.pop(ARCHIVE)
    results.save(value, path, stage)
    path(ARCHIVE).write_bytes(archive)


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Read the results."""
    return results.load(path, stage, fields)


def combine(values: Sequence[Any]) -> Any:
    """A synthesis has no chunks."""
    return results.combine(values)
