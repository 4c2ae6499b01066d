from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import confusion_matrix, roc_auc_score

from analysis.errors import TrainingError
from analysis.events.identity import fold_of
from analysis.learning.application.scores import Scores
from analysis.learning.evaluation.classification import (
    compare_training,
    confusion,
    evaluate,
    kolmogorov_smirnov,
    summarise,
)
from analysis.learning.training.train import train
from analysis.results import Number


@pytest.fixture
def inputs(gaussians):
    return gaussians(3000, measured=300)


@pytest.fixture
def scores(inputs):
    """Scores that know something of the class: the first three features in another order."""
    values = np.exp(inputs.features["event"].values[:, [2, 0, 1]].astype(float))
    return (values / values.sum(axis=1, keepdims=True)).astype(np.float32)


def test_the_summary_is_of_the_trainable_test_events(inputs, scores):
    summary = summarise(scores, inputs, 5)
    fold = fold_of(inputs.identity, 5)
    assert summary["events"] == 2700
    for index, name in enumerate(inputs.classes):
        expected = []
        for number in range(5):
            rows = inputs.trainable & (fold == number)
            weight = inputs.weight[rows]
            signal = inputs.label[rows] == index
            # scikit-learn takes no negative weights into a curve that has to rise
            order = np.argsort(scores[rows, index])
            below = np.cumsum(np.where(signal, 0, weight)[order])
            area = np.sum(np.where(signal, weight, 0)[order] * below) / weight[signal].sum() / weight[~signal].sum()
            expected.append(area)
        found = summary["auc"][name]
        assert [estimate["value"] for estimate in found["folds"]] == pytest.approx(expected, abs=1e-6)
        assert found["value"] == pytest.approx(np.mean(expected), abs=1e-6)
        total = math.sqrt(sum(estimate["uncertainty"] ** 2 for estimate in found["folds"]))
        assert found["uncertainty"] == pytest.approx(total / 5)
    assert summary["mean_auc"] == pytest.approx(np.mean([entry["value"] for entry in summary["auc"].values()]))


def test_balanced_means_classes_of_equal_size(inputs, scores):
    chosen = inputs.select((inputs.weight > 0) & inputs.trainable)
    scores = scores[(inputs.weight > 0) & inputs.trainable]
    fold = fold_of(chosen.identity, 3)
    expected = []
    for number in range(3):
        rows = fold == number
        weight = chosen.weight[rows] / np.bincount(chosen.label[rows], weights=chosen.weight[rows])[chosen.label[rows]]
        expected.append(roc_auc_score(chosen.label[rows] == 1, scores[rows, 1], sample_weight=weight))
    assert summarise(scores, chosen, 3)["auc"]["two"]["balanced"]["value"] == pytest.approx(
        np.mean(expected), abs=1e-12
    )


def test_measured_events_do_not_count(inputs, scores):
    changed = scores.copy()
    changed[~inputs.trainable] = 0
    assert summarise(changed, inputs, 5) == summarise(scores, inputs, 5)


def test_the_summary_fits_into_json(inputs, scores):
    summary = summarise(scores, inputs, 5)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_a_class_that_is_not_there_is_named(inputs, scores):
    rows = inputs.label != 1
    with pytest.raises(TrainingError, match=r"the class .two. cannot be judged: sums of weights are 0\.0"):
        summarise(scores[rows], inputs.select(rows), 5)


def test_the_confusion_matrix_is_that_of_scikit_learn(inputs, scores):
    rows = inputs.trainable
    label, weight = inputs.label[rows], inputs.weight[rows]
    result = confusion(scores[rows], label, weight, inputs.classes)
    predicted = scores[rows].argmax(axis=1)
    assert np.allclose(result["expected"], confusion_matrix(label, predicted, sample_weight=weight))
    assert np.allclose(np.sum(result["fraction"], axis=1), 1)
    assert np.allclose(
        np.square(result["expected_uncertainty"]), confusion_matrix(label, predicted, sample_weight=weight**2)
    )


def test_fractions_of_equal_weights_have_binomial_uncertainties():
    label = np.repeat([0, 1], [40, 10])
    predicted = np.where(np.arange(50) % 4 == 0, 1 - label, label)
    result = confusion(np.eye(2)[predicted], label, np.full(50, 2.5), ["a", "b"])
    for row, number in enumerate((40, 10)):
        fraction = np.array(result["fraction"][row])
        assert result["fraction_uncertainty"][row] == pytest.approx(np.sqrt(fraction * (1 - fraction) / number))
    with pytest.raises(TrainingError, match="the class 'b' has no events"):
        confusion(np.eye(2)[predicted[:40]], label[:40], np.ones(40), ["a", "b"])


def test_kolmogorov_smirnov_without_weights_is_that_of_scipy():
    random = np.random.default_rng(1)
    for shift in (0.0, 0.1, 0.3):
        first, second = random.normal(0, 1, 700).round(2), random.normal(shift, 1, 500).round(2)
        result = kolmogorov_smirnov(first, np.ones(700), second, np.ones(500))
        expected = ks_2samp(first, second, method="asymp")
        assert result["distance"] == pytest.approx(expected.statistic, abs=1e-12)
        assert result["p_value"] == pytest.approx(expected.pvalue, abs=0.03)


def test_kolmogorov_smirnov_with_weights_has_uniform_p_values():
    random = np.random.default_rng(2)
    p_values = []
    for _ in range(1000):
        first, second = random.normal(size=(2, 400))
        result = kolmogorov_smirnov(first, random.exponential(size=400), second, random.exponential(size=400))
        p_values.append(result["p_value"])
    for level in (0.1, 0.5, 0.9):
        assert np.mean(np.array(p_values) < level) == pytest.approx(
            level, abs=4 * math.sqrt(level * (1 - level) / 1000)
        )


@pytest.mark.long
def test_data_sets_are_judged_together(gaussians, small_network, small_settings, tmp_path):
    """To the last bit as all events in one go, whatever the order of the scores."""
    inputs = gaussians(900, measured=100)
    trained = train(inputs, small_network, small_settings, checkpoints=tmp_path)
    parts = {"a": inputs.select(np.arange(0, 500)), "b": inputs.select(np.arange(500, 900))}
    predictions = trained.predictions(inputs)
    scores = {
        "b": Scores(parts["b"].identity, predictions[500:], trained.names),
        "a": Scores(parts["a"].identity, predictions[:500], trained.names),
    }
    found = evaluate(trained, scores, parts)
    assert found["metrics"] == summarise(predictions, inputs, small_settings.folds)
    assert found["comparison"] == compare_training(trained, inputs)
    numbers = [Number.from_json(number) for number in found["numbers"]]
    kinds = ("auc", "overtraining")
    assert [number.name for number in numbers] == [f"{kind}_{name}" for name in inputs.classes for kind in kinds]
    areas = [found["metrics"]["auc"][name]["value"] for name in inputs.classes]
    assert [number.value for number in numbers if number.name.startswith("auc_")] == areas
    assert list(found["headline"]) == [f"AUC {name} against rest" for name in inputs.classes]
