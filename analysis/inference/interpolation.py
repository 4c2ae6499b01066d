"""Interpolation of a systematic effect in its parameter, between and beyond -1, 0 and +1 standard deviations.

The codes are those of HistFactory (CERN-OPEN-2012-016, section 4.1), numbered as in pyhf: 4 for factors (polynomial
inside, exponential outside), 4p for histograms (polynomial inside, linear outside).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Slopes", "factor", "factor_coefficients", "factor_slopes", "histogram_slopes", "kink"]

Array = jax.Array | NDArray

# inverse of the conditions on value, first and second derivative at +1 and -1 of a polynomial of the sixth order
_INVERSE = (
    np.array(
        [
            [15.0, -15.0, -7.0, -7.0, 1.0, -1.0],
            [24.0, 24.0, -9.0, 9.0, 1.0, 1.0],
            [-10.0, 10.0, 10.0, 10.0, -2.0, 2.0],
            [-24.0, -24.0, 14.0, -14.0, -2.0, -2.0],
            [3.0, -3.0, -3.0, -3.0, 1.0, -1.0],
            [8.0, 8.0, -5.0, 5.0, 1.0, 1.0],
        ]
    )
    / 16.0
)


class Slopes(NamedTuple):
    """A function with its first and second derivative."""

    value: jax.Array
    first: jax.Array
    second: jax.Array


def factor_coefficients(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients of the polynomial 1 + a₁α + ... + a₆α⁶ that joins low^-α and high^α smoothly (code 4).

    Args:
        low: factor at -1, positive, (e,).
        high: factor at +1, positive, (e,).

    Returns:
        a₁ to a₆, (6, e).
    """
    log_low, log_high = np.log(low), np.log(high)
    conditions = [high - 1.0, low - 1.0, log_high * high, -log_low * low, log_high**2 * high, log_low**2 * low]
    return _INVERSE @ np.stack(conditions)


def factor(alpha: jax.Array, coefficients: Array, log_low: Array, log_high: Array) -> jax.Array:
    """The factor at α (code 4); all arguments (..., e), the coefficients (6, e)."""
    outside = jnp.exp(jnp.where(alpha > 0, alpha * log_high, -alpha * log_low))
    inside = jnp.zeros_like(alpha)
    for coefficient in coefficients[::-1]:
        inside = (inside + coefficient) * alpha
    return jnp.where(jnp.abs(alpha) >= 1.0, outside, 1.0 + inside)


def factor_slopes(alpha: jax.Array, coefficients: Array, log_low: Array, log_high: Array) -> Slopes:
    """:func:`factor` with its derivatives."""
    slope = jnp.where(alpha > 0, log_high, -log_low)
    outside = jnp.exp(alpha * slope)
    value = first = second = jnp.zeros_like(alpha)
    for order in range(6, 0, -1):
        coefficient = coefficients[order - 1]
        value = (value + coefficient) * alpha
        first = first * alpha + order * coefficient
        if order > 1:
            second = second * alpha + order * (order - 1) * coefficient
    beyond = jnp.abs(alpha) >= 1.0
    return Slopes(
        jnp.where(beyond, outside, 1.0 + value),
        jnp.where(beyond, slope * outside, first),
        jnp.where(beyond, slope**2 * outside, second),
    )


def kink(alpha: jax.Array) -> jax.Array:
    """h(α) of code 4p, (...): a histogram changes by α S + h(α) A.

    S = (up - down) / 2 and A = (up - 2 nominal + down) / 16; inside, h = α² (3 α⁴ - 10 α² + 15), outside, ``8 |α|``.
    """
    square = alpha**2
    return jnp.where(jnp.abs(alpha) > 1.0, 8.0 * jnp.abs(alpha), square * (square * (3.0 * square - 10.0) + 15.0))


def histogram_slopes(alpha: jax.Array) -> Slopes:
    """:func:`kink` with its derivatives."""
    square = alpha**2
    beyond = jnp.abs(alpha) > 1.0
    return Slopes(
        kink(alpha),
        jnp.where(beyond, 8.0 * jnp.sign(alpha), alpha * (square * (18.0 * square - 40.0) + 30.0)),
        jnp.where(beyond, 0.0, square * (90.0 * square - 120.0) + 30.0),
    )
