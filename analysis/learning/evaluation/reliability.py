"""Reliability of predicted probabilities, class by class, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import TrainingError
from analysis.learning.losses.balance import balanced

__all__ = ["Reliability", "calibration_error", "reliability"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predicted probabilities of one class and how often it is true, in b bins of the former.

    Args:
        predicted: mean probability, (b,); 0 in bins without events.
        observed: share of the events that are of the class, (b,).
        uncertainty: of this share, (b,): binomial, with the effective number of events.
        share: of all events in each bin, (b,).
    """

    predicted: Array
    observed: Array
    uncertainty: Array
    share: Array

    @property
    def error(self) -> float:
        """Expected calibration error: mean of ``|observed - predicted|`` over events (Guo et al., arXiv:1706.04599)."""
        return float(np.sum(self.share * np.abs(self.observed - self.predicted)))


def reliability(
    scores: NDArray[np.float32], label: NDArray[np.int32], weight: Array, classes: Sequence[str], bins: int = 10
) -> dict[str, Reliability]:
    """Compare predicted probabilities with frequencies, class by class, for classes of equal size.

    Args:
        scores: (n, c) probabilities of classes of equal size, as balanced losses teach them.
        label: (n,) index of the true class.
        weight: (n,) expected events.
        classes: names of the c classes.
        bins: number of bins from 0 to 1.

    Raises:
        TrainingError: the predictions are not as many as the classes, or a class has no events.
    """
    if scores.shape != (len(label), len(classes)):
        raise TrainingError(
            f"there are predictions of shape {scores.shape} for {len(label)} events of {len(classes)} classes",
            cure="give the probabilities alone",
        )
    share = balanced(weight, label, classes)
    share = share / share.sum()
    return {name: _of_class(scores[:, index], label == index, share, bins) for index, name in enumerate(classes)}


def calibration_error(found: dict[str, Reliability]) -> float:
    """The expected calibration error, mean over classes (Kull et al., arXiv:1910.12656).

    Examples:
        >>> half = np.array([0.5])
        >>> calibration_error({"w": Reliability(half, half + 0.1, half, half * 2)})
        0.1
    """
    return round(float(np.mean([one.error for one in found.values()])), 12)


def _of_class(score: NDArray[np.float32], own: NDArray[np.bool_], share: Array, bins: int) -> Reliability:
    place = np.clip((score * bins).astype(np.int64), 0, bins - 1)

    def sums(numbers: Array) -> Array:
        return np.bincount(place, weights=numbers, minlength=bins).astype(np.float64)

    content, square = sums(share), sums(share**2)
    there = content > 0.0
    whole = np.where(there, content, 1.0)
    predicted, observed = sums(share * score) / whole, sums(share * own) / whole
    effective = np.where(there, content**2 / np.where(there, square, 1.0), 1.0)
    variance = np.clip(observed * (1.0 - observed), 0.0, None) / effective
    return Reliability(predicted, observed, np.sqrt(variance), np.where(there, content, 0.0))
