"""Probabilities of test statistics, from isotropic skies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chance", "Tail", "chance", "significances"]

_SHARE = 0.1


@dataclass(frozen=True)
class Chance:
    """A p-value that skies were counted for.

    Args:
        value: share of isotropic skies with as large a statistic, the measured sky counted as one of them.
        error: downwards and upwards, 68 % of Clopper and Pearson.
        note: how many skies were counted.
    """

    value: float
    error: tuple[float, float]
    note: str


def chance(statistic: float, isotropic: NDArray[np.float64]) -> Chance:
    """Count isotropic skies with at least as large a statistic.

    Args:
        statistic: of the measured sky.
        isotropic: of isotropic skies, (n,).

    Examples:
        >>> chance(2.0, np.array([1.0, 3.0, 0.0])).value
        0.5
    """
    from scipy.stats import beta

    number, above = len(isotropic), int(np.sum(isotropic >= statistic))
    value = (above + 1) / (number + 1)
    low = float(beta.ppf(0.16, above, number - above + 1)) if above else 0.0
    high = float(beta.ppf(0.84, above + 1, max(number - above, 1e-9)))
    return Chance(value, (max(value - low, 0.0), max(high - value, 0.0)), f"{above} of {number} isotropic skies")


@dataclass(frozen=True)
class Tail:
    """Distribution of a test statistic of isotropic skies, with an exponential tail above its quantile of 90 %.

    A likelihood ratio of nested models falls exponentially, up to a power (S. S. Wilks); so few skies tell how probable
    3 standard deviations are.

    Args:
        start: where the tail begins.
        scale: of its exponential.
        values: of all skies, rising.
    """

    start: float
    scale: float
    values: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Tail:
        """The tail of some values (n,)."""
        ordered = np.sort(values)
        start = float(np.quantile(ordered, 1.0 - _SHARE))
        above = ordered[ordered > start]
        return cls(start, float((above - start).mean()) if len(above) else 1.0, ordered)

    def p_values(self, statistic: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of as large a statistic; below the tail, the share of skies."""
        share = (len(self.values) - np.searchsorted(self.values, statistic, side="left")) / len(self.values)
        tail = _SHARE * np.exp(-np.maximum(statistic - self.start, 0.0) / self.scale)
        found: NDArray[np.float64] = np.where(statistic > self.start, tail, np.clip(share, _SHARE, 1.0))
        return found


def significances(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn one-sided p-values into standard deviations; not below 0."""
    from scipy.stats import norm

    found: NDArray[np.float64] = np.maximum(norm.isf(np.clip(p_values, 1e-300, 1.0 - 1e-12)), 0.0)
    return found
