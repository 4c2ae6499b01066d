"""Published tables are text: rows of numbers, some below a heading with the columns' names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["columns", "damaged", "numbers"]

_CURE = "remove the file; it is copied anew from the package that it comes with"


def numbers(path: Path, rows: int, width: int) -> NDArray[np.float64]:
    """All rows of a table of numbers; what begins with ``#`` is passed over.

    Args:
        path: of the table.
        rows: how many there must be.
        width: how many numbers a row must have.

    Raises:
        DataError: the file cannot be read, or holds something else.
    """
    try:
        lines = [line for line in _lines(path) if line and not line.startswith("#")]
        table = np.array([[float(word) for word in line.split()] for line in lines], np.float64)
    except ValueError as error:
        raise damaged(path, f"holds something that is no table of numbers ({error})") from error
    if table.shape != (rows, width):
        shape = " x ".join(str(n) for n in table.shape)
        raise damaged(path, f"should hold {rows} rows of {width} numbers, and holds {shape}")
    if not np.isfinite(table).all():
        raise damaged(path, "holds a number that is not finite")
    return table


def columns(path: Path, rows: int) -> dict[str, NDArray[np.float64]]:
    """Columns by name; the first line has the names after a ``#``.

    Args:
        path: of the table.
        rows: how many there must be.

    Raises:
        DataError: the file cannot be read, has no heading, or holds something else.
    """
    lines = _lines(path)
    if not lines or not lines[0].startswith("#"):
        raise damaged(path, "has no heading with the columns' names")
    names = lines[0][1:].split()
    return dict(zip(names, numbers(path, rows, len(names)).T, strict=True))


def damaged(path: Path, fault: str) -> DataError:
    """The error that says what is wrong with a file."""
    return DataError(f"the published numbers in {path} are not what they should be: the file {fault}", cure=_CURE)


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in Path(path).read_text("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise damaged(path, "is no text") from error
    except OSError as error:
        raise damaged(path, f"cannot be read ({error.strerror or error})") from error
