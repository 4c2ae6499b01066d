r"""Upper limits on a strength by :math:`\mathrm{CL}_s` of :math:`\tilde q_\mu`, its distributions from toys.

No asymptotic formula is used, so that they hold for few events. The procedure is that of ATLAS and CMS
(ATL-PHYS-PUB-2011-11, CMS NOTE-2011/005, section 2.1): toys of signal and background at a strength are drawn with the
other parameters as the data prefer them at that strength, toys of background alone as the data prefer them without
signal; events and auxiliary measurements alike. :math:`\mathrm{CL}_s` is the fraction of the former with
:math:`\tilde q_\mu` at least as large as in the data, divided by that of the latter. Where the data can take few values
only, "at least as large" makes it :math:`P(N \le n \mid \mu s + b) / P(N \le n \mid b)`.

Expected limits are those of background alone that fluctuates to quantiles of its toys.

Near the level, ln CLs is a parabola of the strength, fitted to toys at several strengths; the uncertainties of limits
are those of this fit, by the fluctuations of the numbers of toys.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.errors import FitError
from analysis.inference.asymptotics import BAND
from analysis.inference.conditional import Fitted
from analysis.inference.limits import Exclusion, Limit
from analysis.inference.model import Data
from analysis.inference.toys import draw, lowest
from analysis.inference.watching import report

__all__ = ["toy_limit"]

Array = NDArray[np.float64]

# strengths that toys are drawn at, and how many more where limits lie far from the asymptotic ones
_STRENGTHS, _MORE = 10, 12
# their range, in asymptotic limits
_LOW, _HIGH = 0.6, 1.4
# CLs from this part of the level to this multiple of it tells where a limit lies
_NEAR = 8.0
# a statistic is known to so much: what differs by less is equal
_SAME = 1e-5
# toys of background alone without which nothing is said of a limit
_FEW = 10
# toys that a parabola takes, and rounds of its regression
_ENOUGH, _ROUNDS = 50, 30
# fits of toys that may fail
_FAILED = 0.02


def toy_limit(fitted: Fitted, name: str, level: float, toys: int, seed: int) -> Limit:
    """Find the observed and the expected upper limits with toys.

    Args:
        fitted: the best fit.
        name: of the strength.
        level: of confidence.
        toys: at each strength, of signal and background and of background alone.
        seed: of the toys; the same one gives the same limits.

    Raises:
        FitError: fits did not converge, more than 2 % of those of the toys.
    """
    exclusion = Exclusion(fitted, name)
    guess = exclusion.limit(level)
    near = [limit for limit in (guess.observed, *guess.expected) if limit]
    if not near:
        return Limit(level, None, guess.expected, guess.background, toys, None, (None,) * len(BAND))
    ensemble = _Ensemble(fitted, name, exclusion, toys, seed)
    what = f"toys for the limit on {name}"
    points: dict[float, tuple[Array, Array, Array]] = {}

    def look(strength: float) -> None:
        points[strength] = ensemble.count(strength)
        report(what, len(points), _STRENGTHS + _MORE)

    first = np.geomspace(_LOW * min(near), _HIGH * max(near), _STRENGTHS)
    for strength in first:
        look(float(strength))
    ratio = max(float(first[1] / first[0]), 1.2)
    for _ in range(_MORE):
        low, high = min(points), max(points)
        if _cls(*points[high][:2], toys).max(initial=0.0) > 0.5 * (1.0 - level):
            look(high * ratio)
        elif _cls(*points[low][:2], toys).min(initial=1.0) < 2.0 * (1.0 - level):
            look(low / ratio)
        else:
            break
    places = np.array(sorted(points))
    signal, background, spread = (np.stack([points[place][part] for place in places]).T for part in range(3))
    found = [_crossing(places, *curve, toys, 1.0 - level) for curve in zip(signal, background, spread, strict=True)]
    limits, uncertainties = zip(*found, strict=True)
    return Limit(level, limits[0], limits[1:], guess.background, toys, uncertainties[0], uncertainties[1:])


class _Ensemble:
    """Toys of background alone, and what they say of strengths."""

    def __init__(self, fitted: Fitted, name: str, exclusion: Exclusion, toys: int, seed: int) -> None:
        self._fitted, self._exclusion, self._toys, self._seed = fitted, exclusion, toys, seed
        self._index, self._what, self._drawn = fitted.index(name), name, 0
        # what a strength is compared with is never negative, and no bound is in its way
        own = [p._replace(lower=0.0, upper=np.inf) if p.name == name else p for p in fitted.model.parameters]
        self._model = replace(fitted.model, parameters=tuple(own))
        self._without = fitted.hold([self._index], [0.0]).values[0]
        self._background = draw(fitted.model, self._without, toys, seed)
        self._best = self._free(self._background, self._without)

    def count(self, strength: float) -> tuple[Array, Array, Array]:
        """Find the fractions of toys whose statistic is at least that of the data, or of the quantiles of the band.

        Returns:
            Of signal and background, and of background alone; and by how much the logarithm of CLs is uncertain
            because of the number of the latter, whose toys are the same at all strengths: (6,) each, the observed one
            first.
        """
        at = self._fitted.hold([self._index], [strength]).values[0]
        # none twice, so that what strengths have in common is not chance
        self._drawn += self._toys
        data = draw(self._fitted.model, at, self._toys, self._seed, first=self._drawn)
        signal = np.sort(self._statistics(data, self._free(data, at), at))
        background = np.sort(self._statistics(self._background, self._best, at))
        number = len(background)
        observed = float(self._exclusion.statistics([strength])[0][0])
        # the largest value that background alone reaches at least so often, and how far it may be off
        often = ndtr(np.array(BAND)) * number
        off = np.sqrt(often * (1.0 - often / number))
        quantiles = [background[number - np.clip(np.ceil(often + s * off).astype(int), 1, number)] for s in (0, -1, 1)]
        place, *ends = (np.array([observed, *quantile]) for quantile in quantiles)
        above, below = _reached(signal, place), _reached(background, place)
        less, more = (np.maximum(_reached(signal, end), 0.5 / len(signal)) for end in ends)
        spread = 0.5 * np.log(more / less)
        spread[0] = np.sqrt((1.0 - below[0]) / (max(below[0], 1.0 / number) * number))
        return above, below, spread

    def _statistics(self, data: Data, best: tuple[Array, Array, NDArray[np.bool_]], at: Array) -> Array:
        r""":math:`\tilde q_\mu` of the toys whose fits converged."""
        strength = at[self._index]
        free = self._fitted.free.copy()
        free[self._index] = False
        starts = self._starts(at)
        starts[:, self._index] = strength
        _, nll, _, converged = lowest(self._model, data, starts, free)
        best_strength, best_nll, good = best
        good = good & converged
        if np.mean(good) < 1.0 - _FAILED:
            raise FitError(
                f"{np.sum(~good)} of {len(good)} fits of toys with {self._what} = {strength:g} did not converge",
                cure="look for parameters that the data hardly tell",
            )
        return np.where(best_strength > strength, 0.0, np.maximum(nll - best_nll, 0.0))[good]

    def _free(self, data: Data, at: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Best strength, -2 ln L and whether the fit converged, of each toy."""
        values, nll, _, converged = lowest(self._model, data, self._starts(at))
        return values[:, self._index], nll, converged

    def _starts(self, at: Array) -> Array:
        """Starts of the fits of toys: where they were drawn, and the data's further minima."""
        return np.clip(np.stack([at, *self._fitted.minima[1:]]), self._model.lower, self._model.upper)


def _reached(statistics: Array, places: Array) -> Array:
    """Fractions of ascending statistics that are at least as large as places."""
    return 1.0 - np.searchsorted(statistics, places - _SAME, side="left") / len(statistics)


def _cls(signal: Array, background: Array, toys: int) -> Array:
    """CLs where there are toys enough to know it."""
    known = background * toys >= _FEW
    return signal[known] / background[known]


def _crossing(
    places: Array, signal: Array, background: Array, spread: Array, toys: int, level: float
) -> tuple[float | None, float | None]:
    """Where a falling CLs reaches the level, and the uncertainty of that place; ``None`` where that is not known.

    A Poisson regression of the numbers of toys (P. McCullagh, J. A. Nelder, Generalized Linear Models, 2nd ed., 1989,
    section 2.5), so that strengths with few toys, or with none, count as they should.
    """
    known = background * toys >= _FEW
    places, signal, background, spread = (part[known] for part in (places, signal, background, spread))
    cls = signal / background
    beyond = np.flatnonzero(cls < level)
    if not len(beyond) or beyond[0] == 0:
        return None, None
    begin = np.flatnonzero(cls[: beyond[0]] > level * _NEAR)[-1:].sum() + 1 if (cls > level * _NEAR).any() else 0
    end = np.append(np.flatnonzero((cls < level / _NEAR) & (np.arange(len(cls)) > beyond[0])), len(cls) - 1)[0] + 1
    rows = slice(min(begin, beyond[0] - 1), end)
    x, counts, scale = places[rows], toys * signal[rows], toys * background[rows] * level
    some = np.count_nonzero(counts)
    if some < 2:
        return None, None
    degree = 2 if some > 2 and len(x) > 3 and counts.sum() >= _ENOUGH else 1
    middle, width = x.mean(), x.std()
    powers = np.vander((x - middle) / width, degree + 1)
    logs = np.log(np.maximum(counts, 0.5) / scale)
    for _ in range(_ROUNDS):
        means = scale * np.exp(np.clip(logs, -30.0, 30.0))
        covariance = np.linalg.inv((powers * means[:, None]).T @ powers)
        coefficients = covariance @ (powers.T @ (means * logs + counts - means))
        logs = powers @ coefficients
    roots = np.roots(coefficients)
    real = roots[np.abs(roots.imag) < _SAME].real
    real = real[(real * width + middle >= x[0]) & (real * width + middle <= x[-1])]
    falling = real[np.polyval(np.polyder(coefficients), real) < 0.0]
    if not len(falling):
        return None, None
    root = falling[np.argmin(np.abs(falling * width + middle - places[beyond[0]]))]
    power = np.vander([root], degree + 1)[0]
    variance = float(power @ covariance @ power) + float(np.interp(root * width + middle, places, spread)) ** 2
    slope = abs(float(np.polyval(np.polyder(coefficients), root))) / width
    return float(root * width + middle), float(np.sqrt(variance)) / slope
