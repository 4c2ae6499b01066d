"""Scores of events (:class:`analysis.learning.application.scores.Scores`) in a safetensors file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One safetensors file."""
    return ("safetensors",)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the scores."""
    value.save(path("safetensors"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Read the scores."""
    from analysis.learning.application.scores import Scores

    return Scores.load(path("safetensors"))


def combine(values: Sequence[Any]) -> Any:
    """All events, one chunk after the other."""
    from analysis.learning.application.scores import concatenate

    return concatenate(values)
