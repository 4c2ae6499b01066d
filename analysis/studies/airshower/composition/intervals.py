"""Intervals of fractions, and of anything linear in them, from likelihood ratios.

Statistical: where twice the logarithm of the likelihood ratio to the best fit is 1 (S. S. Wilks, Ann. Math. Stat. 9
(1938) 60), or the limit of what is possible if that comes first; the other fractions are fitted anew at each point.

Systematic: a detector's property t with the constraint of its calibration, a unit normal one, is a nuisance parameter
and adds t² to that. It is not measured with the histogram itself: the ratio is taken to the best fit *with the same t*.
What the interaction models get wrong about the shape would otherwise be laid on the calibration, in each energy bin
anew, although neighbouring bins share it. In the limit of normal distributions the result is the quadratic sum of the
statistical uncertainty and of the fit's change with t, which is how PRD 90 (2014) 122006 has it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.composition.likelihood import Channels, Fitted, mixtures, solve

__all__ = ["Intervals", "crossing", "intervals"]

Array = NDArray[np.float64]

# values of a nuisance parameter: beyond ±1, its constraint alone is more than the ratio allows. They are sines of even
# steps of an angle, a function of which the end of an interval is a sine as well in the limit of normal distributions.
_GRID = tuple(float(np.sin(step * np.pi / 8.0)) for step in (-4, -3, -2, -1, 1, 2, 3, 4))
_STEPS = 40
_TOLERANCE = 1e-7


class Intervals(NamedTuple):
    """Values with their uncertainties downwards and upwards, none negative, for m quantities.

    Attributes:
        value: (m,) at the best fit with the nuisance parameters at 0.
        stat: (2, m).
        syst: (2, m), what the nuisance parameters add in quadrature; smaller where a limit is near.
        sources: (k, 2, m) what each of them adds by itself.
        at_limit: (2, m) whether the statistical interval ends at the limit of what is possible.
        converged: (m,) whether all fits were found.
    """

    value: Array
    stat: Array
    syst: Array
    sources: Array
    at_limit: NDArray[np.bool_]
    converged: NDArray[np.bool_]


def intervals(channels: Channels, index: NDArray[np.int64], counts: Array, coefficients: Array) -> Intervals:
    """Values and intervals of ``coefficients . fractions`` for m histograms.

    Args:
        channels: the templates.
        index: (m,) channel of each.
        counts: (m, d) events.
        coefficients: (m, s).

    Returns:
        The intervals with 68.27 % probability.
    """
    sizes, kinds = len(index), len(channels.nuisances)
    # the nominal one first, then each nuisance parameter by itself along the grid
    points = np.zeros((1 + kinds * len(_GRID), kinds))
    for kind in range(kinds):
        points[1 + kind * len(_GRID) : 1 + (kind + 1) * len(_GRID), kind] = _GRID
    level = np.repeat(1.0 - (points**2).sum(axis=1), sizes)
    where = np.tile(index, len(points)), np.tile(counts, (len(points), 1)), np.repeat(points, sizes, axis=0)
    rows = np.tile(coefficients, (len(points), 1))
    # a channel's best fit is the same for all quantities
    best = _solve_once(channels, *where)
    value = np.einsum("ms,ms->m", rows, best.fractions)
    ends = np.empty((2, len(points), sizes))
    converged = best.converged.copy()
    at_limit = np.empty((2, sizes), bool)
    for side in (0, 1):
        limit = (rows.max if side else rows.min)(axis=1)
        end, reached, found = crossing(channels, *where, rows, value, best.value, limit, level)
        ends[side] = end.reshape(len(points), sizes)
        at_limit[side] = reached[:sizes]
        converged &= found
    centre = value[:sizes]
    signs = np.array([[-1.0], [1.0]])
    stat = np.maximum(signs * (ends[:, 0] - centre), 0.0)
    sources = np.zeros((kinds, 2, sizes))
    for kind in range(kinds):
        outward = signs[..., np.newaxis] * (ends[:, 1 + kind * len(_GRID) :][:, : len(_GRID)] - centre)
        sources[kind] = np.sqrt(np.maximum(_peak(outward, stat) ** 2 - stat**2, 0.0))
    room = np.stack([centre - coefficients.min(axis=1), coefficients.max(axis=1) - centre])
    total = np.minimum(np.sqrt(stat**2 + (sources**2).sum(axis=0)), room)
    syst = np.sqrt(np.maximum(total**2 - stat**2, 0.0))
    fine = np.asarray(converged.reshape(len(points), sizes).all(axis=0))
    return Intervals(centre, stat, syst, sources, at_limit, fine)


def crossing(
    channels: Channels,
    index: NDArray[np.int64],
    counts: Array,
    nuisances: Array,
    coefficients: Array,
    value: Array,
    least: Array,
    limit: Array,
    level: Array,
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the value at which the likelihood ratio reaches a level, from the best fit towards a limit; for m fits.

    Args:
        channels: the templates.
        index: (m,) channel of each.
        counts: (m, d) events.
        nuisances: (m, k), which stay there.
        coefficients: (m, s) of the quantity.
        value: (m,) of the quantity at the best fit.
        least: (m,) half of the deviance there.
        limit: (m,) where the search ends.
        level: (m,) of twice the difference of the logarithms, not negative.

    Returns:
        The quantity's value there, (m,), whether that is the limit, (m,), and whether all fits were found, (m,).
    """
    target = np.sqrt(np.maximum(level, 0.0))
    converged = np.ones(len(index), bool)

    def height(which: NDArray[np.int64], at: Array) -> Array:
        """Root of the ratio, which is nearly a straight line, above its target."""
        within = mixtures(coefficients[which], at)
        found = solve(channels, index[which], counts[which], nuisances[which], within)
        # infinite: the histogram is impossible there
        converged[which] &= found.converged | np.isinf(found.value)
        return np.sqrt(np.maximum(2.0 * (found.value - least[which]), 0.0)) - target[which]

    everyone = np.arange(len(index))
    far = height(everyone, limit)
    at_limit = far <= 0.0
    end = np.where(at_limit, limit, value)
    near_at, near, far_at = value.copy(), -target, limit.copy()
    active = np.flatnonzero(~at_limit & (target > 0.0))
    kept = np.zeros(len(index), int)
    for _ in range(_STEPS):
        if not len(active):
            break
        a, b, fa, fb = near_at[active], far_at[active], near[active], far[active]
        straight = np.isfinite(fb)
        fb_or_one = np.where(straight, fb, 1.0)
        at = np.where(straight, (a * fb_or_one - b * fa) / (fb_or_one - fa), 0.5 * (a + b))
        f = height(active, at)
        end[active] = at
        # false position; a side that was kept twice counts half (M. Dowell and P. Jarratt, BIT 11 (1971) 168)
        inside = f <= 0.0
        near_at[active], near[active] = np.where(inside, at, a), np.where(inside, f, fa)
        far_at[active], far[active] = np.where(inside, b, at), np.where(inside, fb, f)
        again = kept[active] == np.where(inside, 1, -1)
        far[active] = np.where(again & inside, 0.5 * far[active], far[active])
        near[active] = np.where(again & ~inside, 0.5 * near[active], near[active])
        kept[active] = np.where(inside, 1, -1)
        active = active[(np.abs(f) > _TOLERANCE) & (np.abs(b - a) > _TOLERANCE)]
    converged[active] = False
    return end, at_limit, converged


def _solve_once(channels: Channels, index: NDArray[np.int64], counts: Array, nuisances: Array) -> Fitted:
    """Fit each different histogram once."""
    key = np.concatenate([index[:, np.newaxis], nuisances, counts], axis=1)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    found = solve(channels, index[first], counts[first], nuisances[first])
    inverse = inverse.reshape(-1)
    return Fitted(found.fractions[inverse], found.value[inverse], found.converged[inverse], found.iterations[inverse])


def _peak(outward: Array, nominal: Array) -> Array:
    """Largest distance along the grid and at 0, (2, m), from (2, g, m) on the grid: of a parabola at the maximum."""
    half = len(_GRID) // 2
    values = np.concatenate([outward[:, :half], nominal[:, np.newaxis], outward[:, half:]], axis=1)
    best = np.clip(values.argmax(axis=1), 1, len(_GRID) - 1)[:, np.newaxis]
    left, middle, right = (np.take_along_axis(values, best + step, axis=1)[:, 0] for step in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    top = middle - np.where(bend < 0.0, (right - left) ** 2 / (8.0 * np.where(bend < 0.0, bend, 1.0)), 0.0)
    inner = (middle >= left) & (middle >= right)
    return np.where(inner, top, values.max(axis=1))
