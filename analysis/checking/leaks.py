"""Features that tell networks which data set an event is from, and so its class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from analysis.learning.inputs import TrainingInputs

__all__ = ["telling"]


def telling(inputs: Mapping[str, TrainingInputs]) -> list[str]:
    """Find features that are the same for all events of each data set and differ between data sets.

    A weight per generated event is one: who knows it knows the class.

    Args:
        inputs: by simulated data set; those with fewer than two events say nothing.

    Returns:
        Names of such features; none where no classes are told apart.
    """
    several = [one for one in inputs.values() if len(one) > 1 and one.classes]
    if len(several) < 2:
        return []
    found = []
    for block, features in several[0].features.items():
        if features.values.ndim != 2:
            continue
        for number, name in enumerate(features.names):
            columns = [one.features[block].values[:, number] for one in several]
            if all(np.ptp(column) == 0.0 for column in columns) and len({float(column[0]) for column in columns}) > 1:
                found.append(name)
    return found
