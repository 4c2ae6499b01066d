from __future__ import annotations

import dataclasses
from typing import get_args, get_type_hints

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import log_loss, root_mean_squared_error

from analysis.errors import TrainingError
from analysis.learning.losses import CrossEntropy, Gaussian, Truth, loss_named
from analysis.learning.settings import TrainingSettings

RANDOM = np.random.default_rng(11)
SCALE = np.array([[700.0, 60.0], [-3.0, 0.1]], np.float32)


def regression(events=50):
    """Outputs of a network with two targets, and the truth."""
    target = SCALE[:, 0] + SCALE[:, 1] * RANDOM.normal(size=(events, 2))
    truth = Truth(jnp.zeros(events, int), jnp.asarray(target, jnp.float32), jnp.asarray(SCALE))
    return jnp.asarray(RANDOM.normal(size=(events, 4)), jnp.float32), truth


def test_every_name_of_the_settings_has_its_loss():
    names = get_args(get_type_hints(TrainingSettings)["loss"])
    assert [loss_named(name).name for name in names] == list(names)


def test_the_gaussian_loss_is_the_negative_logarithm_of_the_density():
    outputs, truth = regression()
    predicted = np.asarray(Gaussian().predictions(outputs, truth.scale), float)
    # the density of a standardised target is larger by the target's width
    density = norm.logpdf(truth.target, predicted[:, :2], predicted[:, 2:]) + np.log(SCALE[:, 1])
    assert np.allclose(Gaussian().losses(outputs, truth), -density.sum(axis=1), rtol=2e-4, atol=2e-4)


def test_the_gaussian_loss_is_least_at_the_truth_and_its_spread():
    """Of one number for all events, the best mean and variance are those of the events."""
    target = jnp.asarray(RANDOM.normal(3.0, 2.0, (4000, 1)), jnp.float32)
    truth = Truth(jnp.zeros(4000, int), target, jnp.array([[1.0, 4.0]]))

    def mean_loss(outputs):
        return jnp.mean(Gaussian().losses(jnp.broadcast_to(outputs, (4000, 2)), truth))

    outputs = jnp.zeros(2)
    for _ in range(300):
        outputs -= 0.3 * jax.grad(mean_loss)(outputs)
    predicted = Gaussian().predictions(outputs[None], truth.scale)[0]
    assert predicted[0] == pytest.approx(float(target.mean()), rel=1e-3)
    assert predicted[1] == pytest.approx(float(target.std()), rel=1e-3)


def test_the_merit_of_a_regression_is_in_the_targets_unit():
    outputs, truth = regression()
    weight = RANDOM.uniform(0.5, 2.0, 50)
    mean = np.asarray(Gaussian().predictions(outputs, truth.scale))[:, :2]
    expected = root_mean_squared_error(truth.target, mean, sample_weight=weight)
    assert float(Gaussian().merits(outputs, truth, jnp.asarray(weight))) == pytest.approx(expected, rel=1e-4)


def test_absurd_outputs_stay_finite():
    _, truth = regression(2)
    outputs = jnp.array([[0.0, 0.0, -1e4, 1e4]] * 2)
    assert np.isfinite(Gaussian().losses(outputs, truth)).all()
    assert (Gaussian().predictions(outputs, truth.scale)[:, 2:] > 0).all()


def test_the_cross_entropy_is_that_of_scikit_learn():
    outputs, label = jnp.asarray(RANDOM.normal(size=(60, 3)), jnp.float32), np.arange(60) % 3
    truth = Truth(jnp.asarray(label), jnp.zeros((60, 0)), jnp.zeros((0, 2)))
    probability = np.asarray(CrossEntropy().predictions(outputs, truth.scale), float)
    assert probability.sum(axis=1) == pytest.approx(1, abs=1e-6)
    probability /= probability.sum(axis=1, keepdims=True)
    assert float(CrossEntropy().losses(outputs, truth).mean()) == pytest.approx(log_loss(label, probability), rel=1e-5)


def test_the_scale_of_a_target_is_weighted(pulses):
    inputs = pulses(400)
    rows = np.arange(0, 400, 3)
    weight = Gaussian().weights(inputs, rows, "these events")
    assert weight.mean() == pytest.approx(1)
    assert weight / inputs.weight[rows] == pytest.approx(weight[0] / inputs.weight[0])
    scale = Gaussian().scale(inputs, rows, weight, "these events")
    target = inputs.target[rows, 0].astype(float)
    mean = np.average(target, weights=weight)
    assert scale[0] == pytest.approx([mean, np.sqrt(np.cov(target, aweights=weight, ddof=0))], rel=1e-6)


def test_what_a_loss_cannot_do(pulses, gaussians):
    with pytest.raises(TrainingError, match=r"(?s)'gaussian' needs targets.*use the loss 'cross_entropy'"):
        Gaussian().check(gaussians(20).layout)
    with pytest.raises(TrainingError, match="'cross_entropy' needs classes; the events have 0"):
        CrossEntropy().check(dataclasses.replace(gaussians(20).layout, classes=()))
    inputs = pulses(20)
    constant = dataclasses.replace(inputs, target=np.full((20, 1), 3, np.float32))
    with pytest.raises(TrainingError, match="the target 'depth' never varies among the training events of fold 0"):
        Gaussian().scale(constant, np.arange(20), np.ones(20), "the training events of fold 0")
    with pytest.raises(TrainingError, match="the sum of weights of some events is -20"):
        Gaussian().weights(dataclasses.replace(inputs, weight=np.full(20, -1.0)), np.arange(20), "some events")


def test_names_of_predictions(pulses, gaussians):
    assert CrossEntropy().names(gaussians(20).layout) == ("one", "two", "three")
    assert Gaussian().names(pulses(20).layout) == ("depth", "depth_uncertainty")
    assert (CrossEntropy().outputs(gaussians(20).layout), Gaussian().outputs(pulses(20).layout)) == (3, 2)
