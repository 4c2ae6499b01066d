from __future__ import annotations

import dataclasses
from typing import get_args, get_type_hints

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import norm
from sklearn.metrics import log_loss

from analysis.errors import StudyError, TrainingError
from analysis.learning import loss_settings as of
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.data.layout import Layout
from analysis.learning.losses.by_name import LOSSES, loss_of
from analysis.learning.losses.loss import Truth
from analysis.learning.settings import TrainingSettings

pytestmark = pytest.mark.long

SCALE = np.array([[700.0, 60.0], [-3.0, 0.1]], np.float32)
NOTHING = BatchInputs({}, {})


def regression(events=50, outputs=4):
    """Outputs of a network with two targets, and the truth."""
    random = np.random.default_rng(11)
    target = SCALE[:, 0] + SCALE[:, 1] * random.normal(size=(events, 2))
    truth = Truth(jnp.zeros(events, int), jnp.asarray(target, jnp.float32), jnp.asarray(SCALE), NOTHING)
    return jnp.asarray(random.normal(size=(events, outputs)), jnp.float32), truth


def classification(events=60):
    """Outputs of a network with three classes, and the truth."""
    outputs = jnp.asarray(np.random.default_rng(12).normal(size=(events, 3)), jnp.float32)
    return outputs, Truth(jnp.arange(events) % 3, jnp.zeros((events, 0)), jnp.zeros((0, 2)), NOTHING)


def standardised(truth):
    return (np.asarray(truth.target, float) - SCALE[:, 0]) / SCALE[:, 1]


def test_every_name_of_the_settings_has_its_loss():
    kinds = get_args(get_type_hints(TrainingSettings)["loss"])
    assert [loss_of(kind()).name for kind in kinds] == [kind.name for kind in kinds] == list(LOSSES)


def test_the_gaussian_loss_is_the_negative_logarithm_of_the_density():
    outputs, truth = regression()
    loss = loss_of(of.Gaussian())
    predicted = np.asarray(loss.predictions(outputs, truth.scale, NOTHING), float)
    # the density of a standardised target is larger by the target's width
    density = norm.logpdf(truth.target, predicted[:, :2], predicted[:, 2:]) + np.log(SCALE[:, 1])
    assert np.allclose(loss.losses(outputs, truth), -density.sum(axis=1), rtol=2e-4, atol=2e-4)


def test_the_gaussian_loss_is_least_at_the_truth_and_its_spread():
    """Of one number for all events, the best mean and variance are those of the events."""
    target = jnp.asarray(np.random.default_rng(13).normal(3.0, 2.0, (4000, 1)), jnp.float32)
    truth = Truth(jnp.zeros(4000, int), target, jnp.array([[1.0, 4.0]]), NOTHING)
    loss = loss_of(of.Gaussian())

    def mean_loss(outputs):
        return jnp.mean(loss.losses(jnp.broadcast_to(outputs, (4000, 2)), truth))

    gradient, outputs = jax.jit(jax.grad(mean_loss)), jnp.zeros(2)
    for _ in range(300):
        outputs -= 0.3 * gradient(outputs)
    predicted = loss.predictions(outputs[None], truth.scale, NOTHING)[0]
    assert predicted[0] == pytest.approx(float(target.mean()), rel=1e-3)
    assert predicted[1] == pytest.approx(float(target.std()), rel=1e-3)


def test_squared_and_hubers_errors():
    outputs, truth = regression(outputs=2)
    deviation = np.asarray(outputs, float) - standardised(truth)
    squared = loss_of(of.SquaredError()).losses(outputs, truth)
    assert np.allclose(squared, (deviation**2 / 2).sum(axis=1), rtol=1e-3, atol=1e-4)
    size = np.abs(deviation)
    expected = np.where(size < 0.5, size**2 / 2, 0.5 * (size - 0.25)).sum(axis=1)
    assert np.allclose(loss_of(of.Huber(0.5)).losses(outputs, truth), expected, rtol=1e-3, atol=1e-4)
    predicted = loss_of(of.SquaredError()).predictions(outputs, truth.scale, NOTHING)
    assert np.allclose(predicted, SCALE[:, 0] + SCALE[:, 1] * np.asarray(outputs))


def test_quantiles_are_in_the_units_of_their_targets():
    loss = loss_of(of.Likelihood(quantiles=(0.16, 0.5, 0.84)))
    layout = Layout({}, ("simulated",), ("xmax", "lg.a"))
    names = loss.names(layout)
    assert names[2:6] == ("xmax_uncertainty", "lg.a_uncertainty", "xmax_q16", "xmax_q50")
    outputs = jnp.asarray([[0.0, 0.0, 1.0, 1.0, -1.0, 0.0, 1.0, -2.0, 0.0, 2.0]])
    found = loss.predictions(outputs, jnp.asarray(SCALE), NOTHING)
    assert np.allclose(found[0], [700, -3, 60, 0.1, 640, 700, 760, -3.2, -3, -2.8])
    # of two seeds, the mixture's moments and the means of the quantiles
    both = np.asarray(loss.combine(np.stack([np.asarray(found), np.asarray(found) + 2.0])))
    assert both[0, 2] == pytest.approx(np.sqrt((60**2 + 62**2) / 2 + 1))
    assert both[0, 4:] == pytest.approx(np.asarray(found)[0, 4:] + 1.0, rel=1e-6)
    for bad in ({"quantiles": (0.5, 0.2)}, {"quantiles": (0.0, 0.5)}, {"quantiles": (0.5,), "drawn": True}):
        with pytest.raises(StudyError, match="quantiles"):
            of.Likelihood(**bad)


def test_absurd_outputs_stay_finite():
    _, truth = regression(2)
    outputs = jnp.array([[0.0, 0.0, -1e4, 1e4]] * 2)
    loss = loss_of(of.Gaussian())
    assert np.isfinite(loss.losses(outputs, truth)).all()
    assert (loss.predictions(outputs, truth.scale, NOTHING)[:, 2:] > 0).all()


def test_the_cross_entropy_is_that_of_scikit_learn():
    outputs, truth = classification()
    loss = loss_of(of.CrossEntropy())
    probability = np.asarray(loss.predictions(outputs, truth.scale, NOTHING), float)
    assert probability.sum(axis=1) == pytest.approx(1, abs=1e-6)
    probability /= probability.sum(axis=1, keepdims=True)
    assert float(loss.losses(outputs, truth).mean()) == pytest.approx(log_loss(truth.label, probability), rel=1e-5)


def test_smoothed_labels():
    """The best probability of the own class is 1 - s + s / c."""
    outputs, truth = classification(300)
    loss = loss_of(of.CrossEntropy(label_smoothing=0.3))
    probability = np.asarray(jax.nn.log_softmax(outputs), float)
    target = np.full((300, 3), 0.1)
    target[np.arange(300), np.asarray(truth.label)] = 0.8
    assert np.allclose(loss.losses(outputs, truth), -(target * probability).sum(axis=1), rtol=1e-5)


def test_the_focal_loss_without_gamma_is_the_cross_entropy():
    outputs, truth = classification()
    entropy = loss_of(of.CrossEntropy(label_smoothing=0.1)).losses(outputs, truth)
    assert np.allclose(loss_of(of.Focal(gamma=0.0, label_smoothing=0.1)).losses(outputs, truth), entropy, rtol=1e-5)
    probability = np.asarray(jax.nn.softmax(outputs), float)[np.arange(60), np.asarray(truth.label)]
    expected = -((1 - probability) ** 2) * np.log(probability)
    assert np.allclose(loss_of(of.Focal(gamma=2.0)).losses(outputs, truth), expected, rtol=1e-4, atol=1e-6)


def test_the_focal_loss_of_a_certain_event_has_a_gradient():
    truth = Truth(jnp.array([0]), jnp.zeros((1, 0)), jnp.zeros((0, 2)), NOTHING)
    loss = loss_of(of.Focal(gamma=0.5))
    gradient = jax.grad(lambda outputs: loss.losses(outputs, truth).sum())(jnp.array([[60.0, 0.0, 0.0]]))
    assert np.isfinite(gradient).all()


def test_reconstruction_counts_what_is_present():
    values = {"b": jnp.array([[1.0, 2.0], [3.0, 0.0]]), "a": jnp.array([[[5.0], [0.0]], [[7.0], [8.0]]])}
    present = {"b": jnp.array([[True, True], [True, False]]), "a": jnp.array([[True, False], [True, True]])}
    inputs = BatchInputs(values, present)
    truth = Truth(jnp.zeros(2, int), jnp.zeros((2, 0)), jnp.zeros((0, 2)), inputs)
    # side by side by name: a, a, b, b
    outputs = jnp.array([[4.0, 9.0, 1.0, 0.0], [7.0, 8.0, 3.0, 9.0]])
    assert loss_of(of.Reconstruction()).losses(outputs, truth) == pytest.approx([(1 + 0 + 4) / 3, 0])
    only = loss_of(of.Reconstruction(blocks=("b",)))
    assert only.losses(outputs[:, 2:], truth) == pytest.approx([2.0, 0.0])
    assert np.asarray(only.predictions(outputs[:, 2:], truth.scale, inputs)) == pytest.approx(np.array([[2.0], [0.0]]))


@pytest.mark.parametrize("settings", [of.Gaussian(), of.Huber(0.7), of.SquaredError()])
def test_gradients(settings):
    _, truth = regression(1)
    number = loss_of(settings).outputs
    size = 4 if isinstance(settings, of.Gaussian) else 2
    assert number is not None

    def value(flat):
        return float(loss_of(settings).losses(jnp.asarray(flat, jnp.float32)[None], truth)[0])

    def gradient(flat):
        return np.asarray(
            jax.grad(lambda o: loss_of(settings).losses(o[None], truth)[0])(jnp.asarray(flat, jnp.float32)), float
        )

    assert check_grad(value, gradient, np.linspace(-0.4, 0.5, size), epsilon=1e-2) < 2e-2


def test_several_networks_are_a_mixture_of_normal_distributions():
    random = np.random.default_rng(14)
    predictions = np.stack([np.stack([random.normal(5, 2, 6), random.uniform(1, 2, 6)], axis=1) for _ in range(3)])
    combined = loss_of(of.Gaussian()).combine(predictions)
    draws = random.normal(predictions[:, 0, 0], predictions[:, 0, 1], (200_000, 3))
    assert combined[0] == pytest.approx([draws.mean(), draws.std()], rel=0.01)
    assert np.array_equal(loss_of(of.Gaussian()).combine(predictions[:1]), predictions[0])
    assert np.allclose(loss_of(of.CrossEntropy()).combine(predictions), predictions.mean(axis=0))


def test_factors_of_weights(gaussians):
    layout = gaussians(20).layout
    number, total = np.array([10.0, 30.0, 60.0]), np.array([1.0, 60.0, 200.0])
    balanced = loss_of(of.CrossEntropy()).factors(number, total, layout, "some events")
    assert balanced * total == pytest.approx(np.full(3, 100 / 3))
    own = loss_of(of.CrossEntropy(balanced=False)).factors(number, total, layout, "some events")
    assert own == pytest.approx(np.full(3, 100 / 261))
    weighted = loss_of(of.CrossEntropy(class_weights=(1.0, 2.0, 5.0))).factors(number, total, layout, "some events")
    assert weighted * total == pytest.approx(np.array([12.5, 25.0, 62.5]))
    assert loss_of(of.Gaussian()).factors(number, total, layout, "some events") == pytest.approx(own)


def test_what_a_loss_cannot_do(pulses, gaussians):
    layout = gaussians(20).layout
    with pytest.raises(TrainingError, match=r"(?s)'gaussian' needs targets.*use the loss 'cross_entropy'"):
        loss_of(of.Gaussian()).check(layout)
    with pytest.raises(TrainingError, match="'cross_entropy' needs classes; the events have 0"):
        loss_of(of.CrossEntropy()).check(dataclasses.replace(layout, classes=()))
    with pytest.raises(TrainingError, match=r"(?s)2 class weights for 3 classes.*one, two, three"):
        loss_of(of.CrossEntropy(class_weights=(1.0, 2.0))).check(layout)
    with pytest.raises(TrainingError, match=r"(?s)a block 'jets'.*use event"):
        loss_of(of.Reconstruction(("jets",))).check(layout)
    with pytest.raises(TrainingError, match="the sum of weights of some events is -20"):
        loss_of(of.Gaussian()).factors(np.ones(1), np.full(1, -20.0), pulses(20).layout, "some events")


def test_names_of_predictions(pulses, gaussians):
    classes, targets = gaussians(20).layout, pulses(20).layout
    for settings, layout, names, outputs in (
        (of.CrossEntropy(), classes, ("one", "two", "three"), 3),
        (of.Gaussian(), targets, ("depth", "depth_uncertainty"), 2),
        (of.Huber(), targets, ("depth",), 1),
        (of.Reconstruction(), classes, ("difference",), 4),
        (of.Reconstruction(("stations",)), targets, ("difference",), 10),
    ):
        assert (loss_of(settings).names(layout), loss_of(settings).outputs(layout)) == (names, outputs)
