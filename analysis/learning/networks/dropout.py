"""Dropout that is the same for an event, whichever device computes it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp
from flax import nnx
from jax.extend.random import threefry_2x32

__all__ = ["Dropout", "events_from", "words"]

_FIRST: ContextVar[jax.Array | int] = ContextVar("first event", default=0)


@contextmanager
def events_from(first: jax.Array | int) -> Iterator[None]:
    """Say, while networks are called, which place in a step's events the first of theirs has."""
    token = _FIRST.set(first)
    try:
        yield
    finally:
        _FIRST.reset(token)


def words(key: jax.Array, number: int, events: int) -> jax.Array:
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


class Dropout(nnx.Dropout):
    """Sets a share of the values to zero in training (Srivastava et al., JMLR 15 (2014) 1929) and scales up the rest.

    What happens to an event depends on the key and on the event's place in the step; see :func:`words`.

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
        kept = words(self.rngs(), math.prod(own), events) >= jnp.uint32(round(self.rate * 2**32))
        kept = jnp.moveaxis(kept.reshape(*own, events), -1, 1)
        return jnp.where(kept, values / (1 - self.rate), 0)
