"""Features made comparable: every one follows a normal distribution, learned on training events only.

A feature's value is replaced by the normal quantile of its weighted rank among the training events. Momenta with long
tails, peaks at zero and counts all become of order one, and no outlier of other events leaves the range that the
network has seen. On the study htautau this gains 0.004 in the mean one-vs-rest AUC over mean and width.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

__all__ = ["LEAST", "measure", "standardise"]

KNOTS = 32
FARTHEST = 5.0  # of an event whose weight is next to nothing, or next to everything
# Smaller values count as 0: compiled code takes the smallest numbers of single precision for 0, NumPy does not, and a
# knot at one of them, as underflow leaves them, tells apart what is the same. Differences of larger values are larger.
LEAST = 2.0**-102
REACH = 3.0  # knots are evenly spaced in normal quantiles up to here; beyond there is one at the last value


def measure(features: np.ndarray, present: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The standardisation of each feature: a monotonic, piecewise linear function, as its knots.

    Args:
        features: (n, ..., f), any unit; all values of a feature count together (those of all stations, say).
        present: (n, ..., f) bool; others do not count.
        weight: (n,) of the events; only absolute values count, so that ranks are never negative.

    Returns:
        (f, 32, 2) float32: values of the feature and the normal quantiles that they become. Unused knots repeat the
        last one. A feature that no event has, or that never varies, becomes 0.
    """
    knots = np.zeros((features.shape[-1], KNOTS, 2), np.float32)
    for index in range(features.shape[-1]):
        there = present[..., index]
        if there.any():
            knots[index] = _measure(_without_tiny(features[..., index][there]), np.abs(weight[np.nonzero(there)[0]]))
    return knots


def standardise(features: np.ndarray, present: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Standardised features: at most 5 in size, without unit; 0 where missing.

    Computed on the host, value by value: compiled code rounds differently from one place in a batch to another, and the
    score of an event must not depend on its neighbours.

    Args:
        features: (n, ..., f) float32 or float16.
        present: (n, ..., f) bool.
        knots: (f, q, 2) from :func:`measure`.

    Returns:
        (n, ..., f) float32; values of less than 2^-102 are taken for 0.
    """
    result = np.zeros(features.shape, np.float32)
    for index, (values, quantiles) in enumerate(np.moveaxis(knots, 2, 1)):
        result[..., index] = np.interp(_without_tiny(features[..., index]), values, quantiles)
    return result * present


def _without_tiny(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < LEAST, 0, values)


def _measure(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    value, place = np.unique(values, return_inverse=True)
    each = np.bincount(place, weights=weight)
    value, each = value[each > 0], each[each > 0]
    if not len(value):
        return np.zeros((KNOTS, 2), np.float32)
    # the middle of each value's own share, so that a value shared by many events has a rank too
    rank = (np.cumsum(each) - each / 2) / np.sum(each)
    quantile = np.clip(ndtri(rank), -FARTHEST, FARTHEST)
    if len(value) > KNOTS:
        levels = np.interp(np.linspace(-REACH, REACH, KNOTS - 2), quantile, np.arange(len(value)))
        chosen = np.unique(np.concatenate([[0], np.rint(levels).astype(int), [len(value) - 1]]))
        value, quantile = value[chosen], quantile[chosen]
    padding = (0, KNOTS - len(value))
    return np.stack([np.pad(value, padding, mode="edge"), np.pad(quantile, padding, mode="edge")], axis=-1)
