"""The fraction of events from sources that a fitted one stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Calibration", "Measured"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """A fraction with its interval.

    Args:
        value: where the median of the fitted fraction is the measured one.
        low: lower end of the interval.
        high: upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """Quantiles of the fitted fraction against the true one, of simulated skies.

    Args:
        true: (f,), rising, from 0 on.
        median: (f,) of the fitted fraction.
        low: (f,), its lower quantile.
        high: (f,), its upper quantile.
    """

    true: Array
    median: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, true: Array, fitted: Array, isotropic: Array, level: float) -> Calibration:
        """Find the quantiles, and make them rise with the fraction.

        Args:
            true: of skies with sources, (n,).
            fitted: of the same.
            isotropic: fitted fractions of skies without sources.
            level: of the central interval.
        """
        fractions = np.unique(true)
        groups = [isotropic, *(fitted[true == one] for one in fractions)]
        tails = (1.0 - level) / 2.0
        found = [np.maximum.accumulate([np.quantile(one, q) for one in groups]) for q in (0.5, tails, 1.0 - tails)]
        median, low, high = found
        if len(fractions) > 1 and low[0] == 0.0:
            # a fit that is cut off at nothing says nothing of the quantile there: it goes on in a straight line
            low[0] = min(0.0, low[1] - (low[2] - low[1]) * fractions[0] / (fractions[1] - fractions[0]))
        return cls(np.concatenate([[0.0], fractions]), median, low, high)

    def measure(self, fitted: float) -> Measured:
        """Read off the fraction, and the interval of those that give such a fitted one (Neyman's construction).

        Args:
            fitted: of the measured sky.
        """
        return Measured(
            self._inverse(self.median, fitted), self._inverse(self.high, fitted), self._inverse(self.low, fitted)
        )

    def _inverse(self, quantile: Array, fitted: float) -> float:
        """The largest fraction at which a quantile is not above the fitted one; at most the largest simulated."""
        steps = np.concatenate([np.diff(quantile) > 0, [True]])
        return float(np.interp(fitted, quantile[steps], self.true[steps]))
