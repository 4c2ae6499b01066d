"""The standardisation of features inside a network's graph."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from analysis.learning.data.standardisation import LEAST

__all__ = ["interpolate"]


def interpolate(values: jax.Array, knots: np.ndarray) -> jax.Array:
    """The piecewise linear functions of :func:`analysis.learning.data.standardisation.standardise`, as JAX operations.

    Every value looks for its segment among all of them, so that nothing is looked up in a table: comparisons and a sum
    in which one term is not zero. It agrees with ``numpy.interp`` to the rounding of float32.

    Args:
        values: (..., f) float32, in the units of the study; finite.
        knots: (f, q, 2) from :func:`analysis.learning.data.standardisation.measure`.

    Returns:
        (..., f) float32.

    Examples:
        >>> knots = np.array([[[0, -1], [2, 1], [2, 1]]], np.float32)
        >>> interpolate(jnp.array([[-5.0], [0.5], [9.0]]), knots).ravel().tolist()
        [-1.0, -0.5, 1.0]
    """
    place, height = knots[..., 0].astype(np.float32), knots[..., 1].astype(np.float32)
    edge = np.full((len(knots), 1), np.inf, np.float32)
    # f functions of q + 1 segments: one before the first knot, one after each
    low, high = np.concatenate([-edge, place], axis=1), np.concatenate([place, edge], axis=1)
    start = np.concatenate([place[:, :1], place], axis=1)
    before = np.concatenate([height[:, :1], height], axis=1)
    rise = np.diff(height, axis=1, prepend=height[:, :1], append=height[:, -1:])
    rise = np.concatenate([np.zeros_like(edge), rise[:, 1:]], axis=1)
    width = np.concatenate([np.ones_like(edge), np.diff(place, axis=1), np.ones_like(edge)], axis=1)
    width = np.where(width > 0, width, 1)  # repeated knots: nothing is inside
    value = jnp.where(jnp.abs(values) < LEAST, 0, values)[..., None]
    inside = (value >= low) & (value < high)
    return jnp.sum(jnp.where(inside, before + (value - start) / width * rise, 0), axis=-1)
