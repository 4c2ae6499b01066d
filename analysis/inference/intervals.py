r"""Intervals and scans of the profile likelihood.

An interval's ends are where :math:`-2\Delta\ln L` of the profile likelihood reaches 1 (W. A. Rolke, A. M. López,
J. Conrad, Nucl. Instrum. Meth. A 551 (2005) 493; MINOS of F. James and M. Roos, Comput. Phys. Commun. 10 (1975) 343):
68.27 % where there are many events.

The statistical part is what is left when all *constrained* nuisance parameters stay at their best values, those of the
limited number of simulated events (``staterror``) and of subsidiary measurements (``shapesys``) among them: what
measured events say of everything that nothing else says. Free parameters, such as normalisations from control regions,
are statistical. The systematic part is the rest, in quadrature.

Where a likelihood has several minima, profiles are the lowest of all of them, and an interval ends where that reaches
its height for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.conditional import Fitted
from analysis.inference.crossings import crossings

# instead of infinity, where the data are impossible
_HIGH = 1e3

__all__ = ["Interval", "Scan", "intervals", "scan"]


@dataclass(frozen=True)
class Interval:
    """68.27 % confidence interval of a parameter by the profile likelihood.

    Args:
        value: the best one.
        down: how much lower it may be; never negative.
        up: how much higher it may be.
        stat: the statistical part of both.
        at_limit: whether the interval ends, downwards and upwards, at a bound of the parameter or at the last place
            where the data are possible.
    """

    value: float
    down: float
    up: float
    stat: tuple[float, float]
    at_limit: tuple[bool, bool]

    @property
    def syst(self) -> tuple[float, float]:
        """The rest, in quadrature."""
        down, up = (
            float(np.sqrt(max(total**2 - part**2, 0.0)))
            for total, part in zip((self.down, self.up), self.stat, strict=True)
        )
        return down, up


@dataclass(frozen=True, eq=False)
class Scan:
    r"""The profile likelihood of a parameter.

    Args:
        points: values of the parameter at which the data are possible, (n,).
        twice_delta_nll: :math:`-2\Delta\ln L` with all others fitted anew, (n,).
        stat_only: the same with constrained parameters at their best values, (n,).
    """

    points: NDArray[np.float64]
    twice_delta_nll: NDArray[np.float64]
    stat_only: NDArray[np.float64]


def intervals(fitted: Fitted, names: Sequence[str], deviations: float = 1.0) -> dict[str, Interval]:
    r"""The intervals of some parameters; all their ends are searched for side by side, to 1e-5 of the uncertainty.

    Args:
        fitted: the best fit.
        names: of the parameters.
        deviations: the square root of :math:`-2\Delta\ln L` at the ends.

    Raises:
        FitError: a fit on the way did not converge.
    """
    if not names:
        return {}
    # the ends by (parameter, constrained ones fitted too or not, downwards or upwards)
    shape = (len(names), 2, 2)
    which = np.indices(shape).reshape(3, -1)
    index = np.array([fitted.index(name) for name in names])[which[0]]
    best = fitted.values[index]
    steps = np.array([fitted.scale(name) for name in names])[which[0]] * deviations
    ends = np.where(which[2] == 0, fitted.lower[index], fitted.upper[index])

    def functions(places: NDArray, number: NDArray) -> NDArray:
        found = fitted.hold(index[number], places, profiled=which[1][number] == 0)
        return np.clip(np.sqrt(np.maximum(found.twice_nll - fitted.twice_nll, 0.0)), 0.0, _HIGH) - deviations

    found = crossings(functions, best, np.where(which[2] == 0, -steps, steps), ends)
    ways = np.abs(found.places - best).reshape(shape)
    reached = (found.reached & ~found.jumped).reshape(shape)
    return {
        name: Interval(
            value=float(fitted.values[fitted.index(name)]),
            down=float(ways[i, 0, 0]),
            up=float(ways[i, 0, 1]),
            stat=(float(ways[i, 1, 0]), float(ways[i, 1, 1])),
            at_limit=(not reached[i, 0, 0], not reached[i, 0, 1]),
        )
        for i, name in enumerate(names)
    }


def scan(fitted: Fitted, name: str, interval: Interval, points: int, width: float) -> Scan:
    """The profile likelihood at evenly spaced values of a parameter, within its bounds.

    Args:
        fitted: the best fit.
        name: of the parameter.
        interval: of the parameter.
        points: number of values.
        width: how far they go on both sides of the best value, in the interval's lengths.

    Raises:
        FitError: a fit did not converge.
    """
    index = fitted.index(name)
    places = np.clip(
        np.linspace(interval.value - width * interval.down, interval.value + width * interval.up, points),
        fitted.lower[index],
        fitted.upper[index],
    )
    places = np.linspace(places[0], places[-1], points)
    twice = np.tile(places, 2)
    found = fitted.hold(np.full(2 * points, index), twice, profiled=np.arange(2 * points) < points)
    above = np.maximum(found.twice_nll - fitted.twice_nll, 0.0)
    total, stat_only = above[:points], above[points:]
    possible = np.isfinite(total) & np.isfinite(stat_only)
    return Scan(places[possible], total[possible], stat_only[possible])
