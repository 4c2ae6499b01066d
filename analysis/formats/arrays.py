"""Arrays by name, in a safetensors file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["combine", "files", "load", "save"]


def files(stage: Any) -> tuple[str, ...]:
    """One safetensors file."""
    return ("safetensors",)


def save(value: Any, path: Callable[[str], Path], stage: Any) -> None:
    """Write the arrays.

    Raises:
        DataError: the step returned no dictionary of arrays.
    """
    import numpy as np
    from safetensors.numpy import save_file

    from analysis.errors import DataError

    if not isinstance(value, dict) or not all(isinstance(one, np.ndarray) for one in value.values()):
        raise DataError(
            f"the stage {stage.name!r} returned {type(value).__name__}, not NumPy arrays by name",
            cure="return a dictionary of arrays",
        )
    save_file({name: np.ascontiguousarray(one) for name, one in value.items()}, path("safetensors"))


def load(path: Callable[[str], Path], stage: Any, fields: Sequence[str] | None = None) -> Any:
    """Read the arrays."""
    from safetensors.numpy import load_file

    return load_file(path("safetensors"))


def combine(values: Sequence[Any]) -> Any:
    """The arrays of each name, one chunk after the other."""
    import numpy as np

    return {name: np.concatenate([value[name] for value in values]) for name in values[0]}
