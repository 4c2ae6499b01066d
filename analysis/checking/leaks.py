"""Features that tell networks which data set an event is from, and so its class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from analysis.checking.step_checks import Finding, Row

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.learning.data.inputs import TrainingInputs

__all__ = ["leak", "telling"]


def leak(stage: str, inputs: Mapping[str, TrainingInputs], simulated: Iterable[Dataset]) -> Iterator[Row]:
    """Check inputs of networks for features that tell the data set.

    Args:
        stage: name of the stage that makes the inputs.
        inputs: by data set.
        simulated: data sets that networks are trained on.

    Returns:
        A row with a finding if there are some; none otherwise.
    """
    if names := telling({one.name: inputs[one.name] for one in simulated if one.name in inputs}):
        problem = f"{', '.join(names)}: the same for all events of a data set, and another one for each data set"
        cure = "leave out of the features what tells the class; keep what the evaluation needs as spectators"
        yield Row(stage, "", findings=[Finding(stage, "", "", "value", problem, "", 0, cure)])


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
