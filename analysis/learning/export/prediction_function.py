"""Everything from raw features to predictions as one function of arrays, to be exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from analysis.learning.application.trained import Trained
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.export.interpolation import interpolate
from analysis.learning.losses.loss import Loss
from analysis.learning.training.network_state import split_network

__all__ = ["PRESENT", "events_of", "inputs_of", "prediction_function"]

PRESENT = "_present"  # after the block's name


def inputs_of(trained: Trained) -> dict[str, tuple[tuple[int, ...], Any]]:
    """Shape of one event and type of the elements of each input.

    For each block ``NAME`` of features there are its values in the study's units and, as ``NAME_present``, which of
    them exist.
    """
    described: dict[str, tuple[tuple[int, ...], Any]] = {}
    for name, block in trained.layout.features.items():
        described[name] = (tuple(block.shape), np.dtype(np.float32))
        described[f"{name}{PRESENT}"] = (tuple(block.present), np.dtype(np.bool_))
    return described


def events_of(inputs: TrainingInputs, rows: slice) -> dict[str, np.ndarray]:
    """Some events as exported networks take them."""
    arrays = {}
    for name, block in inputs.features.items():
        arrays[name] = block.values[rows].astype(np.float32)
        arrays[f"{name}{PRESENT}"] = block.present[rows]
    return arrays


def prediction_function(trained: Trained) -> Callable[[Mapping[str, jax.Array]], jax.Array]:
    """The predictions of all networks of a cross-validation.

    Returns:
        ``f(arrays)`` of the inputs of :func:`inputs_of`, first axis n events, with the result (k, n, p) float32:
        what each fold's network predicts. Values that are not present may be anything.
    """
    graph, random, loss, networks = _take_apart(trained)
    blocks = trained.layout.features

    def predictions(arrays: Mapping[str, jax.Array]) -> jax.Array:
        result = []
        # written out instead of mapped over the networks: products of matrices stay what they are
        for fold, members in enumerate(networks):
            values, present = {}, {}
            for name, block in blocks.items():
                present[name] = there = arrays[f"{name}{PRESENT}"]
                there = there.reshape(*there.shape, *[1] * (len(block.shape) - len(block.present)))
                own = interpolate(arrays[name], trained.knots[name][fold]) if block.names else arrays[name]
                values[name] = jnp.where(there, own, 0)
            inputs, single = BatchInputs(values, present), []
            for params, statistics in members:
                model = nnx.merge(graph, params, random, statistics)
                model.eval()
                outputs = loss.members(loss.outputs_of(model, inputs))
                single += [loss.predictions(one, trained.scale[fold], inputs) for one in outputs]
            result.append(loss.combine(jnp.stack(single)))
        return jnp.stack(result)

    return predictions


def _take_apart(trained: Trained) -> tuple[Any, Any, Loss, list[list[tuple[Any, Any]]]]:
    """Structure, random state, loss, and the parameters and statistics of each fold's networks, one a seed."""
    # all that is used of the inner side of Trained
    template = nnx.eval_shape(lambda: trained._build(nnx.Rngs(0)))
    folds, weights = trained.settings.folds, trained._weights
    _, _, random = split_network(template)
    random = jax.tree.map(_nothing, random)
    members = len(jax.tree.leaves(weights)[0])

    def member(index: int) -> tuple[Any, Any]:
        own = jax.tree.map(lambda leaf: np.asarray(leaf[index]), weights)
        return own["params"], own["statistics"]

    # the members with the first seed, one a fold, then those with the next one
    networks = [[member(index) for index in range(fold, members, folds)] for fold in range(folds)]
    return nnx.graphdef(template), random, trained._loss, networks


def _nothing(leaf: Any) -> jax.Array:
    """Return a placeholder for a random state that nothing draws from."""
    is_key = jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return jnp.broadcast_to(jax.random.key(0), leaf.shape) if is_key else jnp.zeros(leaf.shape, leaf.dtype)
