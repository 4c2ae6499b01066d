"""A network that draws its parameters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.integrate import quad
from scipy.stats import norm

from analysis.errors import StudyError, TrainingError
from analysis.learning.loss_settings import CrossEntropy, Variational
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import BatchInputs, Truth
from analysis.learning.networks.bayesian import BayesianSettings, build
from analysis.learning.networks.dense import DenseSettings
from analysis.learning.networks.dense import build as build_dense

SHAPES = {"event": (3,)}
SETTINGS = BayesianSettings(hidden=(8,), draws=6, start=0.5)
VALUES: Any = {"event": np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)}
PRESENT: Any = {"event": np.ones((5, 3), bool)}
pytestmark = [pytest.mark.usefixtures("quick_compilation"), pytest.mark.long]


def network(settings: BayesianSettings = SETTINGS, *, training: bool = False) -> Any:
    built = build(SHAPES, 2, nnx.Rngs(params=0, dropout=1), settings)
    built.train() if training else built.eval()
    return built


def test_parameters_are_drawn_in_training_and_the_same_afterwards() -> None:
    learning, applied = network(training=True), network()
    assert learning(VALUES, PRESENT).shape == (5, 2)
    assert not np.array_equal(learning(VALUES, PRESENT), learning(VALUES, PRESENT))
    found = applied(VALUES, PRESENT)
    assert found.shape == (5, 6, 2)
    assert np.array_equal(found, applied(VALUES, PRESENT))
    # an event's draws do not depend on who is computed with it
    alone = applied({"event": VALUES["event"][3:4]}, {"event": PRESENT["event"][3:4]})
    assert np.allclose(alone[0], found[3], rtol=1e-5, atol=1e-6)


def test_both_ways_to_draw_have_the_same_moments() -> None:
    """Of a linear network: kernels drawn for all events, and what an event gets drawn for each."""
    settings = BayesianSettings(hidden=(), draws=4000, start=0.5)
    drawn = np.asarray(network(settings)(VALUES, PRESENT))
    many = {"event": np.repeat(VALUES["event"], 4000, axis=0)}
    local = network(settings, training=True)(many, {"event": np.ones((20_000, 3), bool)})
    local = np.asarray(local).reshape(5, 4000, 2)
    assert np.allclose(local.mean(axis=1), drawn.mean(axis=1), atol=0.05)
    assert np.allclose(local.std(axis=1), drawn.std(axis=1), rtol=0.06)


def test_the_divergence_is_that_of_normal_distributions() -> None:
    built = network(BayesianSettings(hidden=(), prior=1.5, start=0.3))
    layer = built.layers[0]
    # the features, and the truth values of what is missing
    width = 6**-0.5

    def term(mean: float) -> float:
        own, prior = norm(mean, 0.3 * width), norm(0, 1.5 * width)
        return quad(lambda w: own.pdf(w) * (own.logpdf(w) - prior.logpdf(w)), mean - 3 * width, mean + 3 * width)[0]

    expected = sum(term(float(mean)) for mean in np.ravel(layer.mean.kernel[...]))
    assert float(built.divergence()) == pytest.approx(expected, rel=1e-4)


def test_events_share_the_divergence() -> None:
    loss, built = loss_of(Variational()), network(training=True)
    inputs, label = BatchInputs(VALUES, PRESENT), jnp.array([0, 1, 0, 1, 1])
    # the same random numbers for both
    graph, state = nnx.split(built)

    def losses(events: int) -> Any:
        truth = Truth(label, jnp.zeros((5, 0)), jnp.zeros((0, 2)), inputs, events)
        return loss.losses_of("", nnx.merge(graph, jax.tree.map(lambda leaf: leaf, state)), inputs, truth)

    assert np.allclose(losses(10) - losses(1000), float(built.divergence()) * (1 / 10 - 1 / 1000), rtol=1e-3)


def test_predictions_are_means_over_draws() -> None:
    loss, built = loss_of(Variational()), network()
    inputs, label = BatchInputs(VALUES, PRESENT), jnp.array([0, 1, 0, 1, 1])
    losses, predictions = loss.evaluate(built, inputs, Truth(label, jnp.zeros((5, 0)), jnp.zeros((0, 2)), inputs))
    probabilities = np.asarray(jax.nn.softmax(built(VALUES, PRESENT)))
    assert np.allclose(predictions, probabilities.mean(axis=1), rtol=1e-5)
    chosen = probabilities[np.arange(5), :, np.asarray(label)]
    assert np.allclose(losses, -np.log(chosen).mean(axis=1), rtol=1e-4)


def test_loss_and_network_have_to_go_together() -> None:
    with pytest.raises(TrainingError, match="draws its parameters, which the loss 'cross_entropy' does not know"):
        loss_of(CrossEntropy()).check_network(network())
    with pytest.raises(TrainingError, match="needs a network with divergence"):
        loss_of(Variational()).check_network(build_dense(SHAPES, 2, nnx.Rngs(0), DenseSettings()))
    with pytest.raises(StudyError, match="draws"):
        BayesianSettings(draws=1)
