"""Checkpoints of an inference: its state after each iteration, in a safetensors file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError

__all__ = ["Checkpoints"]

_FILE = "state.safetensors"
_PART = "state.part"


class Checkpoints:
    """State of an inference in a folder that outlives the process.

    Args:
        folder: where the state is kept.
        written: called with the file of each checkpoint, once it is whole.
    """

    def __init__(self, folder: Path, written: Callable[[Path], None] | None = None) -> None:
        self._file = folder / _FILE
        self._part = folder / _PART
        self._written = written

    def save(self, state: Mapping[str, NDArray]) -> None:
        """Keep a state in place of the one before; whoever is killed here leaves one of both whole."""
        from safetensors.numpy import save_file

        self._part.parent.mkdir(parents=True, exist_ok=True)
        # of single numbers, ascontiguousarray would make lists
        save_file({name: np.array(values, order="C") for name, values in state.items()}, self._part)
        self._part.replace(self._file)
        if self._written is not None:
            self._written(self._file)

    def load(self) -> dict[str, NDArray] | None:
        """Return the last state; ``None`` if there is none.

        Raises:
            DataError: the file is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if not self._file.is_file():
            return None
        try:
            found: dict[str, NDArray] = load_file(self._file)
        except SafetensorError as error:
            raise DataError(
                f"the checkpoint {self._file} is damaged: {error}", cure="delete it; the inference begins anew"
            ) from error
        return found
