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

from analysis.learning.networks.blocks import choose_blocks, side_by_side
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.dropout import Dropout
from analysis.learning.networks.layer import Layer

__all__ = ["ACTIVATIONS", "Dense", "DenseSettings", "Trunk", "build"]

REACH = 3.0  # normal quantile at which the outermost segments end
ACTIVATIONS = {"relu": jax.nn.relu, "gelu": jax.nn.gelu, "silu": jax.nn.silu, "elu": jax.nn.elu, "tanh": jnp.tanh}


class Trunk(nnx.Module):
    """Hidden layers with activation and dropout.

    All blocks of features are put side by side, in the order of their names.

    Each feature enters as itself, as a truth value "missing", and in a piecewise linear encoding (Gorishniy, Rubachev,
    Babenko, arXiv:2203.05556, Eq. 1): one input a segment, that rises from 0 to 1 in it. The segments end at the
    quantiles of a normal distribution, as standardised features have one. The first layer learns a bend at each of
    them, as a decision tree learns a cut.

    Dropout: Srivastava et al., JMLR 15 (2014) 1929. Shortcuts: what a layer says is added to its input (He et al.,
    arXiv:1512.03385, Eq. 1), divided by the number of shortcuts: without that, values grow exponentially with the depth
    (Hanin, Rolnick, arXiv:1803.01719). Kernels start from He's normal distribution (arXiv:1502.01852), all biases from
    zero.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.
        learned: number l of values that another part of the network has learned of an event; they enter as they are.

    Raises:
        TrainingError: the settings name a block that is not there.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], rngs: nnx.Rngs, settings: DenseSettings, learned: int = 0
    ) -> None:
        self.shapes = tuple(choose_blocks(shapes, settings.blocks, "dense network").items())
        features = sum(math.prod(shape) for _, shape in self.shapes)
        widths = ((2 + settings.segments) * features + learned, *settings.hidden)
        self.hidden = nnx.List([Layer(before, after, rngs, activated=True) for before, after in pairwise(widths)])
        self.dropout = Dropout(settings.dropout, rngs)
        self.width = widths[-1]
        self.activation = settings.activation
        self.segments = settings.segments
        self.residual = settings.residual
        self.shortcuts = sum(before == after for before, after in pairwise(settings.hidden))

    def last(
        self,
        values: Mapping[str, jax.Array],
        present: Mapping[str, jax.Array],
        learned: jax.Array | None = None,
    ) -> jax.Array:
        """The last hidden values for a batch of b events.

        Args:
            values: standardised features (b, ..., f) by block, without unit; 0 where missing.
            present: (b, ...) by block, False where features are missing.
            learned: (b, l), of order one.

        Returns:
            (w, b), with the events last; the inputs where there is no hidden layer.
        """
        inputs = []
        if self.shapes:
            features, there = side_by_side(dict(self.shapes), values, present)
            inputs = self._inputs(features.T, there.T)
        hidden = jnp.concatenate([*inputs, *([] if learned is None else [learned.T])])
        activation = ACTIVATIONS[self.activation]
        for number, layer in enumerate(self.hidden):
            gained = self.dropout(activation(layer(hidden)))
            shortcut = self.residual and number > 0 and gained.shape[0] == hidden.shape[0]
            hidden = hidden + gained / self.shortcuts if shortcut else gained
        return hidden

    def _inputs(self, features: jax.Array, present: jax.Array) -> list[jax.Array]:
        """List the first layer's inputs of (f, b) features and (f, b) whether they are there: (f, b) several times."""
        # "missing" rather than "present": the inputs of features that are always there stay zero
        missing = 1 - present.astype(features.dtype)
        return [features, missing, *self._encode(features, present)]

    def _encode(self, features: jax.Array, present: jax.Array) -> list[jax.Array]:
        """The piecewise linear encoding, (f, b) for each segment; 0 where missing."""
        inner = ndtri(np.arange(1, self.segments) / self.segments) if self.segments else []
        edges = [float(edge) for edge in (-REACH, *inner, REACH)]
        segments = list(pairwise(edges))[: self.segments]
        return [jnp.clip((features - low) * (1 / (high - low)), 0, 1) * present for low, high in segments]


class Dense(Trunk):
    """The hidden layers of :class:`Trunk`, then a linear layer to the outputs, which starts from LeCun's distribution.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.
        learned: number l of values that another part of the network has learned of an event; they enter as they are.

    Raises:
        TrainingError: the settings name a block that is not there.
    """

    def __init__(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        outputs: int,
        rngs: nnx.Rngs,
        settings: DenseSettings,
        learned: int = 0,
    ) -> None:
        super().__init__(shapes, rngs, settings, learned)
        self.output = Layer(self.width, outputs, rngs)

    def __call__(
        self,
        values: Mapping[str, jax.Array],
        present: Mapping[str, jax.Array],
        learned: jax.Array | None = None,
    ) -> jax.Array:
        """The outputs for a batch of b events: (b, o); arguments are those of :meth:`Trunk.last`."""
        return self.output(self.last(values, present, learned)).T


def build(shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: DenseSettings) -> nnx.Module:
    """A fully connected network; see :class:`Dense`.

    Examples:
        >>> network = build({"event": (3,)}, 2, nnx.Rngs(0), DenseSettings(hidden=(8,)))
        >>> network({"event": jnp.zeros((4, 3))}, {"event": jnp.ones((4, 3), bool)}).shape
        (4, 2)
    """
    return Dense(shapes, outputs, rngs, settings)
