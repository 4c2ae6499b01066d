"""Monotonic rational-quadratic splines and their inverses."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

__all__ = ["Pieces", "inverse_spline", "pieces_of", "spline"]

# shares of the interval that a piece has at least, and slopes at its ends
_LEAST = 1e-3
# an argument of softplus that gives a slope of 1: outputs of 0 leave values as they are
_ONE = math.log(math.expm1(1.0 - _LEAST))

Pieces = tuple[jax.Array, jax.Array, jax.Array]


def pieces_of(outputs: jax.Array, bins: int, reach: float) -> Pieces:
    """Knots and slopes of splines from a network's outputs, which may be any numbers.

    Args:
        outputs: (..., 3 k - 1) for k pieces; of zeros, the spline is the identity.
        bins: number k.
        reach: splines go from -reach to reach, with a slope of 1 at both ends.

    Returns:
        Places x and y of the knots and the slopes there, (..., k + 1) each.
    """

    def knots(shares: jax.Array) -> jax.Array:
        widths = _LEAST + (1 - _LEAST * bins) * jax.nn.softmax(shares)
        inner = 2 * reach * jnp.cumsum(widths, axis=-1)[..., :-1] - reach
        end = jnp.full_like(inner[..., :1], reach)
        return jnp.concatenate([-end, inner, end], axis=-1)

    slopes = _LEAST + jax.nn.softplus(outputs[..., 2 * bins :] + _ONE)
    one = jnp.ones_like(outputs[..., :1])
    return (
        knots(outputs[..., :bins]),
        knots(outputs[..., bins : 2 * bins]),
        jnp.concatenate([one, slopes, one], axis=-1),
    )


def spline(values: jax.Array, pieces: Pieces) -> tuple[jax.Array, jax.Array]:
    """Splines of values, and the logarithms of their derivatives (Durkan et al., arXiv:1906.04032, Eqs. 4 and 5).

    Args:
        values: (...); those beyond the last knots stay as they are.
        pieces: from :func:`pieces_of`, (..., k + 1).
    """
    inside, (x, y, slope), (x1, y1, slope1) = _piece(values, pieces, pieces[0])
    width, height = x1 - x, y1 - y
    mean = height / width
    part = jnp.where(inside, (values - x) / width, 0.5)
    rest = part * (1 - part)
    curve = mean + (slope1 + slope - 2 * mean) * rest
    found = y + height * (mean * part**2 + slope * rest) / curve
    derivative = mean**2 * (slope1 * part**2 + 2 * mean * rest + slope * (1 - part) ** 2) / curve**2
    return jnp.where(inside, found, values), jnp.where(inside, jnp.log(derivative), 0.0)


def inverse_spline(values: jax.Array, pieces: Pieces) -> jax.Array:
    """Values whose splines are given (Durkan et al., arXiv:1906.04032, Eqs. 6 to 8 and 29)."""
    inside, (x, y, slope), (x1, y1, slope1) = _piece(values, pieces, pieces[1])
    width, height = x1 - x, y1 - y
    mean = height / width
    above = jnp.where(inside, values - y, 0.5 * height)
    bend = above * (slope1 + slope - 2 * mean)
    a, b, c = height * (mean - slope) + bend, height * slope - bend, -mean * above
    # the root that stays finite where a is 0
    part = -2 * c / (b + jnp.sqrt(jnp.maximum(b**2 - 4 * a * c, 0.0)))
    return jnp.where(inside, x + width * part, values)


def _piece(
    values: jax.Array, pieces: Pieces, knots: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, ...], tuple[jax.Array, ...]]:
    """Whether values are within the knots, and both ends of the piece that they are in."""
    bins = knots.shape[-1] - 1
    inside = (values > knots[..., 0]) & (values < knots[..., -1])
    # sums instead of a search or a gather: few pieces, and each device does them fast
    number = jnp.clip(jnp.sum(values[..., None] >= knots, axis=-1) - 1, 0, bins - 1)
    here = jax.nn.one_hot(number, bins, dtype=bool)

    def at(array: jax.Array) -> jax.Array:
        return jnp.sum(jnp.where(here, array, 0), axis=-1)

    return inside, tuple(at(one[..., :-1]) for one in pieces), tuple(at(one[..., 1:]) for one in pieces)
