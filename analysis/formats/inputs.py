"""Inputs of networks, for training and application: TrainingInputs in a safetensors file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One safetensors file."""
    return ("safetensors",)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the inputs.

    Raises:
        DataError: the step returned something else.
    """
    from analysis.errors import DataError
    from analysis.learning.data.inputs import TrainingInputs

    if not isinstance(value, TrainingInputs):
        raise DataError(
            f"the stage {stage.name!r} returned {type(value).__name__}, not TrainingInputs",
            cure="return analysis.learning.data.inputs.TrainingInputs",
        )
    value.save(path("safetensors"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Read the inputs."""
    from analysis.learning.data.inputs import TrainingInputs

    return TrainingInputs.load(path("safetensors"))


def combine(values: Sequence[Any]) -> Any:
    """All events, one chunk after the other."""
    from analysis.learning.data.inputs import concatenate

    return values[0] if len(values) == 1 else concatenate(values)
