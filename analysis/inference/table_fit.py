"""Fits of curves to published points, without events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError
from analysis.inference.curves import evaluate, goodness, minimise, result
from analysis.inference.rounding import rounded
from analysis.inference.shapes import shape_of
from analysis.results import Axis, Column, Table

if TYPE_CHECKING:
    from analysis.inference.curve_settings import Points, TableFit

__all__ = ["covariance_of", "fit_table"]

Array = NDArray[np.float64]

_CURVE_POINTS = 400


def fit_table(settings: TableFit, points: Points | None = None) -> dict[str, Any]:
    """Fit a curve to points with correlated uncertainties, by least squares.

    What is minimised is r^T V^-1 r with the residuals r and their covariance V (PDG review, statistics): the likelihood
    of normally distributed points. Uncertainties are where it rises by 1 (MINOS), or from its curvature.

    Args:
        settings: curve and parameters.
        points: what is fitted, if the settings do not say.

    Returns:
        JSON: ``numbers``, ``tables``, ``headline``, ``fit``, ``goodness`` and ``figure``, from which
        :func:`analysis.plotting.peak.draw_table_fit` draws.

    Raises:
        DataError: the covariance is no covariance.
        FitError: there is no minimum, or the curve is not a number.
        StudyError: there are no points, or the curve has other parameters.
    """
    points = points or settings.points
    if points is None:
        raise StudyError(f"{settings.name}: there are no points to fit", cure="give TableFit points")
    x, y, covariance = np.array(points.x, float), np.array(points.y, float), covariance_of(points)
    span = (float(x.min()), float(x.max()))
    curve = shape_of(settings.curve, len(settings.parameters), span)
    cost = _Squares(curve, x, y, _whitening(covariance, settings.name), settings)
    found = minimise(cost, settings.parameters, settings.name)
    fitted = evaluate(curve, x, found.values.tolist(), settings.name)
    free = sum(not one.fixed for one in settings.parameters)
    known = sum(one.measured is not None for one in settings.parameters)
    judged = goodness(found.minimum, len(x) + known - free, "chi-square")
    fine = np.linspace(*span, _CURVE_POINTS + 1)
    uncertainty = np.sqrt(np.diag(covariance))
    figure = {
        "title": settings.title,
        "unit": settings.unit,
        "x_title": settings.x_title,
        "x_unit": settings.x_unit,
        "points": x,
        "y": y,
        "uncertainty": uncertainty,
        "fitted": fitted,
        "x": fine,
        "curve": evaluate(curve, fine, found.values.tolist(), settings.name),
    }
    told = result(settings.name, found, "least squares", judged, figure, settings.interest)
    sizes = tuple((rounded(u, 1e3 * u) or 0.0,) * 2 for u in uncertainty)
    table = Table(
        name=f"points_{settings.name}",
        title=f"Points and fitted curve ({settings.name})",
        axes=(Axis(settings.x_title, settings.x_unit, tuple(map(float, x))),),
        columns=(
            Column(settings.title, settings.unit, tuple(map(float, y)), {"total": sizes}, {}),
            Column(
                "Fit", settings.unit, tuple(rounded(v, u) for v, u in zip(fitted, uncertainty, strict=True)), {}, {}
            ),
        ),
    )
    return {**told, "tables": [*told["tables"], table.as_json()]}


def covariance_of(points: Points) -> Array:
    """Add up the covariance of points: independent, fully correlated by source, and given parts.

    Examples:
        >>> from analysis.inference.curve_settings import Points
        >>> covariance_of(Points((0.0, 1.0), (1.0, 2.0), (0.3, 0.4), {"scale": (0.1, -0.2)}))
        array([[ 0.1 , -0.02],
               [-0.02,  0.2 ]])
    """
    n = len(points.x)
    covariance = np.diag(np.square(points.uncertainty or (0.0,) * n))
    for sizes in points.correlated.values():
        covariance = covariance + np.outer(sizes, sizes)
    return covariance + np.array(points.covariance, float) if points.covariance else covariance


class _Squares:
    """The sum of squares of decorrelated residuals, as a cost function of iminuit."""

    errordef = 1.0

    def __init__(self, curve: Callable[..., Array], x: Array, y: Array, whitening: Array, settings: TableFit) -> None:
        self.curve, self.x, self.y, self.whitening, self.what = curve, x, y, whitening, settings.name
        self.measured = [(place, p.measured) for place, p in enumerate(settings.parameters) if p.measured]

    def __call__(self, *values: float) -> float:
        residuals = self.whitening @ (self.y - evaluate(self.curve, self.x, values, self.what))
        pulls = [(values[place] - centre) / width for place, (centre, width) in self.measured]
        return float(residuals @ residuals + np.square(pulls).sum())


def _whitening(covariance: Array, what: str) -> Array:
    """The matrix that decorrelates residuals: the inverse of the covariance's Cholesky factor."""
    if not np.allclose(covariance, covariance.T):
        raise DataError(f"{what}: the covariance is not symmetric", cure="look at its rows")
    try:
        return np.linalg.inv(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        raise DataError(
            f"{what}: the covariance is not positive definite",
            cure="give each point an uncertainty of its own, or leave out points that others determine",
        ) from None
