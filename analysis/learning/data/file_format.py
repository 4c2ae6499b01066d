"""The file format of training inputs: safetensors, read as a whole or only some of the events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import DataError

__all__ = ["FORMAT", "opened", "tensor"]

FORMAT = "erumflow training inputs 2"


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """A file of training inputs: its handle and what it says of itself.

    The file is mapped while it is open, and what has been read of it counts as this process's memory until then.

    Args:
        path: written by :meth:`analysis.learning.data.inputs.TrainingInputs.save`.

    Raises:
        DataError: the file is missing, damaged or something else; the message names it.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            described = json.loads((file.metadata() or {}).get("inputs", "{}"))
            if described.get("format") != FORMAT:
                raise DataError(f"{path} holds no training inputs", cure="remove it, so that it is made again")
            yield file, described
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} is damaged: {error}", cure="remove it, so that it is made again") from error


def tensor(file: Any, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
    """An array of an open file, or some consecutive events of it; a copy."""
    return file.get_tensor(name) if start == 0 and stop is None else file.get_slice(name)[start:stop]
