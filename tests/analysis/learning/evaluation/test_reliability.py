from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import TrainingError
from analysis.learning.evaluation.reliability import calibration_error, reliability

CLASSES = ("w", "z")


def drawn(number: int = 20000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    probability = random.uniform(0.0, 1.0, number)
    label = (random.random(number) < probability).astype(np.int32)
    return np.stack([1.0 - probability, probability], axis=1).astype(np.float32), label, np.ones(number)


def test_true_probabilities_are_frequencies_within_their_uncertainty() -> None:
    found = reliability(*drawn(), CLASSES)
    for one in found.values():
        pulls = (one.observed - one.predicted) / one.uncertainty
        assert np.abs(pulls).max() < 4.0
        assert one.share.sum() == pytest.approx(1.0)
    assert calibration_error(found) < 0.02


def test_too_sure_probabilities_have_an_error() -> None:
    probability, label, weight = drawn()
    sure = np.where(probability > 0.5, 0.75 + 0.5 * (probability - 0.5), 0.25 + 0.5 * (probability - 0.5))
    found = reliability(sure.astype(np.float32), label, weight, CLASSES)
    assert calibration_error(found) == pytest.approx(0.125, abs=0.02)


def test_weights_of_a_class_do_not_matter_and_single_ones_do() -> None:
    probability, label, weight = drawn()
    same = reliability(probability, label, np.where(label == 1, 7.0, 1.0), CLASSES)
    assert same["z"].observed == pytest.approx(reliability(probability, label, weight, CLASSES)["z"].observed)
    few = np.where(np.arange(len(label)) % 10 == 0, 10.0, 0.1)
    assert (reliability(probability, label, few, CLASSES)["z"].uncertainty > 2.0 * same["z"].uncertainty).all()


def test_other_predictions_are_refused() -> None:
    probability, label, weight = drawn(100)
    with pytest.raises(TrainingError, match="give the probabilities alone"):
        reliability(np.concatenate([probability, probability[:, :1]], axis=1), label, weight, CLASSES)
