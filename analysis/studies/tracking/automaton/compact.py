"""Lists of unknown length in arrays of fixed length: from how many each entry has, to one place for each."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["Expansion", "expand", "running_sum", "table"]


class Expansion(NamedTuple):
    """Places of a list.

    Args:
        owner: the entry that a place belongs to.
        rank: its number among the places of this entry, from 0.
        valid: whether the place is in use.
        total: number of places that were asked for, whether or not there is room.
    """

    owner: jax.Array
    rank: jax.Array
    valid: jax.Array
    total: jax.Array


def running_sum(values: jax.Array) -> jax.Array:
    """Inclusive sum; on a processor eight times as fast as ``jnp.cumsum``, which XLA makes a window there."""
    return jax.lax.associative_scan(jnp.add, values)


def expand(counts: jax.Array, capacity: int) -> Expansion:
    """Give each entry as many places as it counts, in order; where the room ends, the last ones get none.

    Of counts that are 0 and 1 these are the places of the ones: an array without gaps.

    Args:
        counts: of places for each entry, int32.
        capacity: number of places.
    """
    ends = running_sum(counts)
    begins = ends - counts
    marks = jnp.zeros(capacity, jnp.int32).at[begins].add(1, mode="drop", indices_are_sorted=True)
    owner = running_sum(marks) - 1
    place = jnp.arange(capacity, dtype=jnp.int32)
    return Expansion(owner, place - begins[owner], place < ends[-1], ends[-1])


def table(cells: jax.Array, number: int) -> jax.Array:
    """First place of each cell of a grid in a list sorted by cell, (number + 1); cells beyond the grid are filling."""
    counts = jnp.zeros(number + 1, jnp.int32).at[cells + 1].add(1, mode="drop", indices_are_sorted=True)
    return running_sum(counts)
