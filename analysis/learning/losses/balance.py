"""Event weights that give every class the same say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.errors import TrainingError

__all__ = ["balanced", "class_factors"]


def balanced(weight: np.ndarray, label: np.ndarray, classes: Sequence[str], *, where: str = "the events") -> np.ndarray:
    """Weights scaled class by class, such that each class has the same sum and the mean over all events is 1.

    Args:
        weight: (n,) expected events; single ones may be negative.
        label: (n,) index of the class.
        classes: names of the classes.
        where: what the events are, for messages.

    Returns:
        (n,) float64.

    Raises:
        TrainingError: a class has no events, or its sum of weights is not positive.

    Examples:
        >>> balanced(np.array([1.0, 3.0, 10.0]), np.array([0, 0, 1]), ["signal", "background"])
        array([0.375, 1.125, 1.5  ])
    """
    number = np.bincount(label, minlength=len(classes))
    total = np.bincount(label, weights=weight, minlength=len(classes))
    return weight * class_factors(number, total, classes, where=where)[label]


def class_factors(number: np.ndarray, total: np.ndarray, classes: Sequence[str], *, where: str) -> np.ndarray:
    """Return the factors on the event weights of each class, as applied by :func:`balanced`.

    Args:
        number: (c,) of each class's events.
        total: (c,) sums of their weights.
        classes: names of the classes.
        where: what the events are, for messages.

    Returns:
        (c,) float64.

    Raises:
        TrainingError: a class has no events, or its sum of weights is not positive.
    """
    for name, events, expected in zip(classes, number, total, strict=True):
        if not events:
            raise TrainingError(f"the class {name!r} has no event in {where}", cure="use more events or fewer folds")
        if expected <= 0:
            raise TrainingError(
                f"the class {name!r} has a sum of weights of {expected:g} in {where}",
                cure="use more events or fewer folds, or leave the class out",
            )
    return number.sum() / (len(classes) * total)
