"""Fully connected network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from scipy.special import ndtri

from analysis.learning.networks.dense_settings import DenseSettings

__all__ = ["Dense", "DenseSettings", "build"]

REACH = 3.0  # normal quantile at which the outermost segments end
ACTIVATIONS = {"relu": jax.nn.relu, "gelu": jax.nn.gelu, "silu": jax.nn.silu, "elu": jax.nn.elu, "tanh": jnp.tanh}


class Dense(nnx.Module):
    """Hidden layers with activation and dropout, then one linear layer to the outputs.

    All blocks of features are put side by side, in the order of their names.

    Each feature enters as itself, as a truth value "missing", and in a piecewise linear encoding (Gorishniy, Rubachev,
    Babenko, arXiv:2203.05556, Eq. 1): one input a segment, that rises from 0 to 1 in it. The segments end at the
    quantiles of a normal distribution, as standardised features have one. The first layer learns a bend at each of
    them, as a decision tree learns a cut.

    Dropout: Srivastava et al., JMLR 15 (2014) 1929. Kernels start from He's normal distribution (arXiv:1502.01852),
    the last one from LeCun's, all biases from zero.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: DenseSettings
    ) -> None:
        widths = ((2 + settings.segments) * sum(map(math.prod, shapes.values())), *settings.hidden)
        initial = nnx.initializers.he_normal()
        self.hidden = nnx.List(
            [nnx.Linear(before, after, kernel_init=initial, rngs=rngs) for before, after in pairwise(widths)]
        )
        self.output = nnx.Linear(widths[-1], outputs, rngs=rngs)
        self.dropout = nnx.Dropout(settings.dropout, rngs=rngs)
        self.activation = settings.activation
        self.segments = settings.segments

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: standardised features (b, ..., f) by block, without unit; 0 where missing.
            present: (b, ...) by block, False where features are missing.

        Returns:
            (b, o).
        """
        return self._forward(*_side_by_side(values, present))

    def _forward(self, features: jax.Array, present: jax.Array) -> jax.Array:
        """(b, f) features and (b, f) whether they are present -> (b, o)."""
        # "missing" rather than "present": the inputs of features that are always there stay zero
        missing = 1 - present.astype(features.dtype)
        hidden = jnp.concatenate([features, missing, *self._encode(features, present)], axis=-1)
        activation = ACTIVATIONS[self.activation]
        for layer in self.hidden:
            hidden = self.dropout(activation(layer(hidden)))
        return self.output(hidden)

    def _encode(self, features: jax.Array, present: jax.Array) -> list[jax.Array]:
        """The piecewise linear encoding, (..., f) for each segment; 0 where missing."""
        inner = ndtri(np.arange(1, self.segments) / self.segments) if self.segments else []
        edges = [float(edge) for edge in (-REACH, *inner, REACH)]
        segments = list(pairwise(edges))[: self.segments]
        return [jnp.clip((features - low) * (1 / (high - low)), 0, 1) * present for low, high in segments]


def build(shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: DenseSettings) -> nnx.Module:
    """A fully connected network; see :class:`Dense`.

    Examples:
        >>> network = build({"event": (3,)}, 2, nnx.Rngs(0), DenseSettings(hidden=(8,)))
        >>> network({"event": jnp.zeros((4, 3))}, {"event": jnp.ones((4, 3), bool)}).shape
        (4, 2)
    """
    return Dense(shapes, outputs, rngs, settings)


def _side_by_side(values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> tuple[jax.Array, jax.Array]:
    """All blocks as (b, f) features, and (b, f) whether they are present."""
    features, there = [], []
    for name in sorted(values):
        array, mask = values[name], present[name]
        mask = mask.reshape(*mask.shape, *[1] * (array.ndim - mask.ndim))
        flat = (array.shape[0], math.prod(array.shape[1:]))
        features.append(array.reshape(flat))
        there.append(jnp.broadcast_to(mask, array.shape).reshape(flat))
    return jnp.concatenate(features, axis=-1), jnp.concatenate(there, axis=-1)
