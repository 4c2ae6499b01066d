"""Trainings of two results: losses and metrics of their networks."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ComparedMetric", "compare_histories"]

# of the last epoch of each network; the best value is that of the parameters that are kept
_NAMES = {"best_value": "best validation loss", "training_loss": "training loss", "best_epoch": "best epoch"}


@dataclass(frozen=True)
class ComparedMetric:
    """A loss or a metric of two trainings, called a and b, over their networks (folds and seeds).

    Args:
        name: of the metric.
        a: mean over the networks of the first training; ``None`` where it is missing, as below.
        b: of the second one.
        a_spread: standard deviation over the networks of the first one; 0 for one network.
        b_spread: of the second one.
        difference: b minus a.
    """

    name: str
    a: float | None
    b: float | None
    a_spread: float | None = None
    b_spread: float | None = None
    difference: float | None = None


def compare_histories(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> list[ComparedMetric]:
    """Compare two trainings after their last epochs.

    Args:
        a: history of a training, see :mod:`analysis.learning.training.history`.
        b: of the other one.
    """
    first, second = _last(a), _last(b)
    found = []
    for name in dict.fromkeys((*second, *first)):
        (mean, spread), (other, other_spread) = (_summary(one.get(name)) for one in (first, second))
        difference = None if mean is None or other is None else other - mean
        found.append(ComparedMetric(name, mean, other, spread, other_spread, difference))
    return found


def _summary(values: Sequence[float] | None) -> tuple[float | None, float | None]:
    return (statistics.fmean(values), statistics.pstdev(values)) if values else (None, None)


def _last(history: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Values of all networks after the last epoch, by name of the metric."""
    found: dict[str, list[float]] = {}
    for network in history[-1]["networks"] if history else ():
        for name, value in network["metrics"].items():
            found.setdefault(name, []).append(float(value))
        for name, title in _NAMES.items():
            if network.get(name) is not None:
                found.setdefault(title, []).append(float(network[name]))
    return found
