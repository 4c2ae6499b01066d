"""Targets of simulation alone, and a gradient that is turned round."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.special import expit

from analysis.errors import TrainingError
from analysis.learning import loss_settings as of
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.data.layout import Layout
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import Truth
from analysis.learning.networks.reversal import reverse_gradient

X = jnp.array([0.5, -1.0, 2.0])
INPUTS = BatchInputs({"event": X[:, None]}, {"event": jnp.ones((3, 1), bool)})
LABEL = np.array([0, 1, 0])
TARGET = np.array([1.0, 0.0, -1.0])
TRUTH = Truth(jnp.asarray(LABEL), jnp.asarray(TARGET)[:, None], jnp.array([[0.0, 1.0]]), INPUTS)


class Products(nnx.Module):
    """The feature a x; the mean of the target is b a x, its width 1; the odds of data are exp(c a x)."""

    def __init__(self) -> None:
        self.a, self.b, self.c = (nnx.Param(jnp.array(value)) for value in (0.7, 1.3, -0.4))

    def outputs_and_domain(self, values: Any, present: Any, strength: float) -> tuple[jax.Array, jax.Array]:
        feature = self.a[...] * values["event"][:, 0]
        mean = self.b[...] * feature
        return jnp.stack([mean, jnp.zeros(3)], axis=1), self.c[...] * reverse_gradient(feature, strength)


@pytest.mark.long
@pytest.mark.parametrize("strength", [0.0, 1.0, 2.5])
def test_gradients_are_those_computed_by_hand(strength: float) -> None:
    loss = loss_of(of.DomainAdversarial(strength))
    graph, params = nnx.split(Products())

    def total(params: Any) -> jax.Array:
        return jnp.sum(loss.losses_of("", nnx.merge(graph, params), INPUTS, TRUTH))

    found = jax.grad(total)(params)
    x, a, b, c = np.asarray(X), 0.7, 1.3, -0.4
    # d/da of 2 (b a x - y)^2 / 2 for simulation, and of the cross entropy, turned round
    missed = 2 * (LABEL == 0) * (b * a * x - TARGET)
    told = expit(c * a * x) - LABEL
    assert found["a"][...] == pytest.approx(np.sum(missed * b * x) - strength * np.sum(told * c * x), rel=1e-5)
    assert found["b"][...] == pytest.approx(np.sum(missed * a * x), rel=1e-5)
    # the classifier itself learns as ever
    assert found["c"][...] == pytest.approx(np.sum(told * a * x), rel=1e-5)


def test_validation_rewards_what_the_classifier_does_not_know() -> None:
    losses, predictions = loss_of(of.DomainAdversarial(2.0)).evaluate(Products(), INPUTS, TRUTH)
    x = np.asarray(X)
    expected = np.where(LABEL == 0, (1.3 * 0.7 * x - TARGET) ** 2 + np.log(2 * np.pi), 0)
    probability = expit(-0.4 * 0.7 * x)
    told = -np.log(np.where(LABEL == 1, probability, 1 - probability))
    assert np.allclose(losses, expected - 2.0 * told, rtol=1e-5)
    assert predictions.shape == (3, 2)


def test_two_classes_and_targets_are_needed() -> None:
    with pytest.raises(TrainingError, match="needs two classes; the events have one"):
        loss_of(of.DomainAdversarial()).check(Layout({}, ("one",), ("energy",)))
    with pytest.raises(TrainingError, match="needs targets"):
        loss_of(of.DomainAdversarial()).check(Layout({}, ("simulation", "data"), ()))
