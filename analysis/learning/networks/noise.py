"""Random numbers that are the same for an event, whichever device computes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp
from flax import nnx
from jax.extend.random import threefry_2x32
from jax.scipy.special import ndtri

__all__ = ["Noise", "events_from", "random_words"]

_FIRST: ContextVar[jax.Array | int] = ContextVar("first event", default=0)


@contextmanager
def events_from(first: jax.Array | int) -> Iterator[None]:
    """Say, while networks are called, which place in a step's events the first of theirs has."""
    token = _FIRST.set(first)
    try:
        yield
    finally:
        _FIRST.reset(token)


def random_words(key: jax.Array, number: int, events: int) -> jax.Array:
    """Random words of events: (number, events) uint32.

    Those of an event depend on the key and on the event's place in the step, not on who else is computed with it: the
    place and the number of the word are what is encrypted (Salmon et al., doi:10.1145/2063384.2063405). Random numbers
    of a whole array would be others for each part of it.
    """
    # two words come at a time
    rows = -(-number // 2)
    count, place = (jax.lax.broadcasted_iota(jnp.uint32, (rows, events), axis) for axis in (0, 1))
    place = place + jnp.uint32(_FIRST.get())
    data = jax.random.key_data(key)
    return threefry_2x32((data[0], data[1]), jnp.concatenate([place, count]))[:number]


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
        return (jnp.right_shift(random_words(self.rngs(), size, events), jnp.uint32(9)).T + 0.5) * 2.0**-23

    def normal(self, events: int, size: int) -> jax.Array:
        """Numbers of a standard normal distribution, (events, size)."""
        return ndtri(self.uniform(events, size))
