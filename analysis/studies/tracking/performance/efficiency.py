"""Shares with their uncertainties, also in bins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["binned", "interval"]


def interval(found: int, number: int) -> tuple[float, float, float]:
    """A share and its uncertainty downwards and upwards, 68 % (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209).

    Examples:
        >>> [round(one, 3) for one in interval(50, 100)]
        [0.5, 0.05, 0.05]
    """
    number = max(number, 1)
    share = found / number
    middle = (share + 0.5 / number) / (1.0 + 1.0 / number)
    half = np.sqrt(share * (1.0 - share) / number + 0.25 / number**2) / (1.0 + 1.0 / number)
    return share, max(share - float(middle - half), 0.0), max(float(middle + half) - share, 0.0)


def binned(
    values: NDArray[np.float64], found: NDArray[np.bool_], edges: Sequence[float]
) -> list[tuple[float, float, float] | None]:
    """Shares in bins of a value; ``None`` where a bin has fewer than five.

    Args:
        values: (n,).
        found: what is counted, (n,).
        edges: of the bins.
    """
    number, _ = np.histogram(values, edges)
    some, _ = np.histogram(values[found], edges)
    return [interval(int(one), int(all_)) if all_ >= 5 else None for one, all_ in zip(some, number, strict=True)]
