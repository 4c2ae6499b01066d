from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import TrainingError
from analysis.learning.losses.balance import balanced


def test_classes_have_equal_sums_and_the_mean_is_one(gaussians):
    inputs = gaussians(1000)
    weight = balanced(inputs.weight, inputs.label, inputs.classes)
    assert np.bincount(inputs.label, weights=weight) == pytest.approx([1000 / 3] * 3)
    assert weight.mean() == pytest.approx(1)


def test_ratios_and_signs_within_a_class_stay(gaussians):
    inputs = gaussians(1000)
    ratio = balanced(inputs.weight, inputs.label, inputs.classes) / inputs.weight
    for label in range(3):
        assert np.ptp(ratio[inputs.label == label]) < 1e-12
        assert ratio[inputs.label == label][0] > 0


def test_a_class_without_events_or_weight_is_named():
    label = np.array([0, 0, 1])
    with pytest.raises(TrainingError, match="the class 'c' has no event in fold 3"):
        balanced(np.ones(3), label, ["a", "b", "c"], where="fold 3")
    with pytest.raises(TrainingError, match="the class 'b' has a sum of weights of -1 in the events"):
        balanced(np.array([1.0, 1.0, -1.0]), label, ["a", "b"])
