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
    "NOTHING",
    "Data",
    "Guard",
    "by_sample",
    "expected_auxiliary",
    "guarded_counts",
    "half_deviance",
    "log_density",
    "measured_parameters",
    "multipliers",
    "shapes",
]

NOTHING = 1e-12
"""Events by which a sum of large terms may miss zero by rounding: less than minus that is negative."""


class Data(NamedTuple):
    """Measured numbers.

    Attributes:
        main: events, (n,).
        auxiliary: of the constrained parameters, in their order, (a,).
    """

    main: Array
    auxiliary: Array


class Guard(NamedTuple):
    """What keeps guarded bins from expecting less than nothing, while a fit looks for its minimum.

    Without events, a bin's likelihood has no wall there. A logarithmic barrier makes one (A. V. Fiacco, G. P.
    McCormick, "Nonlinear Programming", 1968): the bin counts as one with a tiny number of events. Below an edge, the
    logarithm goes on as its parabola (C. Feller, C. Ebenbauer, IEEE Trans. Autom. Control 62 (2017) 1351), so that
    fits may begin where less than nothing is expected.

    Attributes:
        events: that a bin has at least, ().
        edge: expectation below which the logarithm is replaced, ().
        floor: expectation below which nothing is possible, ().
    """

    events: Array | float
    edge: Array | float
    floor: Array | float


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

    Poisson terms are continued to any numbers of events by the gamma function. A negative expectation is impossible,
    whatever is observed: minus infinity.
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
    known = xlogy(counts, jnp.maximum(mean, 0.0)) - mean - gammaln(counts + 1.0)
    return jnp.where(mean < -NOTHING, -jnp.inf, known)


def half_deviance(parameters: jax.Array, arrays: Arrays, data: Data, guard: Guard | None = None) -> jax.Array:
    """Log-likelihood of the saturated model minus that of this one, (); what fits minimise.

    It differs from minus the logarithm of the density by a constant of the data, so that its rounding errors are
    small and twice its minimum is the saturated goodness of fit (R. D. Cousins, 2013). It is infinite where less than
    nothing is expected.

    Args:
        parameters: (p,).
        arrays: of the likelihood.
        data: main and auxiliary.
        guard: what keeps guarded bins from expecting less than nothing; the likelihood itself without.
    """
    expected = jnp.sum(by_sample(parameters, arrays), axis=0)
    measured = measured_parameters(parameters, arrays, data)
    pulls = (parameters - measured) / arrays.width
    constraint = 0.5 * arrays.normal * pulls**2
    counts = jnp.where(arrays.poisson > 0, measured, 1.0)
    rates = jnp.where(arrays.poisson > 0, parameters * arrays.factor, 1.0)
    main = jnp.asarray(data.main)
    terms = _half_deviance(main, expected) if guard is None else _guarded(main, expected, arrays, guard)
    return jnp.sum(terms) + jnp.sum(constraint + _half_deviance(counts, rates))


def guarded_counts(counts: jax.Array, arrays: Arrays, guard: Guard) -> jax.Array:
    """Events of each bin as a guard counts them, (n,)."""
    return jnp.where(arrays.guarded > 0, jnp.maximum(counts, guard.events), counts)


def measured_parameters(parameters: jax.Array, arrays: Arrays, data: Data) -> jax.Array:
    """The auxiliary measurement of each parameter, (p,); without meaning for parameters that have none."""
    return jnp.asarray(data.auxiliary)[arrays.auxiliary_index] if arrays.constrained.shape[0] else parameters


def _half_deviance(counts: jax.Array, mean: jax.Array) -> jax.Array:
    some = counts > 0
    base = jnp.where(some, counts, 1.0)
    # n ln(n / m) - n + m without the difference of large numbers; far from n, a plain logarithm has all digits
    change = (jnp.where(some, mean, 1.0) - base) / base
    near = jnp.abs(change) < 0.5
    ratio = jnp.where(near, 1.0, jnp.where(some, mean, 1.0) / base)
    logarithm = jnp.where(near, jnp.log1p(jnp.where(near, change, 0.0)), jnp.log(ratio))
    return jnp.where(some, base * (change - logarithm), jnp.where(mean < -NOTHING, jnp.inf, mean))


def _guarded(counts: jax.Array, mean: jax.Array, arrays: Arrays, guard: Guard) -> jax.Array:
    guarded = arrays.guarded > 0
    counts, edge = guarded_counts(counts, arrays, guard), jnp.asarray(guard.edge)
    inside = jnp.where(guarded, jnp.maximum(mean, edge), mean)
    short = jnp.where(guarded, jnp.minimum(mean - edge, 0.0), 0.0)
    bent = short / edge
    value = _half_deviance(counts, inside) + short - counts * (bent - 0.5 * bent**2)
    return jnp.where(guarded & (mean < guard.floor), jnp.inf, value)
