"""Choice of the blocks of features that a network takes, and their concatenation."""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp

from analysis.errors import TrainingError

__all__ = ["choose_blocks", "side_by_side"]

Shapes = Mapping[str, tuple[int, ...]]


def choose_blocks(shapes: Shapes, blocks: tuple[str, ...], network: str) -> dict[str, tuple[int, ...]]:
    """The shapes of the blocks that a network takes, in the order of their names.

    Args:
        shapes: of all blocks, without the event axis.
        blocks: names of those that the network takes; none for all of them.
        network: for messages.

    Raises:
        TrainingError: there is no block of a name; the message lists the known ones.

    Examples:
        >>> choose_blocks({"event": (3,), "traces": (7, 30)}, ("event",), "dense network")
        {'event': (3,)}
    """
    for name in blocks:
        if name not in shapes:
            raise TrainingError(
                f"the {network} is to take the block {name!r}, which the events do not have",
                cure="use some of: " + ", ".join(sorted(shapes)),
            )
    return {name: tuple(shapes[name]) for name in sorted(blocks or shapes)}


def side_by_side(
    shapes: Shapes, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    """Some blocks as (b, f) features, and (b, f) whether they are present.

    Args:
        shapes: of these blocks, at least one, without the event axis.
        values: (b, ..., f) by block.
        present: (b, ...) by block; the shape begins that of the values.
    """
    features, there = [], []
    for name in sorted(shapes):
        array, mask = values[name], present[name]
        mask = mask.reshape(*mask.shape, *[1] * (array.ndim - mask.ndim))
        flat = (array.shape[0], math.prod(array.shape[1:]))
        features.append(array.reshape(flat))
        there.append(jnp.broadcast_to(mask, array.shape).reshape(flat))
    return jnp.concatenate(features, axis=-1), jnp.concatenate(there, axis=-1)
