"""A best fit, and fits of the same data in which parameters are held: what intervals, impacts and tests are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import FitError
from analysis.inference.fitted_parameter import FittedParameter
from analysis.inference.fitting import fit, fit_many
from analysis.inference.model import Data, Model

__all__ = ["Conditional", "Fitted"]

# starts of the best fit, and how far above the best a minimum still matters
_STARTS = 16
_FAR = 16.0
# less than that, two minima are one
_SAME = 1e-3
# events that are none
_NONE = 1e-6
# of a parameter's range: the shortest length on which it matters
_LEAST = 1e-2
_CURE = "look at the parameters that the message names: bounds, starts, and whether the data tell them"


class Conditional(NamedTuple):
    """k fits of p parameters, some of which were held.

    Attributes:
        values: (k, p).
        twice_nll: -2 ln L, (k,); infinite where the data are impossible.
    """

    values: NDArray[np.float64]
    twice_nll: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model, the data it was fitted to, and the best fit of p parameters.

    Args:
        model: what was fitted.
        data: what it was fitted to.
        values: best values, (p,).
        covariance: (p, p); zero for parameters that are fixed or at a bound.
        twice_nll: -2 ln L of the best fit.
        deviance: twice the difference of log-likelihoods to the saturated model.
        iterations: of the minimiser.
        minima: where the likelihood has minima, the best one first, (m, p).
        depths: their -2 ln L above the best one's, (m,).
    """

    model: Model
    data: Data
    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    twice_nll: float
    deviance: float
    iterations: int
    minima: NDArray[np.float64]
    depths: NDArray[np.float64]

    @classmethod
    def of(cls, model: Model, data: Data | None = None) -> Fitted:
        """Fit a model.

        A likelihood may have several minima. They are looked for from the model's start and from places drawn around
        it, always the same ones; the lowest is the best fit.

        Args:
            model: what is fitted.
            data: what it is fitted to; the observed ones if there are none.

        Raises:
            FitError: the fit did not converge.
        """
        data = _arrays(model.observed if data is None else data)
        found = fit_many(model, data, start=_starts(model))
        good = np.flatnonzero(found.converged).tolist()
        lowest = min(found.twice_nll[good], default=np.inf)
        # of equal ones the first: beginning at the model's start is what others do
        close = [row for row in good if found.twice_nll[row] < lowest + _SAME]
        best = fit(model, data, start=found.values[close[0]] if close else None, required=True)
        above = found.twice_nll - best.twice_nll
        rows: list[int] = []
        for row in sorted(good, key=lambda row: above[row]):
            if above[row] > (above[rows[-1]] if rows else 0.0) + _SAME and above[row] < _FAR:
                rows.append(row)
        return cls(
            model=model,
            data=data,
            values=best.values,
            covariance=best.covariance,
            twice_nll=best.twice_nll,
            deviance=best.deviance,
            iterations=int(found.iterations[close[0]]) if close else best.iterations,
            minima=np.stack([best.values, *(found.values[row] for row in rows)]),
            depths=np.array([0.0, *(above[row] for row in rows)]),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters."""
        return self.model.names

    @property
    def lower(self) -> NDArray:
        """Bounds, (p,)."""
        return self.model.lower

    @property
    def upper(self) -> NDArray:
        """Bounds, (p,)."""
        return self.model.upper

    @property
    def free(self) -> NDArray:
        """Mask of the parameters that are fitted, (p,)."""
        return self.model.free

    @cached_property
    def constrained(self) -> NDArray:
        """Mask of the parameters that have an auxiliary measurement, (p,)."""
        return np.array([parameter.constraint != "none" for parameter in self.model.parameters], bool)

    @cached_property
    def uncertainties(self) -> NDArray:
        """Square roots of the variances, (p,)."""
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0))

    @cached_property
    def correlation(self) -> NDArray:
        """Of the parameters, (p, p); 1 on the diagonal, 0 beside it for those without an uncertainty."""
        inverse = np.divide(
            1.0, self.uncertainties, out=np.zeros_like(self.covariance[0]), where=self.uncertainties > 0
        )
        matrix = np.clip(self.covariance * np.outer(inverse, inverse), -1.0, 1.0)
        np.fill_diagonal(matrix, 1.0)
        return matrix

    @cached_property
    def parameters(self) -> tuple[FittedParameter, ...]:
        """All parameters one by one."""
        return tuple(
            FittedParameter(own.name, float(value), float(uncertainty), *own[1:])
            for own, value, uncertainty in zip(self.model.parameters, self.values, self.uncertainties, strict=True)
        )

    @cached_property
    def at_bounds(self) -> tuple[str, ...]:
        """Names of the fitted parameters that end at one of their bounds."""
        ends = self.free & ((self.values <= self.lower) | (self.values >= self.upper))
        return tuple(name for name, end in zip(self.names, ends, strict=True) if end)

    @cached_property
    def at_zero(self) -> tuple[str, ...]:
        """Bins without events that would expect less than nothing if parameters went any further."""
        expected = np.asarray(self.model.expected(self.values))
        ends = (np.asarray(self.model.arrays.guarded) > 0) & (expected < _NONE) & (np.asarray(self.data.main) < _NONE)
        return tuple(
            f"{channel}[{place - bins.start}]"
            for channel, bins in self.model.channels.items()
            for place in range(bins.start, bins.stop)
            if ends[place]
        )

    def index(self, name: str) -> int:
        """Return the index of the parameter of that name."""
        return self.model.index(name)

    def scale(self, name: str) -> float:
        """A length on which the parameter matters: its uncertainty, or a part of its range if there is none."""
        index = self.index(name)
        uncertainty = float(self.uncertainties[index])
        share = float(min(0.1 * (self.upper[index] - self.lower[index]), 1.0))
        # against a wall that is no bound, hardly anything is left of an uncertainty
        return (max(uncertainty, _LEAST * share) if self.at_zero else uncertainty) or share

    def hold(
        self,
        indices: Sequence[int] | NDArray,
        places: ArrayLike,
        profiled: ArrayLike = True,
        nearby: bool = False,
    ) -> Conditional:
        """Fits in which one parameter each is held, begun at all known minima; the lowest result counts.

        Those that are not profiled begin at the best fit only.

        Args:
            indices: which parameter, (k,).
            places: the values that they are held at, (k,).
            profiled: whether parameters with a constraint are fitted anew, (k,); else they stay at their best values.
            nearby: begin at the best fit only.

        Raises:
            FitError: a fit did not converge; the message says which parameter was held where.
        """
        indices, places = np.asarray(indices, int), np.asarray(places, float)
        rows = np.arange(len(indices))
        profiled = np.broadcast_to(np.asarray(profiled, bool), rows.shape)
        free = np.where(profiled[:, None], self.free, self.free & ~self.constrained)
        free[rows, indices] = False
        # what the best fit's covariance says of the others spares iterations
        variances = np.diagonal(self.covariance)[indices]
        slopes = np.divide(
            self.covariance[indices],
            variances[:, None],
            out=np.zeros((len(rows), len(self.values))),
            where=variances[:, None] > 0,
        )
        moved = self.values + slopes * (places - self.values[indices])[:, None]
        again = rows[profiled & (not nearby)]
        which = np.concatenate([rows, *([again] * (len(self.minima) - 1))])
        begin = np.concatenate([moved, np.repeat(self.minima[1:], len(again), axis=0)])
        start = np.where(free[which], np.clip(begin, self.lower, self.upper), self.values)
        start[np.arange(len(which)), indices[which]] = places[which]
        found = fit_many(self.model, self.data, free=free[which], start=start)
        nll = np.where(found.converged, found.twice_nll, np.inf)
        order = np.lexsort((nll, which))
        chosen = order[np.searchsorted(which[order], rows)]
        for row in np.flatnonzero(np.isinf(nll[chosen])):
            # without any place where the data are possible there is no minimum to be found
            if np.isfinite(found.twice_nll[which == row]).any():
                raise FitError(
                    f"the fit with {self.names[indices[row]]} = {places[row]:g} did not converge", cure=_CURE
                )
        return Conditional(found.values[chosen], nll[chosen])

    def asimov(self, values: ArrayLike) -> Fitted:
        """The Asimov data at given values, fitted: where all data, auxiliary ones too, are what is expected.

        Args:
            values: (p,).

        Raises:
            FitError: the fit did not converge.
        """
        values = np.asarray(values, float)
        data = _arrays(self.model.asimov(values))
        found = fit_many(self.model, data, start=values)
        if not found.converged[0]:
            raise FitError("the fit of Asimov data did not converge", cure=_CURE)
        return replace(
            self,
            data=data,
            values=found.values[0],
            twice_nll=float(found.twice_nll[0]),
            deviance=float(found.deviance[0]),
            minima=np.concatenate([found.values, self.minima[1:]]),
        )


def _starts(model: Model) -> NDArray:
    """The model's start and places around it: as far as constraints reach, a third of what has none."""
    generator = np.random.default_rng(1)
    widths = np.array([0.3 * abs(p.start) if p.width is None else p.width for p in model.parameters])
    steps = generator.normal(size=(_STARTS - 1, len(widths))) * np.where(model.free, widths, 0.0)
    return np.clip(np.concatenate([model.start[None], model.start + steps]), model.lower, model.upper)


def _arrays(data: Data) -> Data:
    # JAX's own arrays lose half of their bits where nobody asks for all of them
    return Data(*(np.asarray(part, np.float64) for part in data))
