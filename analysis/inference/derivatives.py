"""Gradient and second derivatives of the HistFactory likelihood, written out.

Automatic differentiation needs one pass for each parameter; here, parameters that act on one bin (most of them, in
real workspaces) cost no more than their entries of the matrix, and the rest is matrix products. A sample's events in a
bin are a sum (histogram and additive effects, D) times a product of factors (F), so their derivatives are F dD + D F l
with the logarithmic derivatives l of the factors.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from analysis.inference.arrays import Arrays
from analysis.inference.interpolation import Slopes, factor_slopes, histogram_slopes
from analysis.inference.likelihood import Data, Guard, guarded_counts, measured_parameters, multipliers, shapes

__all__ = ["derivatives"]

# instead of factors that are zero: small enough to change no sum, and its square is still a number
_ZERO = 1e-100


def derivatives(
    parameters: jax.Array, exact: jax.Array | float, arrays: Arrays, data: Data, guard: Guard | None = None
) -> tuple[jax.Array, jax.Array]:
    """First and second derivatives of :func:`~analysis.inference.likelihood.half_deviance`.

    Args:
        parameters: (p,).
        exact: 1, or 0 for the matrix of Gauss and Newton instead, which is never negative: without the second
            derivatives of the expected events.
        arrays: of the likelihood.
        data: main and auxiliary.
        guard: of bins whose expectation may become negative, if there is one.

    Returns:
        The gradient (p,) and the symmetric matrix (p, p).
    """
    nonzero = jnp.where(parameters == 0.0, _ZERO, parameters)
    factors = factor_slopes(
        parameters[arrays.norm_parameter], arrays.norm_coefficients, arrays.norm_log_low, arrays.norm_log_high
    )
    product = multipliers(jnp.concatenate([nonzero, factors.value, jnp.ones(1)]), arrays)
    cells = shapes(parameters, arrays) * product
    slope, bend = _terms(jnp.sum(cells, axis=0), arrays, data, guard)
    inside = _Inside(nonzero, product, cells, slope, bend, exact * slope)

    gradient, matrix, moved = _wide(parameters, factors, inside, arrays)
    if arrays.single.shape[0]:
        gradient, matrix = _with_single(gradient, matrix, moved, inside, arrays)
        gradient, matrix = gradient[arrays.order], matrix[arrays.order[:, None], arrays.order[None, :]]
    else:
        gradient, matrix = gradient[arrays.order], matrix[arrays.order][:, arrays.order]

    measured = measured_parameters(parameters, arrays, data)
    squares = arrays.normal / arrays.width**2
    counts = arrays.poisson * measured
    gradient = gradient + squares * (parameters - measured) + arrays.poisson * arrays.factor - counts / nonzero
    return gradient, matrix + jnp.diag(squares + counts / nonzero**2)


def _terms(expected: jax.Array, arrays: Arrays, data: Data, guard: Guard | None) -> tuple[jax.Array, jax.Array]:
    """First and second derivatives of each bin's term with respect to its expectation, (n,) each."""
    main = jnp.asarray(data.main)
    if guard is not None:
        main = guarded_counts(main, arrays, guard)
    some = main > 0
    mean = jnp.where(some, expected, 1.0)
    slope, bend = jnp.where(some, (mean - main) / mean, 1.0), main / mean**2
    if guard is None:
        return slope, bend
    edge = jnp.asarray(guard.edge)
    below = (arrays.guarded > 0) & (expected < edge)
    return (
        jnp.where(below, 1.0 - main * ((2.0 * edge - expected) / edge) / edge, slope),
        jnp.where(below, main / edge / edge, bend),
    )


class _Inside(NamedTuple):
    """Intermediate results that all parameters' derivatives are computed from."""

    nonzero: jax.Array
    product: jax.Array
    cells: jax.Array
    slope: jax.Array
    bend: jax.Array
    slope_exact: jax.Array


def _wide(
    parameters: jax.Array, factors: Slopes, inside: _Inside, arrays: Arrays
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Gradient (w,) and matrix (w, w) of wide parameters, and the derivatives of all cells (w, s, n).

    Sums over a channel's bins come before the products of pairs of parameters: most factors are the same in them.
    """
    samples, bins = inside.cells.shape
    count, wide, histos = parameters.shape[0], arrays.wide_parameter.shape[0], arrays.histo_half.shape[0]
    several = slice(histos, histos + arrays.several_cells.shape[0])
    log_first = jnp.concatenate([1.0 / inside.nonzero, factors.first / factors.value, jnp.zeros(1)])
    over_second = jnp.concatenate([jnp.zeros(count), factors.second / factors.value, jnp.zeros(1)])
    logs, seconds = log_first[arrays.wide_value], over_second[arrays.wide_value]
    channels = logs.shape[2]
    spread = (jnp.arange(channels)[:, None] == arrays.channel).astype(logs.dtype)

    histo = histogram_slopes(parameters[arrays.histo_parameter])
    add = (arrays.histo_half + histo.first[:, None, None] * arrays.histo_kink) * inside.product
    everywhere = (logs.reshape(wide * samples, channels) @ spread).reshape(wide, samples, bins)
    if arrays.several_cells.shape[0]:
        own = 1.0 / inside.nonzero[arrays.wide_parameter[several]]
        everywhere = everywhere.at[several].add(own[:, None, None] * arrays.several_cells)
    moved = inside.cells * everywhere
    moved = jnp.concatenate([moved[:histos] + add, moved[histos:]])
    jacobian = jnp.sum(moved, axis=1)

    weight = inside.slope_exact * inside.cells
    in_channel = weight @ spread.T
    added = ((add * inside.slope_exact).reshape(histos * samples, bins) @ spread.T).reshape(histos, samples, channels)
    half = 0.5 * in_channel * logs
    half = jnp.concatenate([half[:histos] + added, half[histos:]]).reshape(wide, samples * channels)
    cross = half @ logs.reshape(wide, samples * channels).T
    # a factor's second derivative is not the square of its logarithmic one; no subtraction, for that one may be huge
    cross = jnp.where(jnp.eye(wide, dtype=bool), 0.0, cross)
    diagonal = jnp.sum(in_channel * seconds, axis=(1, 2))
    if arrays.several_cells.shape[0]:
        # vector elements have no factor that is the same in a channel: their rows and columns are empty until here
        rows = jnp.sum((moved * inside.slope_exact)[:, None] * everywhere[several], axis=(2, 3))
        pairs = 0.5 * (rows[several] - jnp.diag(jnp.diagonal(rows[several])))
        cross = cross.at[:, several].add(rows.at[several].set(pairs))
    bends = jnp.tensordot(arrays.histo_kink, inside.slope_exact * inside.product, 2) * histo.second
    bends = bends + 2.0 * jnp.sum(added * logs[:histos], axis=(1, 2))
    diagonal = diagonal + jnp.concatenate([bends, jnp.zeros(wide - histos)])
    matrix = (jacobian * inside.bend) @ jacobian.T + cross + cross.T + jnp.diag(diagonal)
    return jacobian @ inside.slope, matrix, moved


def _with_single(
    gradient: jax.Array, matrix: jax.Array, moved: jax.Array, inside: _Inside, arrays: Arrays
) -> tuple[jax.Array, jax.Array]:
    """The same with the parameters of single bins behind the wide ones."""
    bins = inside.slope.shape[0]
    jacobian = jnp.sum(moved, axis=1)
    own = jnp.concatenate([1.0 / inside.nonzero, jnp.zeros(1)])[arrays.single_parameter]
    logs = own[:, None] * arrays.single_cells
    steps = inside.cells * logs
    change = jnp.sum(steps, axis=1)
    mixed, both = [], []
    for row in range(logs.shape[0]):
        slopes = jnp.sum(moved * logs[row], axis=1) * inside.slope_exact
        mixed.append(change[row] * jacobian * inside.bend + slopes)
        pairs = jnp.sum(steps[row] * logs, axis=1) * inside.slope_exact
        pairs = jnp.where(jnp.arange(len(logs))[:, None] == row, 0.0, pairs)
        both.append(change[row] * change * inside.bend + pairs)
    corner = jnp.concatenate(mixed, axis=1)[:, arrays.single_place]
    rows = jnp.asarray(arrays.single_place) // bins
    same = arrays.single_bin[:, None] == arrays.single_bin[None, :]
    block = jnp.stack(both)[rows[:, None], rows[None, :], arrays.single_bin[:, None]]
    matrix = jnp.block([[matrix, corner], [corner.T, jnp.where(same, block, 0.0)]])
    return jnp.concatenate([gradient, (change * inside.slope).reshape(-1)[arrays.single_place]]), matrix
