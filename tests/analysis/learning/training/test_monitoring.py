from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, mean_absolute_error, root_mean_squared_error

from analysis.errors import StudyError
from analysis.learning import loss_settings as of
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.evaluation.roc import auc
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import Truth
from analysis.learning.training.monitoring import METRICS, mean_auc, metrics_of

WEIGHT = np.random.default_rng(5).uniform(0.5, 2.0, 90)


def test_errors_are_those_of_scikit_learn(generator):
    target, predicted = generator.normal(size=(90, 2)), generator.normal(size=(90, 4))
    truth = Truth(jnp.zeros(90, int), jnp.asarray(target), jnp.zeros((2, 2)), BatchInputs({}, {}))
    for name, expected in (("rmse", root_mean_squared_error), ("mae", mean_absolute_error)):
        value = METRICS[name].compute(jnp.asarray(predicted), truth, jnp.asarray(WEIGHT))
        assert float(value) == pytest.approx(expected(target, predicted[:, :2], sample_weight=WEIGHT), rel=1e-5)


def test_the_accuracy_is_that_of_scikit_learn(generator):
    label, predicted = np.arange(90) % 3, generator.random((90, 3))
    truth = Truth(jnp.asarray(label), jnp.zeros((90, 0)), jnp.zeros((0, 2)), BatchInputs({}, {}))
    value = METRICS["accuracy"].compute(jnp.asarray(predicted), truth, jnp.asarray(WEIGHT))
    assert float(value) == pytest.approx(
        accuracy_score(label, predicted.argmax(axis=1), sample_weight=WEIGHT), rel=1e-5
    )


def test_which_metrics_a_training_has():
    entropy, gaussian = loss_of(of.CrossEntropy()), loss_of(of.Gaussian())

    def names(*arguments):
        return [metric.name for metric in metrics_of(*arguments)]

    assert names(entropy, (), "loss") == ["auc"]
    assert names(gaussian, (), "loss") == ["rmse"]
    assert names(entropy, ("accuracy",), "auc") == ["accuracy", "auc"]
    assert names(loss_of(of.Reconstruction()), (), "loss") == []
    with pytest.raises(StudyError, match=r"(?s)'rmse' does not go with the loss 'cross_entropy'.*use auc, accuracy"):
        metrics_of(entropy, ("rmse",), "loss")
    with pytest.raises(StudyError, match="'auc' does not go with the loss 'gaussian'"):
        metrics_of(gaussian, (), "auc")


def test_the_mean_area_agrees_with_the_exact_one(gaussians):
    inputs = gaussians(2000)
    scores = inputs.features["event"].values[:, [0, 1, 3]]  # the third feature is missing, and so equal, in many events
    expected = np.mean([auc(scores[:, c], inputs.label == c, inputs.weight).value for c in range(3)])
    found = jax.jit(mean_auc)(scores, inputs.label, inputs.weight.astype(np.float32))
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_events_without_weight_do_not_count(gaussians):
    inputs = gaussians(500)
    weight = np.where(np.arange(500) < 400, inputs.weight, 0).astype(np.float32)
    values = inputs.features["event"].values[:, :3]
    few = jax.jit(mean_auc)(values[:400], inputs.label[:400], weight[:400])
    assert float(jax.jit(mean_auc)(values, inputs.label, weight)) == pytest.approx(float(few), abs=1e-6)
