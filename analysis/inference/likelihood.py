"""The HistFactory likelihood as functions of arrays (CERN-OPEN-2012-016; L. Heinrich et al., JOSS 6 (2021) 2823).

All functions are to be called within ``jax.enable_x64(True)``, inside or outside ``jit`` and ``vmap``.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import gammaln, xlogy

from analysis.inference.arrays import Arrays
from analysis.inference.interpolation import Array, factor, kink

__all__ = [
    "Data",
    "by_sample",
    "expected_auxiliary",
    "half_deviance",
    "log_density",
    "measured_parameters",
    "multipliers",
    "shapes",
]


class Data(NamedTuple):
    """Measured numbers.

    Attributes:
        main: events, (n,).
        auxiliary: of the constrained parameters, in their order, (a,).
    """

    main: Array
    auxiliary: Array


def _values(parameters: jax.Array, arrays: Arrays) -> jax.Array:
    """Return the values that samples are multiplied by, (p + e + 1,)."""
    alpha = parameters[arrays.norm_parameter]
    factors = factor(alpha, arrays.norm_coefficients, arrays.norm_log_low, arrays.norm_log_high)
    return jnp.concatenate([parameters, factors, jnp.ones(1)])


def by_sample(parameters: jax.Array, arrays: Arrays) -> jax.Array:
    """Expected events, (s, n)."""
    values = _values(parameters, arrays)
    return shapes(parameters, arrays) * multipliers(values, arrays)


def shapes(parameters: jax.Array, arrays: Arrays) -> jax.Array:
    """Histograms with their additive effects, (s, n)."""
    alpha = parameters[arrays.histo_parameter]
    change = jnp.tensordot(alpha, arrays.histo_half, 1) + jnp.tensordot(kink(alpha), arrays.histo_kink, 1)
    return jnp.asarray(arrays.nominal) + change


def multipliers(values: jax.Array, arrays: Arrays) -> jax.Array:
    """The product of all factors, (s, n)."""
    blocks = _product(values[arrays.block_values])
    return blocks[:, arrays.channel] * _product(values[arrays.cell_values])


def _product(factors: jax.Array) -> jax.Array:
    # pairwise: its derivatives hold where factors are zero, and are simple
    while factors.shape[-1] > 1:
        half = factors.shape[-1] // 2
        factors = factors[..., :half] * factors[..., half:]
    return factors[..., 0]


def expected_auxiliary(parameters: jax.Array, arrays: Arrays) -> jax.Array:
    """Return the expected auxiliary measurements, (a,)."""
    return (parameters * arrays.factor)[arrays.constrained]


def log_density(parameters: jax.Array, arrays: Arrays, data: Data) -> jax.Array:
    """Logarithm of the probability density of all data, ().

    Poisson terms are continued to any numbers of events by the gamma function.
    """
    expected = jnp.sum(by_sample(parameters, arrays), axis=0)
    mean = expected_auxiliary(parameters, arrays)
    constrained = arrays.constrained
    width, normal = arrays.width[constrained], arrays.normal[constrained] > 0
    gauss = -0.5 * ((data.auxiliary - mean) / width) ** 2 - jnp.log(width * jnp.sqrt(2.0 * jnp.pi))
    counts = jnp.where(normal, 1.0, data.auxiliary)
    auxiliary = jnp.where(normal, gauss, _poisson(counts, jnp.where(normal, 1.0, mean)))
    return jnp.sum(_poisson(jnp.asarray(data.main), expected)) + jnp.sum(auxiliary)


def _poisson(counts: jax.Array, mean: jax.Array) -> jax.Array:
    return xlogy(counts, mean) - mean - gammaln(counts + 1.0)


def half_deviance(parameters: jax.Array, arrays: Arrays, data: Data) -> jax.Array:
    """Log-likelihood of the saturated model minus that of this one, (); what fits minimise.

    It differs from minus the logarithm of the density by a constant of the data, so that its rounding errors are
    small and twice its minimum is the saturated goodness of fit (R. D. Cousins, 2013).
    """
    expected = jnp.sum(by_sample(parameters, arrays), axis=0)
    measured = measured_parameters(parameters, arrays, data)
    pulls = (parameters - measured) / arrays.width
    constraint = 0.5 * arrays.normal * pulls**2
    counts = jnp.where(arrays.poisson > 0, measured, 1.0)
    rates = jnp.where(arrays.poisson > 0, parameters * arrays.factor, 1.0)
    return jnp.sum(_half_deviance(jnp.asarray(data.main), expected)) + jnp.sum(
        constraint + _half_deviance(counts, rates)
    )


def measured_parameters(parameters: jax.Array, arrays: Arrays, data: Data) -> jax.Array:
    """The auxiliary measurement of each parameter, (p,); without meaning for parameters that have none."""
    return jnp.asarray(data.auxiliary)[arrays.auxiliary_index] if arrays.constrained.shape[0] else parameters


def _half_deviance(counts: jax.Array, mean: jax.Array) -> jax.Array:
    some = counts > 0
    ratio = jnp.where(some, mean, 1.0) / jnp.where(some, counts, 1.0)
    return mean - counts - counts * jnp.log(ratio)
