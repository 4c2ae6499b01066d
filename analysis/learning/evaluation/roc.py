"""Receiver operating characteristic of weighted events, and the area under it with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["METHOD", "Estimate", "auc", "curve"]

METHOD = "weighted Mann-Whitney statistic; uncertainty by DeLong's method with weights"


@dataclass(frozen=True)
class Estimate:
    """A number and its standard deviation."""

    value: float
    uncertainty: float


def auc(score: np.ndarray, signal: np.ndarray, weight: np.ndarray) -> Estimate:
    """Weighted area under the ROC curve.

    The probability that a signal event scores higher than a background event, each drawn by its weight; equal scores
    count one half. Uncertainty: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988) 837, Eqs. 3-5, with the sums over
    events weighted and their squares by squared weights, and the effective number (sum w)^2 / (sum w^2) in place of the
    number of events. Without weights it is DeLong's; with weights it also is the linear propagation of Poisson
    fluctuations of every event.

    Args:
        score: (n,) the higher, the more like signal.
        signal: (n,) bool.
        weight: (n,); single ones may be negative, the sums of signal and of background may not.

    Raises:
        ValueError: the sum of weights of signal or of background is not positive.

    Examples:
        >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]), np.ones(4)).value
        0.75
    """
    _, place = np.unique(score, return_inverse=True)
    weight = weight.astype(np.float64)
    each_signal = np.bincount(place, weights=np.where(signal, weight, 0.0))
    each_background = np.bincount(place, weights=np.where(signal, 0.0, weight))
    total_signal, total_background = each_signal.sum(), each_background.sum()
    if total_signal <= 0 or total_background <= 0:
        raise ValueError(f"sums of weights are {total_signal} (signal) and {total_background} (background)")
    # share of the other kind that an event wins against
    of_signal = (np.cumsum(each_background) - each_background / 2) / total_background
    of_background = 1 - (np.cumsum(each_signal) - each_signal / 2) / total_signal
    value = float(np.sum(each_signal * of_signal) / total_signal)
    variance = _variance(of_signal[place[signal]], weight[signal], value)
    variance += _variance(of_background[place[~signal]], weight[~signal], value)
    return Estimate(value, math.sqrt(variance))


def curve(score: np.ndarray, signal: np.ndarray, weight: np.ndarray, points: int = 200) -> dict[str, list[float]]:
    """The ROC curve, thinned evenly along its length.

    Args:
        score: (n,).
        signal: (n,) bool.
        weight: (n,).
        points: number of points, at most.

    Returns:
        ``threshold``, ``signal_efficiency`` and ``background_efficiency`` of ``score >= threshold``, by falling
        threshold; all events pass the last one.
    """
    threshold, place = np.unique(score, return_inverse=True)
    passing = []
    for kind in (signal, ~signal):
        each = np.bincount(place, weights=np.where(kind, weight, 0.0))[::-1]
        passing.append(np.cumsum(each) / np.sum(each))
    length = np.cumsum(np.abs(np.diff(passing[0], prepend=0)) + np.abs(np.diff(passing[1], prepend=0)))
    chosen = np.unique(np.searchsorted(length, np.linspace(length[0], length[-1], points)))
    chosen = np.minimum(chosen, len(threshold) - 1)
    return {
        "threshold": threshold[::-1][chosen].astype(float).tolist(),
        "signal_efficiency": passing[0][chosen].tolist(),
        "background_efficiency": passing[1][chosen].tolist(),
    }


def _variance(share: np.ndarray, weight: np.ndarray, mean: float) -> float:
    """Variance of a weighted mean of independent events, without bias for a finite effective number."""
    squares = np.sum(weight**2)
    effective = weight.sum() ** 2 / squares
    if effective <= 1:
        return math.inf
    return float(np.sum((weight * (share - mean)) ** 2) / weight.sum() ** 2 * effective / (effective - 1))
