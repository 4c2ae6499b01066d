"""What tests of networks share: a training loop on arrays, gradients by parameter, an exported network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from jax import export

Blocks = dict[str, Any]


@pytest.fixture
def quickly(request: pytest.FixtureRequest) -> None:
    """Tests that train nothing take less time than optimising the code for them."""
    if "fit" not in request.fixturenames:
        request.getfixturevalue("quick_compilation")


def fit_network(
    network: nnx.Module,
    values: Blocks,
    present: Blocks,
    loss: Callable[[jax.Array, jax.Array], jax.Array],
    *,
    steps: int,
    batch: int = 256,
    learning_rate: float = 1e-2,
    seed: int = 0,
) -> nnx.Module:
    """Adam with a cosine decay on random batches of the events in the arrays; the trained network, without dropout.

    The loss is ``f(outputs (b, o), rows (b,)) -> scalar``; rows are the events' places in the arrays.
    """
    graph, params, rest = nnx.split(network, nnx.Param, ...)  # type: ignore[misc]
    optimizer = optax.adam(optax.cosine_decay_schedule(learning_rate, steps))
    events = len(jax.tree.leaves(values)[0])
    order = np.random.default_rng(seed).integers(0, events, (steps, batch))
    values, present = jax.tree.map(jnp.asarray, (values, present))

    def step(held: tuple, rows: jax.Array) -> tuple[tuple, None]:
        params, rest, state = held

        def objective(params: Any) -> tuple[jax.Array, Any]:
            module = nnx.merge(graph, params, rest)
            outputs = module(*jax.tree.map(lambda array: array[rows], (values, present)))
            return loss(outputs, rows), nnx.split(module, nnx.Param, ...)[2]  # type: ignore[misc]

        gradient, rest = jax.grad(objective, has_aux=True)(params)
        updates, state = optimizer.update(gradient, state, params)
        return (optax.apply_updates(params, updates), rest, state), None

    start = (params, rest, optimizer.init(params))
    (params, rest, _), _ = jax.jit(lambda held: jax.lax.scan(step, held, jnp.asarray(order)))(start)
    trained = nnx.merge(graph, params, rest)
    trained.eval()
    return trained


@pytest.fixture(scope="session")
def fit() -> Callable[..., nnx.Module]:
    """Trains a network: ``fit(network, values, present, loss, *, steps, batch=256, learning_rate=1e-2, seed=0)``."""
    return fit_network


@nnx.jit
def outputs_of(network: nnx.Module, *inputs: Any) -> jax.Array:
    """A network's outputs."""
    return network(*inputs)


@pytest.fixture(scope="session")
def outputs() -> Callable[..., jax.Array]:
    """A network's outputs, compiled: ``outputs(network, values, present)``."""
    return outputs_of


def gradients_of(network: nnx.Module, values: Blocks, present: Blocks) -> dict[str, np.ndarray]:
    """Gradient of the sum of all squared outputs, by the parameter's path."""
    graph, params, rest = nnx.split(network, nnx.Param, ...)  # type: ignore[misc]

    def size(params: Any) -> jax.Array:
        return jnp.sum(nnx.merge(graph, params, rest)(values, present) ** 2)

    leaves = jax.tree_util.tree_leaves_with_path(jax.jit(jax.grad(size))(params))
    return {jax.tree_util.keystr(path, simple=True, separator="."): np.asarray(leaf) for path, leaf in leaves}


@pytest.fixture(scope="session")
def gradients() -> Callable[..., dict[str, np.ndarray]]:
    """Gradient of the sum of all squared outputs: ``gradients(network, values, present)``."""
    return gradients_of


def export_network(network: nnx.Module, values: Blocks, present: Blocks) -> Callable[[Blocks, Blocks], jax.Array]:
    """The network for events of the same kind, any number of them, as what comes back from StableHLO's bytes."""
    network.eval()
    graph, state = nnx.split(network)
    (number,) = export.symbolic_shape("b")
    example = jax.tree.map(
        lambda array: jax.ShapeDtypeStruct((number, *array.shape[1:]), array.dtype), (values, present)
    )
    exported = export.export(jax.jit(lambda *inputs: nnx.merge(graph, state)(*inputs)))(*example)
    return export.deserialize(exported.serialize()).call


@pytest.fixture(scope="session")
def exported() -> Callable[..., Callable[[Blocks, Blocks], jax.Array]]:
    """Exports a network for any number of events: ``exported(network, values, present)``."""
    return export_network
