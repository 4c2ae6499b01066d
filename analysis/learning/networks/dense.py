"""Fully connected network."""

from __future__ import annotations

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from scipy.special import ndtri

from analysis.learning.settings import DenseSettings

__all__ = ["Dense", "DenseSettings", "build"]

REACH = 3.0  # normal quantile at which the outermost segments end
ACTIVATIONS = {"relu": jax.nn.relu, "gelu": jax.nn.gelu, "silu": jax.nn.silu, "elu": jax.nn.elu, "tanh": jnp.tanh}


class Dense(nnx.Module):
    """Hidden layers with activation and dropout, then one linear layer to the classes.

    Each feature enters as itself, as a truth value "missing", and in a piecewise linear encoding (Gorishniy, Rubachev,
    Babenko, arXiv:2203.05556, Eq. 1): one input a segment, that rises from 0 to 1 in it. The segments end at the
    quantiles of a normal distribution, as standardised features have one. The first layer learns a bend at each of
    them, as a decision tree learns a cut.

    Dropout: Srivastava et al., JMLR 15 (2014) 1929. Kernels start from He's normal distribution (arXiv:1502.01852),
    the last one from LeCun's, all biases from zero.

    Args:
        n_features: number of features f.
        n_classes: number of classes c.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.
    """

    def __init__(self, n_features: int, n_classes: int, rngs: nnx.Rngs, settings: DenseSettings) -> None:
        widths = ((2 + settings.segments) * n_features, *settings.hidden)
        initial = nnx.initializers.he_normal()
        self.hidden = nnx.List(
            [nnx.Linear(before, after, kernel_init=initial, rngs=rngs) for before, after in pairwise(widths)]
        )
        self.output = nnx.Linear(widths[-1], n_classes, rngs=rngs)
        self.dropout = nnx.Dropout(settings.dropout, rngs=rngs)
        self.activation = settings.activation
        self.segments = settings.segments

    def __call__(self, features: jax.Array, present: jax.Array) -> jax.Array:
        """Logits of the classes.

        Args:
            features: standardised features (..., f), without unit; 0 where missing.
            present: (..., f), False where a feature is missing.

        Returns:
            (..., c), to be normalised by a softmax.
        """
        # "missing" rather than "present": the inputs of features that are always there stay zero
        missing = 1 - present.astype(features.dtype)
        values = jnp.concatenate([features, missing, *self._encode(features, present)], axis=-1)
        activation = ACTIVATIONS[self.activation]
        for layer in self.hidden:
            values = self.dropout(activation(layer(values)))
        return self.output(values)

    def _encode(self, features: jax.Array, present: jax.Array) -> list[jax.Array]:
        """The piecewise linear encoding, (..., f) for each segment; 0 where missing."""
        inner = ndtri(np.arange(1, self.segments) / self.segments) if self.segments else []
        edges = [float(edge) for edge in (-REACH, *inner, REACH)]
        segments = list(pairwise(edges))[: self.segments]
        return [jnp.clip((features - low) * (1 / (high - low)), 0, 1) * present for low, high in segments]


def build(n_features: int, n_classes: int, rngs: nnx.Rngs, settings: DenseSettings) -> nnx.Module:
    """A fully connected network; see :class:`Dense`.

    Examples:
        >>> network = build(3, 2, nnx.Rngs(0), DenseSettings(hidden=(8,)))
        >>> network(jnp.zeros((4, 3)), jnp.ones((4, 3), bool)).shape
        (4, 2)
    """
    return Dense(n_features, n_classes, rngs, settings)
