"""Shares with their uncertainties, also in bins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.results import Number

__all__ = ["binned", "interval", "percentage"]

# of a normal distribution within one standard deviation
_INSIDE = 0.6826894921370859


def interval(found: int, number: int) -> tuple[float, float, float]:
    """A share and its uncertainty downwards and upwards, 68 % (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209).

    Examples:
        >>> [round(one, 3) for one in interval(50, 100)]
        [0.5, 0.05, 0.05]
    """
    from scipy.stats import binomtest

    number = max(number, 1)
    share = found / number
    low, high = binomtest(found, number).proportion_ci(_INSIDE, method="wilson")
    return share, max(share - float(low), 0.0), max(float(high) - share, 0.0)


def percentage(name: str, title: str, found: int, number: int, method: str) -> Number:
    """A share of simulated events or particles as a number of the study, in %."""
    share, down, up = (100 * one for one in interval(found, number))
    return Number(name, title, share, (down, up), None, "%", method, "simulation")


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
