"""Dropout that is the same for an event, whichever device computes it."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.networks.noise import random_words

__all__ = ["Dropout"]


class Dropout(nnx.Dropout):
    """Sets a share of the values to zero in training (Srivastava et al., JMLR 15 (2014) 1929) and scales up the rest.

    What happens to an event depends on the key and on the event's place in the step; see
    :func:`analysis.learning.networks.noise.random_words`.

    Args:
        rate: the share, in [0, 1).
        rngs: random numbers (``dropout``).
    """

    def __init__(self, rate: float, rngs: nnx.Rngs) -> None:
        super().__init__(rate, rngs=rngs)

    def __call__(self, values: jax.Array) -> jax.Array:  # type: ignore[override]
        """(w, b, ...) -> (w, b, ...), with the events on the second axis."""
        if self.rate == 0 or self.deterministic:
            return values
        events, own = values.shape[1], (values.shape[0], *values.shape[2:])
        kept = random_words(self.rngs(), math.prod(own), events) >= jnp.uint32(round(self.rate * 2**32))
        kept = jnp.moveaxis(kept.reshape(*own, events), -1, 1)
        return jnp.where(kept, values / (1 - self.rate), 0)
