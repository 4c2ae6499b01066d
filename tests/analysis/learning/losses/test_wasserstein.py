"""The critic's and the generator's losses, against cases that can be computed by hand."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError
from analysis.learning import loss_settings as of
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import Truth
from analysis.learning.training.monitoring import metrics_of

SLOPE = jnp.array([3.0, 4.0])
TARGET = jnp.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
SCALE = jnp.array([[1.0, 2.0], [2.0, 1.0]])
INPUTS = BatchInputs({"event": jnp.ones((3, 1))}, {"event": jnp.ones((3, 1), bool)})
TRUTH = Truth(jnp.zeros(3, int), TARGET, SCALE, INPUTS)


class Linear(nnx.Module):
    """A critic w y whose slope is known, or one that is quadratic in y; a generator of constants."""

    def __init__(self, power: int = 1) -> None:
        self.w = nnx.Param(SLOPE)
        self.constants = nnx.Param(jnp.array([0.5, -0.5]))
        self.power = power
        self.random = self

    def uniform(self, events: int, size: int) -> jax.Array:
        return jnp.linspace(0.1, 0.9, events)[:, None] * jnp.ones(size)

    def __call__(self, values: Any, present: Any) -> jax.Array:
        return jnp.broadcast_to(self.constants[...], (3, 2))

    def criticise(self, values: Any, present: Any, targets: jax.Array) -> jax.Array:
        return (targets**self.power) @ self.w[...]


def test_a_linear_critic_has_one_slope() -> None:
    loss = loss_of(of.Wasserstein(penalty=10.0))
    true = (np.asarray(TARGET) - [1.0, 2.0]) / [2.0, 1.0]
    distance = np.array([0.5, -0.5]) @ [3.0, 4.0] - true @ [3.0, 4.0]
    found = loss.losses_of("critic", Linear(), INPUTS, TRUTH)
    assert np.allclose(found, distance + 10.0 * (5.0 - 1.0) ** 2)
    assert np.allclose(loss.losses_of("generator", Linear(), INPUTS, TRUTH), 0.5)
    losses, predictions = loss.evaluate(Linear(), INPUTS, TRUTH)
    assert np.allclose(losses, -distance)
    # in the targets' units
    assert np.allclose(predictions, [[1.0 + 2.0 * 0.5, 2.0 - 0.5]] * 3)


def test_the_slope_is_that_between_pairs_and_its_gradient_is_exact() -> None:
    """Of w y^2 it is 2 w y, each event's own, at e y + (1 - e) G."""
    loss = loss_of(of.Wasserstein(penalty=2.0))
    true = (np.asarray(TARGET) - [1.0, 2.0]) / [2.0, 1.0]
    share = np.linspace(0.1, 0.9, 3)[:, None]
    between = share * true + (1 - share) * np.array([0.5, -0.5])

    def expected(w: Any) -> Any:
        slope = jnp.sqrt(jnp.sum((2 * w * between) ** 2, axis=1))
        return (np.array([0.5, -0.5]) ** 2) @ w - (true**2) @ w + 2.0 * (slope - 1) ** 2

    assert np.allclose(loss.losses_of("critic", Linear(2), INPUTS, TRUTH), expected(SLOPE), rtol=1e-5)
    graph, params = nnx.split(Linear(2))

    def total(params: Any) -> jax.Array:
        return jnp.sum(loss.losses_of("critic", nnx.merge(graph, params), INPUTS, TRUTH))

    gradient = jax.grad(total)(params)
    assert np.allclose(gradient["w"][...], jax.grad(lambda w: jnp.sum(expected(w)))(SLOPE), rtol=1e-4)
    # what the critic learns does not change the generator
    assert not np.any(gradient["constants"][...])


def test_a_critic_without_slope_has_a_finite_gradient() -> None:
    loss = loss_of(of.Wasserstein())
    graph, params = nnx.split(Linear(2))
    params = jax.tree.map(jnp.zeros_like, params)

    def total(params: Any) -> jax.Array:
        return jnp.sum(loss.losses_of("critic", nnx.merge(graph, params), INPUTS, TRUTH))

    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(jax.grad(total)(params)))


def test_drawn_targets_have_a_distance_and_no_errors() -> None:
    drawn, moments = (metrics_of(loss_of(of.Likelihood(drawn)), (), "loss") for drawn in (True, False))
    assert [metric.name for metric in drawn] == ["sliced_wasserstein"]
    assert [metric.name for metric in moments] == ["rmse"]


def test_its_loss_picks_no_epoch() -> None:
    loss = loss_of(of.Wasserstein())
    with pytest.raises(StudyError, match="picks no best epoch"):
        metrics_of(loss, (), "loss")
    assert [metric.name for metric in metrics_of(loss, (), "sliced_wasserstein")] == ["sliced_wasserstein"]


def test_what_several_networks_draw_is_not_averaged() -> None:
    draws = np.arange(12.0, dtype=np.float32).reshape(2, 3, 2)
    assert (loss_of(of.Wasserstein()).combine(draws) == draws[0]).all()
