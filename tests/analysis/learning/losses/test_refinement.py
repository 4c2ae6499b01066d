"""The losses of a refiner and its critic, against a case that can be computed by hand."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning import loss_settings as of
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.data.features import Block
from analysis.learning.data.layout import Layout
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import Truth

BLOCK = jnp.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
INPUTS = BatchInputs({"refined": BLOCK}, {"refined": jnp.ones((3, 2), bool)})
# the second event is one of the data
TRUTH = Truth(jnp.array([0, 1, 0]), jnp.zeros((3, 0)), jnp.zeros((0, 2)), INPUTS)


class Linear(nnx.Module):
    """A critic w x of a known slope, and a refiner that adds constants."""

    def __init__(self, slope: Any) -> None:
        self.w = nnx.Param(jnp.asarray(slope))
        self.moved = nnx.Param(jnp.array([0.5, -1.0]))
        self.block = "refined"

    def compress(self, block: jax.Array) -> jax.Array:
        return block

    def refine(self, values: Any, present: Any) -> jax.Array:
        return values["refined"] + self.moved[...]

    def criticise(self, values: Any, present: Any, compressed: jax.Array) -> jax.Array:
        return compressed @ self.w[...]


@pytest.mark.parametrize(("slope", "steep"), [([3.0, 4.0], (5.0 - 1.0) ** 2), ([0.3, 0.4], 0.0)])
def test_only_slopes_above_one_are_punished(slope: list[float], steep: float) -> None:
    loss = loss_of(of.Refinement(penalty=10.0))
    found = loss.losses_of("critic", Linear(slope), INPUTS, TRUTH)
    refined = np.asarray(BLOCK) + np.array([0.5, -1.0])
    expected = [2 * refined[0] @ slope, -2 * np.asarray(BLOCK)[1] @ slope, 2 * refined[2] @ slope]
    assert np.allclose(found, np.asarray(expected) + 10.0 * steep)


def test_the_refiner_is_paid_for_simulation_and_pays_for_changes() -> None:
    loss = loss_of(of.Refinement(closeness=3.0))
    found = loss.losses_of("refiner", Linear([3.0, 4.0]), INPUTS, TRUTH)
    refined = np.asarray(BLOCK) + np.array([0.5, -1.0])
    expected = 2 * (3.0 * np.mean([0.25, 1.0]) - refined @ [3.0, 4.0])
    assert np.allclose(found, [expected[0], 0.0, expected[2]])


def test_the_critic_does_not_change_the_refiner() -> None:
    loss = loss_of(of.Refinement())
    graph, params = nnx.split(Linear([3.0, 4.0]))

    def total(params: Any) -> jax.Array:
        return jnp.sum(loss.losses_of("critic", nnx.merge(graph, params), INPUTS, TRUTH))

    gradient = jax.grad(total)(params)
    assert not np.any(gradient["moved"][...])
    assert np.any(gradient["w"][...])


def test_validation_compares_refined_simulation_with_data_as_it_is() -> None:
    losses, shown = loss_of(of.Refinement()).evaluate(Linear([3.0, 4.0]), INPUTS, TRUTH)
    assert np.allclose(shown, np.asarray(BLOCK) + np.array([[0.5, -1.0], [0.0, 0.0], [0.5, -1.0]]))
    assert np.allclose(losses, 2 * np.asarray(shown) @ [3.0, 4.0] * [-1, 1, -1])


@pytest.mark.parametrize(
    ("classes", "names", "said"),
    [
        (("a", "b", "c"), (), "needs two classes; the events have a, b, c"),
        (("a", "b"), ("pt", "eta"), "standardised for each fold"),
    ],
)
def test_events_that_it_cannot_refine(classes: tuple[str, ...], names: tuple[str, ...], said: str) -> None:
    layout = Layout({"refined": Block((2,), (2,), "float32", names)}, classes, ())
    with pytest.raises(TrainingError, match=said):
        loss_of(of.Refinement()).check(layout)
    with pytest.raises(TrainingError, match="the block 'traces', which is none"):
        loss_of(of.Refinement("traces")).check(Layout(layout.features, ("a", "b"), ()))


def test_loss_and_network_name_the_same_block() -> None:
    network: Any = Linear([3.0, 4.0])
    network.refiner = network.critic = network.w
    network.block = "traces"
    with pytest.raises(TrainingError, match="refine the block 'refined', the network 'traces'"):
        loss_of(of.Refinement()).check_network(network)
