r"""Agreement of data with a model that was not fitted to them: chi2 with the full covariance.

For the bins of a distribution with observed events :math:`n` and expected ones :math:`\nu`,

.. math:: \chi^2 = (n - \nu)^T V^{-1} (n - \nu), \qquad V = \mathrm{diag}(\nu) + J W J^T,

where :math:`J` are the derivatives of the expected events by all constrained parameters (systematic uncertainties, and
the statistics of the simulation) and :math:`W` the variances of their constraints: those before a fit. To first order,
that is the minimum over these parameters of :math:`\sum (n - \nu)^2 / \nu` plus their constraints (D. Stump et al.,
Phys. Rev. D 65 (2001) 014012, appendix B), so a deviation counts as far as the uncertainties do not cover it. Factors
that nothing constrains are estimated from the same bins by generalised least squares, and take a degree of freedom
each, as far as they can be told from each other (their rank).

It is before the fit because, after it, prediction and data know each other: residuals of fitted bins have the
covariance of the data *less* that of the prediction, so that p-values with the sum of both would be too large, and of
another distribution of the same events too large by an unknown part. To test each distribution with the model's
uncertainties before it enters a measurement is what CMS does with the inputs of its networks (CMS, Eur. Phys. J. C 83
(2023) 562, with saturated models in place of chi2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import chdtrc

from analysis.errors import FitError
from analysis.inference.arrays import Arrays
from analysis.inference.likelihood import by_sample
from analysis.inference.model import Model

__all__ = ["Agreement", "agreement"]

# a combination of factors that moves the bins by less than this part of the largest one is not told by them
_RANK = 1e-5
# estimated once the next step is below this part of the uncertainties
_CONVERGED = 1e-5
_STEPS = 100
# variance of a bin where nothing is expected
_LEAST = 1e-3
# numbers of parameters, bins, channels and additive effects are this, or twice, four times, eight times this
_FEWEST = 32

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of data with a model.

    Args:
        statistic: the chi2.
        ndf: degrees of freedom.
        p_value: by the chi2 distribution; ``None`` without a degree of freedom.
        values: of all parameters, (p,): constrained ones at the centres of their constraints, others as the bins tell.
    """

    statistic: float
    ndf: int
    p_value: float | None
    values: Array


def agreement(
    model: Model, *, known: Mapping[str, float] | None = None, fewest: float = 5.0, observed: ArrayLike | None = None
) -> Agreement:
    """Compute the agreement of the data in all bins of a model with it.

    Neighbouring bins of the first channel are joined until each expects a few events (W. G. Cochran, Ann. Math. Stat.
    23 (1952) 315); those of other channels with as many bins are joined in the same way.

    Args:
        model: with a parameter for all that is uncertain.
        known: standard deviations of factors without a constraint that are known from elsewhere, 0 for those that are
            not uncertain; around their start values. All others are estimated from the bins.
        fewest: expected events that a bin needs; 0 for bins as they are.
        observed: events in the bins, (n,); the model's if not given.

    Raises:
        StudyError: there is no such factor; the message lists the known ones.
        FitError: the factors do not settle.
    """
    for name in known or {}:
        model.index(name)
    counts = np.asarray(model.observed.main if observed is None else observed, np.float64)
    values, widths, free = _before(model, known or {})
    joined = _join(_expected(model, values)[0], list(model.channels.values()), fewest)
    for _ in range(_STEPS):
        expected, slopes = (joined @ part for part in _expected(model, values))
        spread = slopes * widths
        factor = cho_factor(np.diag(np.maximum(expected, _LEAST)) + spread @ spread.T, lower=True)
        residual, moving = joined @ counts - expected, slopes[:, free]
        normal = moving.T @ cho_solve(factor, moving)
        step = np.linalg.pinv(normal, rcond=_RANK**2, hermitian=True) @ (moving.T @ cho_solve(factor, residual))
        moved = np.clip(values[free] + step, model.lower[free], model.upper[free]) - values[free]
        if moved @ normal @ moved < _CONVERGED**2:
            break
        values[free] += moved
    else:
        raise FitError(
            f"the factors of the channels {', '.join(model.channels)} do not settle",
            cure="say what is known of those that these bins do not tell (known)",
        )
    filled = int(np.sum((expected > _LEAST) | (joined @ counts > 0.0)))
    ndf = filled - _rank(normal)
    statistic = float(residual @ cho_solve(factor, residual))
    return Agreement(statistic, ndf, float(chdtrc(ndf, statistic)) if ndf > 0 else None, values)


def _before(model: Model, known: Mapping[str, float]) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Values before a fit, their standard deviations (zero for free factors), and which factors are free; (p,) each."""
    values, widths = model.start.copy(), np.zeros(len(model.parameters))
    free = np.zeros(len(model.parameters), np.bool_)
    for index, parameter in enumerate(model.parameters):
        if parameter.name in known:
            widths[index] = known[parameter.name]
        elif parameter.fixed:
            continue
        elif parameter.centre is not None and parameter.width is not None:
            values[index], widths[index] = parameter.centre, parameter.width
        else:
            free[index] = True
    return values, widths, free


def _join(expected: Array, channels: list[slice], fewest: float) -> Array:
    """Sums over neighbouring bins, (m, n)."""
    bins = channels[0].stop - channels[0].start
    alike = [part for part in channels if part.stop - part.start == bins]
    least = np.min([expected[part] for part in alike], axis=0)
    groups: list[list[int]] = [[]]
    for one in range(bins):
        if groups[-1] and least[groups[-1]].sum() >= fewest:
            groups.append([])
        groups[-1].append(one)
    if len(groups) > 1 and least[groups[-1]].sum() < fewest:
        last = groups.pop()
        groups[-1] += last
    rows = []
    for part in channels:
        own = groups if part in alike else [[one] for one in range(part.stop - part.start)]
        for group in own:
            row = np.zeros(len(expected))
            row[[part.start + one for one in group]] = 1.0
            rows.append(row)
    return np.array(rows)


def _rank(normal: Array) -> int:
    """Number of factors that the bins tell from each other, whatever their units."""
    sizes = np.sqrt(np.diagonal(normal))
    told = sizes > 0.0
    scaled = normal[np.ix_(told, told)] / np.outer(sizes[told], sizes[told])
    return int(np.linalg.matrix_rank(scaled, tol=_RANK**2, hermitian=True)) if told.any() else 0


def _expected(model: Model, values: Array) -> tuple[Array, Array]:
    """Expected events (n,) and their derivatives by all parameters (n, p)."""
    bins, parameters = len(model.observed.main), len(values)
    with jax.enable_x64(True):
        expected, slopes = _with_slopes(*_filled_up(values, model.arrays))
        return np.asarray(expected)[:bins], np.asarray(slopes)[:bins, :parameters]


def _filled_up(values: Array, arrays: Arrays) -> tuple[Array, Arrays]:
    """Parameters and arrays of one of few sizes, so that models of many shapes share their programs.

    What is added acts on nothing, and nothing is expected there; what expectations do not depend on is left out.
    """
    count = len(values)
    more, bins, channels, effects = (
        _FEWEST * (1 << (max(size - 1, 0) // _FEWEST).bit_length()) - size
        for size in (count, len(arrays.channel), arrays.block_values.shape[1], len(arrays.histo_parameter))
    )
    # the last of all values is 1
    one = count + more + len(arrays.norm_parameter)

    def table(which: ArrayLike, added: int) -> Array:
        which = np.asarray(which)
        moved = np.where(which >= count, which + more, which)
        return np.pad(moved, ((0, 0), (0, added), (0, 0)), constant_values=one)

    nothing = Arrays(*[np.zeros(0)] * len(Arrays._fields))
    return np.pad(values, (0, more)), nothing._replace(
        nominal=np.pad(arrays.nominal, ((0, 0), (0, bins))),
        channel=np.pad(arrays.channel, (0, bins)),
        histo_parameter=np.pad(arrays.histo_parameter, (0, effects)),
        histo_half=np.pad(arrays.histo_half, ((0, effects), (0, 0), (0, bins))),
        histo_kink=np.pad(arrays.histo_kink, ((0, effects), (0, 0), (0, bins))),
        norm_parameter=arrays.norm_parameter,
        norm_coefficients=arrays.norm_coefficients,
        norm_log_low=arrays.norm_log_low,
        norm_log_high=arrays.norm_log_high,
        block_values=table(arrays.block_values, channels),
        cell_values=table(arrays.cell_values, bins),
    )


@jax.jit
def _with_slopes(place: jax.Array, arrays: Arrays) -> tuple[jax.Array, jax.Array]:
    def total(parameters: jax.Array) -> jax.Array:
        return jnp.sum(by_sample(parameters, arrays), axis=0)

    return total(place), jax.jacfwd(total)(place)
