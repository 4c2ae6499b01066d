"""Features that tell the data set."""

from __future__ import annotations

import numpy as np

from analysis.checking.leaks import telling
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs


def inputs(weight: float, label: int) -> TrainingInputs:
    """Events with a mass, a constant, and the weight that a data set's events have."""
    mass = np.random.default_rng(label).normal(100.0, 10.0, 50)
    values = np.stack([mass, np.ones(50), np.full(50, weight)], axis=1).astype(np.float32)
    return TrainingInputs(
        features={"event": Features(values, np.ones((50, 3), bool), ("mass", "one", "weight"))},
        label=np.full(50, label, np.int32),
        target=np.zeros((50, 0), np.float32),
        weight=np.ones(50),
        identity=np.arange(50, dtype=np.uint64) + 100 * label,
        trainable=np.ones(50, bool),
        classes=("signal", "background"),
    )


def test_what_differs_between_data_sets_and_nowhere_else_tells_them_apart():
    assert telling({"signal": inputs(0.1, 0), "background": inputs(0.2, 1)}) == ["weight"]
    # the same everywhere says nothing, and one data set cannot tell
    assert telling({"signal": inputs(0.1, 0), "background": inputs(0.1, 1)}) == []
    assert telling({"signal": inputs(0.1, 0)}) == []
