"""A best fit, and fits of the same data in which parameters are held: what intervals, impacts and tests are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import FitError
from analysis.inference.fitting import fit, fit_many
from analysis.inference.model import Data, Model

__all__ = ["Conditional", "Fitted", "FittedParameter"]

_CURE = "look at the parameters that the message names: bounds, starts, and whether the data tell them"


class Conditional(NamedTuple):
    """k fits of p parameters, some of which were held.

    Attributes:
        values: (k, p).
        twice_nll: -2 ln L, (k,).
    """

    values: NDArray[np.float64]
    twice_nll: NDArray[np.float64]


class FittedParameter(NamedTuple):
    """A parameter after the fit.

    Attributes:
        name: of the parameter.
        value: the best one.
        uncertainty: of the value; 0 if it was fixed or is at its bound.
        start: before the fit.
        lower: bound.
        upper: bound.
        fixed: not fitted.
        constraint: ``"none"``, ``"normal"`` or ``"poisson"``.
        centre: of the constraint; ``None`` without.
        width: of the constraint, a standard deviation; ``None`` without.
    """

    name: str
    value: float
    uncertainty: float
    start: float
    lower: float
    upper: float
    fixed: bool
    constraint: str
    centre: float | None
    width: float | None

    @property
    def pull(self) -> float | None:
        """How far the value is from the constraint's centre, in widths; ``None`` without a constraint."""
        return None if self.centre is None or not self.width else (self.value - self.centre) / self.width

    @property
    def constrained_to(self) -> float | None:
        """Uncertainty in widths of the constraint; ``None`` without one."""
        return None if not self.width else self.uncertainty / self.width


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
    """

    model: Model
    data: Data
    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    twice_nll: float
    deviance: float
    iterations: int

    @classmethod
    def of(cls, model: Model, data: Data | None = None) -> Fitted:
        """Fit a model.

        Args:
            model: what is fitted.
            data: what it is fitted to; the observed ones if there are none.

        Raises:
            FitError: the fit did not converge.
        """
        data = _arrays(model.observed if data is None else data)
        best = fit(model, data, required=True)
        return cls(model, data, best.values, best.covariance, best.twice_nll, best.deviance, best.iterations)

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
        """Which parameters are fitted, (p,)."""
        return self.model.free

    @cached_property
    def constrained(self) -> NDArray:
        """Which parameters have an auxiliary measurement, (p,)."""
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

    def index(self, name: str) -> int:
        """Which parameter has that name."""
        return self.model.index(name)

    def scale(self, name: str) -> float:
        """A length on which the parameter matters: its uncertainty, or a part of its range if there is none."""
        index = self.index(name)
        uncertainty = float(self.uncertainties[index])
        return uncertainty or float(min(0.1 * (self.upper[index] - self.lower[index]), 1.0))

    def hold(
        self,
        indices: Sequence[int] | NDArray,
        places: ArrayLike,
        profiled: ArrayLike = True,
    ) -> Conditional:
        """Fits in which one parameter each is held.

        Args:
            indices: which parameter, (k,).
            places: the values that they are held at, (k,).
            profiled: whether parameters with a constraint are fitted anew, (k,); else they stay at their best values.

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
        start = np.where(free, np.clip(moved, self.lower, self.upper), self.values)
        start[rows, indices] = places
        found = fit_many(self.model, self.data, free=free, start=start)
        for row in np.flatnonzero(~found.converged):
            raise FitError(f"the fit with {self.names[indices[row]]} = {places[row]:g} did not converge", cure=_CURE)
        return Conditional(found.values, found.twice_nll)

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
        )


def _arrays(data: Data) -> Data:
    # JAX's own arrays lose half of their bits where nobody asks for all of them
    return Data(*(np.asarray(part, np.float64) for part in data))
