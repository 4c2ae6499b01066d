r"""Upper limits of a counting experiment with few events, without asymptotic formulae.

:math:`\mathrm{CL}_s = P(N \le n \mid \mu s + b) / P(N \le n \mid b)` of the number of events (A. L. Read, J. Phys. G 28
(2002) 2693), averaged over what is uncertain about signal and background (R. D. Cousins, V. L. Highland, Nucl. Instrum.
Meth. A 320 (1992) 331). The asymptotic limits of :mod:`analysis.inference.limits` need about ten events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, pdtr

from analysis.errors import StudyError
from analysis.inference.asymptotics import BAND
from analysis.inference.rounding import rounded
from analysis.results import Axis, Column, Table

if TYPE_CHECKING:
    from analysis.inference.counting_settings import Counting, Expected

__all__ = ["limit_of_few", "upper_limit"]

Array = NDArray[np.float64]

_LEVEL = 0.95
# points of a Sobol sequence that the uncertainties are averaged over: 2 to this power
_POWER = 13


def limit_of_few(settings: Counting) -> dict[str, Any]:
    """Find the upper limit on the strength of a signal in one region, at 95 % confidence.

    Args:
        settings: one region, and one process with a strength; a free normalisation needs a fit.

    Returns:
        JSON with a table and a ``headline``; no number: a limit is not measured. See :mod:`analysis.results`.

    Raises:
        StudyError: there are several regions or strengths, free normalisations, or the observation is no whole number.

    Examples:
        >>> from analysis.inference.counting_settings import Count, Counting, Expected
        >>> seen = Count("tracks", 0, (Expected("signal", 4.0), Expected("background", 0.8, uncertainty=0.2)))
        >>> limit_of_few(Counting((seen,), {"signal": "mu"}))["headline"]
        {'mu': 'below 0.749 (expected 1.05) at 95 % CL'}
    """
    if len(settings.counts) != 1 or len(settings.strength) != 1 or settings.free:
        raise StudyError(
            f"{settings.name}: limits of few events are for one region, one strength and no free normalisation",
            cure="fit the workspace of analysis.inference.counting:count with an Interest(..., limit=True)",
        )
    (one,), ((process, parameter),) = settings.counts, settings.strength.items()
    if one.observed != int(one.observed):
        raise StudyError(f"{settings.name}: {one.observed} events are observed", cure="give a whole number")
    signal, background = _samples(one.expected, process)
    # numbers of events of background alone, at the ends and the middle of its fluctuations
    counts = [_quantile(background, float(poisson_tail)) for poisson_tail in ndtr(np.array(BAND))]
    expected = [upper_limit(count, signal, background) for count in counts]
    observed = upper_limit(int(one.observed), signal, background)
    middle = expected[len(expected) // 2]
    titles = [f"Expected ({band:+g} σ)" if band else "Expected (median)" for band in BAND]
    columns = [("Upper limit (CLs, 95 %)", observed), *zip(titles, expected, strict=True)]
    table = Table(
        name=f"limit_{settings.name}",
        title=f"Upper limit from {one.observed:g} events in the region {one.region} (CLs of the number of events)",
        axes=(Axis("Parameter", "", (parameter,)),),
        columns=tuple(Column(title, "", (rounded(value),), {}, {}) for title, value in columns),
    )
    return {
        "numbers": [],
        "tables": [table.as_json()],
        "headline": {parameter: f"below {observed:.3g} (expected {middle:.3g}) at 95 % CL"},
        "limit": {"level": _LEVEL, "observed": rounded(observed), "expected": [rounded(value) for value in expected]},
    }


def upper_limit(count: int, signal: Array, background: Array) -> float:
    """Find the strength at which CLs is 5 %.

    Args:
        count: number of observed events.
        signal: events that are expected for a strength of 1, (m,): one for each point of the average.
        background: events that are expected, (m,).

    Examples:
        >>> round(upper_limit(0, np.array([1.0]), np.array([0.0])), 4)
        2.9957
    """
    below = float(np.mean(pdtr(count, background)))

    def excess(strength: float) -> float:
        return float(np.mean(pdtr(count, strength * signal + background))) / below - (1.0 - _LEVEL)

    high = (count + 5.0) / float(np.mean(signal))
    while excess(high) > 0.0:
        high *= 2.0
    return float(brentq(excess, 0.0, high, xtol=1e-9 * high))


def _samples(expected: tuple[Expected, ...], process: str) -> tuple[Array, Array]:
    """Events of the signal and of all else, at each point of the average."""
    from scipy.stats import qmc

    sources = list(dict.fromkeys(source for one in expected for source in one.sources))
    alone = [one.process for one in expected if one.uncertainty]
    size = len(sources) + len(alone)
    # a sequence begins in the corner, where a normal distribution has no number: all points are moved by half a step
    points = qmc.Sobol(size, scramble=False).random_base2(_POWER) + 0.5 ** (_POWER + 1) if size else np.zeros((1, 0))
    pulls = ndtri(points)
    totals = {True: np.zeros(len(pulls)), False: np.zeros(len(pulls))}
    for one in expected:
        events = np.full(len(pulls), one.events)
        if one.uncertainty:
            events = np.maximum(events + one.uncertainty * pulls[:, len(sources) + alone.index(one.process)], 0.0)
        for source, sizes in one.sources.items():
            down, up = sizes if isinstance(sizes, tuple) else (sizes, sizes)
            pull = pulls[:, sources.index(source)]
            events = events * np.where(pull >= 0.0, (1.0 + up) ** pull, (1.0 - down) ** -pull)
        totals[one.process == process] += events
    return totals[True], totals[False]


def _quantile(background: Array, probability: float) -> int:
    """The smallest number of events that is not exceeded with that probability."""
    count = 0
    while float(np.mean(pdtr(count, background))) < probability:
        count += 1
    return count
