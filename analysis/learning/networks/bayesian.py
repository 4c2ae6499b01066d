"""Bayesian network: fully connected, with a distribution of its parameters in place of one value of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from analysis.learning.networks.bayesian_settings import BayesianSettings
from analysis.learning.networks.dense import ACTIVATIONS, Trunk
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.layer import Layer, product
from analysis.learning.networks.noise import Noise

__all__ = ["Bayesian", "BayesianSettings", "VariationalLayer", "build"]

Blocks = Mapping[str, jax.Array]
# added to variances, whose root has a finite gradient then
LEAST = 1e-10


class VariationalLayer(nnx.Module):
    """A linear map of the first axis whose kernel is drawn of independent normal distributions.

    In training, what an event gets is drawn in place of the kernel: a normal number whose mean and variance are those
    that the kernel's distribution gives it, independent for each event, which has the same expectation and gradients
    that scatter less (local reparametrisation: Kingma, Salimans and Welling, arXiv:1506.02557, Eq. 6). The bias has one
    value.

    Args:
        inputs: size f of the first axis.
        outputs: size w of its image.
        rngs: random numbers for the initial parameters (``params``).
        settings: widths of prior and initial distribution.
        activated: whether an activation follows.
    """

    def __init__(
        self, inputs: int, outputs: int, rngs: nnx.Rngs, settings: BayesianSettings, *, activated: bool
    ) -> None:
        width = math.sqrt((2 if activated else 1) / inputs)
        self.mean = Layer(inputs, outputs, rngs, activated=activated)
        self.log_width = nnx.Param(jnp.full((inputs, outputs), math.log(settings.start * width)))
        self.prior = settings.prior * width

    def divergence(self) -> jax.Array:
        """The Kullback-Leibler divergence of the kernel's distribution from the prior."""
        log_width = self.log_width[...] - math.log(self.prior)
        mean = self.mean.kernel[...] / self.prior
        return jnp.sum((jnp.exp(2 * log_width) + mean**2 - 1) / 2 - log_width)

    def draw(self, columns: jax.Array, noise: Noise) -> jax.Array:
        """Map each event by a kernel of its own, drawn anew: (f, b) -> (w, b)."""
        variance = product(jnp.exp(2 * self.log_width[...]), columns**2) + LEAST
        mean = self.mean(columns)
        normal = noise.normal(mean.shape[1], mean.shape[0]).T
        return mean + jnp.sqrt(variance) * normal.astype(mean.dtype)

    def drawn(self, columns: jax.Array, normal: np.ndarray) -> jax.Array:
        """Map all events by each of s kernels: (s, f, b) -> (s, w, b).

        Args:
            columns: to be mapped.
            normal: (s, f, w) of a standard normal distribution, which stand for the kernels.
        """
        kernels = self.mean.kernel[...] + jnp.exp(self.log_width[...]) * normal.astype(columns.dtype)
        return jnp.einsum("sfw,sfb->swb", kernels, columns) + self.mean.bias[...][:, None]


class Bayesian(nnx.Module):
    """A fully connected network of :class:`VariationalLayer`.

    Its inputs are those of :class:`analysis.learning.networks.dense.Trunk`. Variational inference: Blundell et al.,
    arXiv:1505.05424.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the draws in training (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: the settings name a block that is not there.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: BayesianSettings
    ) -> None:
        encoding = DenseSettings(hidden=(), dropout=0.0, segments=settings.segments, blocks=settings.blocks)
        self.inputs = Trunk(shapes, rngs, encoding)
        widths = (self.inputs.width, *settings.hidden, outputs)
        self.layers = nnx.List(
            [
                VariationalLayer(before, after, rngs, settings, activated=number < len(settings.hidden))
                for number, (before, after) in enumerate(pairwise(widths))
            ]
        )
        self.noise = Noise(rngs)
        self.activation, self.draws = settings.activation, settings.draws

    def divergence(self) -> jax.Array:
        """The Kullback-Leibler divergence of the distribution of all kernels from the prior."""
        return sum((layer.divergence() for layer in self.layers), jnp.zeros(()))

    def __call__(self, values: Blocks, present: Blocks) -> jax.Array:
        """The outputs for a batch of b events: (b, o) of one draw of the parameters in training, else (b, s, o) of s.

        The draws outside training are the same for all events, whenever and wherever they are made.

        Args:
            values: standardised features (b, ..., f) by block, without unit; 0 where missing.
            present: (b, ...) by block, False where features are missing.
        """
        columns = self.inputs.last(values, present)
        activation = ACTIVATIONS[self.activation]
        if not self.noise.deterministic:
            for number, layer in enumerate(self.layers):
                columns = layer.draw(activation(columns) if number else columns, self.noise)
            return columns.T
        random = np.random.default_rng(1)
        columns = jnp.broadcast_to(columns, (self.draws, *columns.shape))
        for number, layer in enumerate(self.layers):
            normal = random.normal(size=(self.draws, *layer.log_width.shape)).astype(np.float32)
            columns = layer.drawn(activation(columns) if number else columns, normal)
        return columns.transpose(2, 0, 1)


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: BayesianSettings
) -> nnx.Module:
    """A Bayesian network; see :class:`Bayesian`.

    Examples:
        >>> network = build({"event": (3,)}, 2, nnx.Rngs(0), BayesianSettings(hidden=(8,), draws=5))
        >>> values, present = {"event": jnp.zeros((4, 3))}, {"event": jnp.ones((4, 3), bool)}
        >>> network(values, present).shape
        (4, 2)
        >>> network.eval()
        >>> network(values, present).shape
        (4, 5, 2)
    """
    return Bayesian(shapes, outputs, rngs, settings)
