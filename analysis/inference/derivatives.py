"""Gradient and second derivatives of the HistFactory likelihood, written out.

Automatic differentiation needs one pass for each parameter; here, parameters that act on one bin (most of them, in
real workspaces) cost no more than their entries of the matrix, and the rest is matrix products. A sample's events in a
bin are a sum (histogram and additive effects, D) times a product of factors (F), so their derivatives are F dD + D F l
with the logarithmic derivatives l of the factors.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from analysis.inference.arrays import Arrays
from analysis.inference.interpolation import factor_slopes, histogram_slopes
from analysis.inference.likelihood import Data, multipliers, shapes

__all__ = ["derivatives"]

# instead of factors that are zero: small enough to change no sum, and its square is still a number
_ZERO = 1e-100


def derivatives(parameters: jax.Array, arrays: Arrays, data: Data) -> tuple[jax.Array, jax.Array]:
    """First and second derivatives of :func:`~analysis.inference.likelihood.half_deviance`.

    Args:
        parameters: (p,).
        arrays: of the likelihood.
        data: main and auxiliary.

    Returns:
        The gradient (p,) and the symmetric matrix (p, p).
    """
    count = parameters.shape[0]
    slopes = factor_slopes(
        parameters[arrays.norm_parameter], arrays.norm_coefficients, arrays.norm_log_low, arrays.norm_log_high
    )
    nonzero = jnp.where(parameters == 0.0, _ZERO, parameters)
    values = jnp.concatenate([nonzero, slopes.value, jnp.ones(1)])
    # logarithmic first derivatives of the values, and second derivatives over the values
    log_first = jnp.concatenate([1.0 / nonzero, slopes.first / slopes.value, jnp.zeros(1)])
    over_second = jnp.concatenate([jnp.zeros(count), slopes.second / slopes.value, jnp.zeros(1)])
    product = multipliers(values, arrays)
    shape = shapes(parameters, arrays)
    cells = shape * product
    expected = jnp.sum(cells, axis=0)

    main = jnp.asarray(data.main)
    safe = jnp.where(main > 0, expected, 1.0)
    slope, bend = 1.0 - main / safe, main / safe**2
    weight = slope * cells

    # wide parameters: logarithmic derivatives (w, s, n) and additive ones, which only the first h have
    logs = log_first[arrays.wide_value][:, :, arrays.channel]
    seconds = over_second[arrays.wide_value]
    wide, histos, several = logs.shape[0], arrays.histo_half.shape[0], arrays.several_cells.shape[0]
    vectors = slice(histos, histos + several)
    own = 1.0 / nonzero[arrays.wide_parameter[vectors]]
    logs = jnp.concatenate(
        [logs[:histos], logs[vectors] + own[:, None, None] * arrays.several_cells, logs[histos + several :]]
    )
    histo = histogram_slopes(parameters[arrays.histo_parameter])
    add = (arrays.histo_half + histo.first[:, None, None] * arrays.histo_kink) * product
    add = jnp.concatenate([add, jnp.zeros((wide - histos, *shape.shape))])
    scaled = cells * logs
    jacobian = jnp.sum(add + scaled, axis=1)
    cross = ((add + 0.5 * scaled) * slope).reshape(wide, -1) @ logs.reshape(wide, -1).T
    matrix = (jacobian * bend) @ jacobian.T + cross + cross.T
    # the square of a logarithmic derivative is not the second derivative of a factor
    in_channel = weight @ (arrays.channel[:, None] == jnp.arange(arrays.block_values.shape[1])).astype(weight.dtype)
    diagonal = jnp.sum(seconds * in_channel, axis=(1, 2)) - jnp.sum(weight * logs**2, axis=(1, 2))
    bends = jnp.tensordot(arrays.histo_kink, slope * product, 2) * histo.second
    diagonal = diagonal + jnp.concatenate([bends, jnp.zeros(wide - histos)])
    matrix = matrix + jnp.diag(diagonal)
    gradient = jacobian @ slope

    if arrays.single.shape[0]:
        own = jnp.concatenate([1.0 / nonzero, jnp.zeros(1)])[arrays.single_parameter]
        logs_single = own[:, None] * arrays.single_cells
        scaled_single = jnp.sum(cells * logs_single, axis=1)
        mixed = scaled_single[:, None] * jacobian * bend
        mixed = mixed + jnp.einsum("qsn,wsn->qwn", logs_single * slope, add + scaled)
        both = jnp.einsum("qsn,rsn->qrn", logs_single * weight, logs_single)
        rows = both.shape[0]
        both = both * (1.0 - jnp.eye(rows))[:, :, None]
        both = both + scaled_single[:, None] * scaled_single * bend
        bins = main.shape[0]
        corner = mixed.transpose(1, 0, 2).reshape(wide, -1)[:, arrays.single_place]
        row = arrays.single_place // bins
        same = arrays.single_bin[:, None] == arrays.single_bin[None, :]
        block = jnp.where(same, both[row[:, None], row[None, :], arrays.single_bin[:, None]], 0.0)
        matrix = jnp.block([[matrix, corner], [corner.T, block]])
        gradient = jnp.concatenate([gradient, (scaled_single * slope).reshape(-1)[arrays.single_place]])
    gradient, matrix = gradient[arrays.order], matrix[arrays.order[:, None], arrays.order[None, :]]

    measured = jnp.asarray(data.auxiliary)[arrays.auxiliary_index] if len(arrays.constrained) else parameters
    squares = arrays.normal / arrays.width**2
    counts = arrays.poisson * measured
    gradient = gradient + squares * (parameters - measured) + arrays.poisson * arrays.factor - counts / nonzero
    return gradient, matrix + jnp.diag(squares + counts / nonzero**2)
