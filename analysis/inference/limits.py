r"""Upper limits on a strength by the asymptotic :math:`\mathrm{CL}_s` of :math:`\tilde q_\mu`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.inference.asymptotics import BAND, cls_expected, cls_observed
from analysis.inference.conditional import Fitted
from analysis.inference.crossings import crossings

__all__ = ["ENOUGH", "Exclusion", "Limit"]

# events of background from which on asymptotic limits are trusted
ENOUGH = 10.0
_LEAST = 1e-300
# instead of infinity, where the data are impossible
_HIGH = 1e6


@dataclass(frozen=True)
class Limit:
    """An upper limit.

    Args:
        level: of confidence.
        observed: ``None`` where there is no limit.
        expected: of background alone, where it fluctuates by :data:`~analysis.inference.asymptotics.BAND`.
        background: expected events of background that the signal competes with; see :meth:`Exclusion.competing`.
        toys: how many it was found with at each strength (:mod:`analysis.inference.toy_limits`); 0: asymptotic.
        uncertainty: of the observed one, by the number of toys; ``None`` without.
        uncertainties: of the expected ones, in the same way.
    """

    level: float
    observed: float | None
    expected: tuple[float | None, ...]
    background: float
    toys: int = 0
    uncertainty: float | None = None
    uncertainties: tuple[float | None, ...] = (None,) * len(BAND)

    @property
    def is_doubtful(self) -> bool:
        """Whether there are too few events for asymptotic formulae (CCGV, section 4: they hold from about ten on)."""
        return not self.toys and self.background < ENOUGH and any((self.observed, *self.expected))

    @property
    def method(self) -> str:
        """How it was found, in words."""
        return f"{self.toys:,} toys" if self.toys else "asymptotic"


class Exclusion:
    r"""Exclusion of the strengths of a signal by the data, and by the Asimov data of background alone.

    :math:`\tilde q_\mu` (CCGV eq. 16; :mod:`analysis.inference.asymptotics`) never compares with a negative strength,
    whatever the parameter's bounds are. Strengths beyond the upper bound are looked at where a limit lies there.

    Args:
        fitted: the best fit.
        name: of the strength.

    Raises:
        FitError: a fit did not converge.
    """

    def __init__(self, fitted: Fitted, name: str) -> None:
        self._fitted, self._index = fitted, fitted.index(name)
        self._step = fitted.scale(name)
        without = fitted.hold([self._index], [0.0])
        self._best = max(float(fitted.values[self._index]), 0.0)
        # with a negative best strength, the best one that counts is zero
        self._floor = fitted.twice_nll if fitted.values[self._index] > 0.0 else float(without.twice_nll[0])
        self._background = fitted.asimov(without.values[0])

    def statistics(self, strengths: ArrayLike) -> tuple[NDArray, NDArray]:
        r""":math:`\tilde q_\mu` of the data and of the Asimov data of background alone.

        Args:
            strengths: (k,).
        """
        strengths = np.asarray(strengths, float)
        index = np.full(len(strengths), self._index)
        observed = self._fitted.hold(index, strengths).twice_nll - self._floor
        asimov = self._background.hold(index, strengths).twice_nll - self._background.twice_nll
        observed, asimov = np.clip(observed, 0.0, _HIGH), np.clip(asimov, 0.0, _HIGH)
        return np.where(strengths < self._best, 0.0, observed), asimov

    def cls(self, strengths: ArrayLike) -> tuple[NDArray, NDArray]:
        r""":math:`\mathrm{CL}_s`, observed (k,) and expected (k, 5) in the order of the band.

        Args:
            strengths: (k,).
        """
        q, q_asimov = self.statistics(strengths)
        return cls_observed(q, q_asimov), cls_expected(q_asimov[:, None], np.array(BAND))

    def limit(self, level: float) -> Limit:
        """The strengths at which the exclusion has that confidence level; all six are searched for side by side.

        Args:
            level: of confidence.
        """

        def functions(places: NDArray, number: NDArray) -> NDArray:
            observed, expected = self.cls(places)
            found = np.where(number == 0, observed, expected[np.arange(len(number)), np.maximum(number - 1, 0)])
            return np.log((1.0 - level) / np.maximum(found, _LEAST))

        begin = np.array([self._best, *([0.0] * len(BAND))])
        found = crossings(functions, begin, self._step, np.inf)
        limits = [float(place) if reached else None for place, reached in zip(found.places, found.reached, strict=True)]
        return Limit(level, limits[0], tuple(limits[1:]), self.competing())

    def competing(self) -> float:
        r"""Expected events of background that the signal competes with, :math:`(\sum s)^2 / \sum s^2 / b` of all bins.

        In one bin it is :math:`b`; it does not depend on how finely a distribution is binned, and bins without signal
        don't count.
        """
        expected = self._fitted.model.expected
        without = self._background.values.copy()
        without[self._index] = 0.0
        with_signal = without.copy()
        with_signal[self._index] = self._step
        background = np.asarray(expected(without))
        signal = np.clip(np.asarray(expected(with_signal)) - background, 0.0, None)
        # infinite where nothing but the signal is expected
        with np.errstate(over="ignore"):
            weight = float((signal**2 / np.maximum(background, _LEAST)).sum())
        return float(signal.sum()) ** 2 / weight if weight > 0.0 else 0.0
