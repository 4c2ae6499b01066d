"""Random numbers that are the same for an event, whichever device computes it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import nnx
from jax.scipy.special import ndtri

from analysis.learning.networks.dropout import words

__all__ = ["Noise"]


class Noise(nnx.Module):
    """Random numbers of events in training, other ones in each call.

    Args:
        rngs: random numbers (``dropout``).
    """

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.rngs = rngs.dropout.fork()
        # set by the module's train() and eval(), as of flax's own layers
        self.deterministic = False

    def uniform(self, events: int, size: int) -> jax.Array:
        """Numbers between 0 and 1, without these: (events, size)."""
        # as many bits as single precision has
        return (jnp.right_shift(words(self.rngs(), size, events), jnp.uint32(9)).T + 0.5) * 2.0**-23

    def normal(self, events: int, size: int) -> jax.Array:
        """Numbers of a standard normal distribution, (events, size)."""
        return ndtri(self.uniform(events, size))
