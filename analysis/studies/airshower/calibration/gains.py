"""The ratio of a photomultiplier's two gains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["gain_ratio"]

Array = NDArray[np.float64]


def gain_ratio(sums: dict[str, Array]) -> tuple[Array, Array]:
    """The ratio of high to low gain, and its statistical uncertainty.

    The ratio of sums, which noise does not pull to either side, as it does a mean of ratios (W. G. Cochran, Sampling
    Techniques, 3rd ed. (1977), chapter 6). Its variance is that of the minutes' (high - ratio low), taken from all
    intervals of a photomultiplier together: one interval has few minutes.

    Args:
        sums: ``high`` and ``low``, what both gains saw of the same pulses; ``high_high``, ``high_low`` and ``low_low``,
            sums over minutes of the products; ``minutes``; each (..., i) for i intervals.

    Returns:
        Both (..., i); 0 where the low gain saw nothing.

    Examples:
        >>> sums = {"high": 96.0, "low": 3.0, "high_high": 3080.0, "high_low": 96.0, "low_low": 3.0, "minutes": 3.0}
        >>> ratio, uncertainty = gain_ratio({name: np.array([value]) for name, value in sums.items()})
        >>> float(ratio[0]), round(float(uncertainty[0]), 3)
        (32.0, 1.155)
    """
    high, low, minutes = sums["high"], sums["low"], sums["minutes"]
    some = low > 0.0
    divisor = np.where(some, low, 1.0)
    ratio = np.where(some, high / divisor, 0.0)
    scatter = np.where(some, sums["high_high"] - 2.0 * ratio * sums["high_low"] + ratio**2 * sums["low_low"], 0.0)
    freedom = np.where(some, minutes - 1.0, 0.0).sum(axis=-1, keepdims=True)
    variance = np.maximum(scatter.sum(axis=-1, keepdims=True), 0.0) / np.maximum(freedom, 1.0)
    return ratio, np.where(some, np.sqrt(variance * minutes) / divisor, 0.0)
