"""Unbinned maximum-likelihood fits of one quantity, such as a mass peak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from iminuit.cost import ExtendedUnbinnedNLL, NormalConstraint, UnbinnedNLL
from iminuit.util import describe
from numpy.typing import NDArray

from analysis.errors import DataError, FitError, StudyError
from analysis.inference.curve_settings import FitParameter
from analysis.inference.curves import evaluate, goodness, minimise, result
from analysis.inference.shapes import shape_of

if TYPE_CHECKING:
    import awkward as ak

    from analysis.inference.curve_settings import UnbinnedFit

__all__ = ["fit_events", "fit_values"]

Array = NDArray[np.float64]

# Gauss-Legendre: panels over the window, and nodes in each
_PANELS, _NODES = 128, 8
_PRECISION = 1e-5
_LEAST_EXPECTED = 5.0
_CURVE_POINTS = 400


def fit_events(events: ak.Array | Mapping[str, ak.Array], settings: UnbinnedFit) -> dict[str, Any]:
    """Fit a quantity of events.

    Args:
        events: a record array, or record arrays by data set; each event counts once.
        settings: what is fitted.

    Returns:
        See :func:`fit_values`.

    Raises:
        StudyError: the events have no such field, or there is no such data set.
        DataError: a value is not a number, or there is no event in the window.
        FitError: there is no minimum.
    """
    from analysis.events.columns import check_numbers, presence, values
    from analysis.events.selection import passes

    parts = dict(events) if isinstance(events, Mapping) else {"events": events}
    if unknown := [name for name in settings.datasets if name not in parts]:
        raise StudyError(
            f"{settings.name}: there are no events of {unknown[0]!r}", cure=f"use some of: {', '.join(parts)}"
        )
    found = []
    for name in settings.datasets or tuple(parts):
        part = parts[name]
        chosen, present = passes(part, settings.cuts), presence(part, settings.field)
        chosen = chosen if present is None else chosen & present
        numbers = values(part, settings.field).astype(np.float64)
        check_numbers(part, np.flatnonzero(chosen & ~np.isfinite(numbers)), f"{name}: {settings.field!r}")
        found.append(numbers[chosen])
    return fit_values(np.concatenate(found), settings)


def fit_values(values: Array, settings: UnbinnedFit) -> dict[str, Any]:
    """Fit the distribution of a quantity.

    Shapes are normalised over the window by Gauss-Legendre integration. Uncertainties are those of the likelihood:
    MINOS where it succeeds, else from its curvature. The goodness of fit is the likelihood ratio to the saturated model
    in bins (S. Baker, R. D. Cousins, Nucl. Instrum. Meth. 221 (1984) 437), neighbours joined until 5 events are
    expected in each.

    Args:
        values: (n,); those outside of the window are left out.
        settings: what is fitted.

    Returns:
        JSON: ``numbers``, ``tables``, ``headline``, ``fit``, ``goodness`` and ``figure``, from which
        :func:`analysis.plotting.peak.draw_peak_fit` draws.

    Raises:
        DataError: there is no event in the window.
        FitError: there is no minimum, or a shape is negative, not a number, or too narrow to be integrated.
        StudyError: a shape is unknown or has other parameters.

    Examples:
        >>> from analysis.inference.curve_settings import Component, UnbinnedFit
        >>> mass, sigma = FitParameter("mass", 90.0, unit="GeV"), FitParameter("sigma", 2.0, 0.1, 9.0)
        >>> peak = Component("z", "gaussian", (mass, sigma))
        >>> masses = np.random.default_rng(1).normal(91.2, 2.5, 1000)
        >>> fit_values(masses, UnbinnedFit("m", (70.0, 110.0), (peak,)))["headline"]["mass"]
        '91.064 ± 0.078 (stat) GeV'
    """
    low, high = settings.window
    inside = np.sort(values[(values >= low) & (values <= high)])
    if not len(inside):
        raise DataError(
            f"{settings.name}: none of {len(values)} events has {settings.field!r} between {low:g} and {high:g}",
            cure="look at the window and the cuts",
        )
    density = _Density(settings)
    parameters = (*_shares(settings, len(inside)), *settings.shape_parameters)
    names = [one.name for one in parameters]
    cost: Any
    if settings.extended:
        cost = ExtendedUnbinnedNLL(inside, lambda x, *given: density.extended(x, given), name=names)
    else:
        cost = UnbinnedNLL(inside, lambda x, *given: density.extended(x, given)[1], name=names)
    for one in parameters:
        if one.measured is not None:
            cost = cost + NormalConstraint(one.name, *one.measured)
    # a sum has its parameters in the order in which its parts name them: the same
    assert describe(cost) == names
    found = minimise(cost, parameters, settings.name)
    density.check(found.values)
    total = 1.0 if settings.extended else float(len(inside))
    edges = np.linspace(low, high, settings.bins + 1)
    counts, _ = np.histogram(inside, edges)
    expected = total * density.contents(edges, found.values)
    x = np.linspace(low, high, _CURVE_POINTS + 1)
    width = edges[1] - edges[0]
    curves = total * width * density.parts(x, found.values)
    judged = _judge(counts, expected, sum(not one.fixed for one in parameters) - settings.extended)
    method = f"{'extended ' if settings.extended else ''}unbinned maximum likelihood"
    figure = {
        "title": settings.title or settings.field,
        "unit": settings.unit,
        "edges": edges,
        "counts": counts.astype(np.float64),
        "expected": expected,
        "x": x,
        "curve": curves.sum(axis=0),
        "components": {
            one.name: [one.title or one.name, [float(f"{v:.8g}") for v in curve]]
            for one, curve in zip(settings.components, curves, strict=True)
        },
    }
    return result(settings.name, found, method, judged, figure, settings.interest, len(inside))


class _Density:
    """The sum of all components, each normalised over the window."""

    def __init__(self, settings: UnbinnedFit) -> None:
        self.settings = settings
        order = [one.name for one in settings.shape_parameters]
        self.shapes: list[tuple[Callable[..., Array], list[int]]] = [
            (
                shape_of(one.shape, len(one.parameters), settings.window),
                [len(settings.shares) + order.index(parameter.name) for parameter in one.parameters],
            )
            for one in settings.components
        ]
        self.nodes, self.weights = _quadrature(np.linspace(*settings.window, _PANELS + 1))

    def extended(self, x: Array, given: Any) -> tuple[float, Array]:
        """The number of events in the window, and their density at x."""
        parts = self.parts(x, given)
        return float(np.sum(self._amounts(given))), parts.sum(axis=0)

    def parts(self, x: Array, given: Any) -> Array:
        """The density of each component, (c, n)."""
        return np.array(
            [
                amount * self._shape(index, x, given) / self._integral(index, given)
                for index, amount in enumerate(self._amounts(given))
            ]
        )

    def contents(self, edges: Array, given: Any) -> Array:
        """Events that are expected in each bin, (b,)."""
        fine = np.concatenate([np.linspace(a, b, 5)[:-1] for a, b in pairwise(edges)] + [edges[-1:]])
        nodes, weights = _quadrature(fine)
        return (self.parts(nodes, given).sum(axis=0) * weights).reshape(len(edges) - 1, -1).sum(axis=1)

    def check(self, given: Any) -> None:
        """Refuse shapes that the integration does not see: twice as many panels have to give the same."""
        nodes, weights = _quadrature(np.linspace(*self.settings.window, 4 * _PANELS + 1))
        for index, component in enumerate(self.settings.components):
            coarse, fine = self._integral(index, given), float(self._shape(index, nodes, given) @ weights)
            if abs(coarse - fine) > _PRECISION * fine:
                raise FitError(
                    f"{self.settings.name}: the component {component.name!r} is too narrow or uneven for the window "
                    f"(integrals {coarse:.6g} and {fine:.6g})",
                    cure="choose a narrower window, or bounds for its width",
                )

    def _amounts(self, given: Any) -> list[float]:
        shares = [float(value) for value in given[: len(self.settings.shares)]]
        return shares if self.settings.extended else [*shares, 1.0 - sum(shares)]

    def _integral(self, index: int, given: Any) -> float:
        return float(self._shape(index, self.nodes, given) @ self.weights)

    def _shape(self, index: int, x: Array, given: Any) -> Array:
        function, places = self.shapes[index]
        name = self.settings.components[index].name
        y = evaluate(function, x, [given[place] for place in places], f"{self.settings.name}: {name}")
        if not (y >= 0.0).all():
            at = {self.settings.parameters[place]: f"{given[place]:.4g}" for place in places}
            raise FitError(
                f"{self.settings.name}: the shape of {name!r} is {np.nanmin(y):.3g} or not a number at {at}",
                cure="give its parameters bounds within which it is positive",
            )
        return y


def _shares(settings: UnbinnedFit, events: int) -> tuple[FitParameter, ...]:
    """Numbers of events, or shares, of the components."""
    given = [one.start for one in settings.components]
    rest = max(1.0 - sum(given), 0.0) / max(given.count(0.0), 1)
    starts = [start or rest or 1.0 / len(given) for start in given]
    bounds = FitParameter("", 1.0, 0.0, None) if settings.extended else FitParameter("", 0.5, 0.0, 1.0)
    titles = [f"{'events' if settings.extended else 'share'}, {one.title or one.name}" for one in settings.components]
    scale = float(events) if settings.extended else 1.0
    return tuple(
        replace(bounds, name=name, start=scale * start, title=title)
        for name, start, title in zip(settings.shares, starts, titles, strict=False)
    )


def _quadrature(edges: Array) -> tuple[Array, Array]:
    """Nodes and weights of the integration over all panels."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half, middle = np.diff(edges)[:, None] / 2.0, (edges[1:] + edges[:-1])[:, None] / 2.0
    return (middle + half * nodes).ravel(), (half * weights).ravel()


def _judge(counts: Array, expected: Array, parameters: int) -> dict[str, Any]:
    """The saturated likelihood ratio in bins of at least five expected events."""
    joined: list[list[float]] = []
    seen, hoped = 0.0, 0.0
    for count, mean in zip(counts, expected, strict=True):
        seen, hoped = seen + count, hoped + mean
        if hoped >= _LEAST_EXPECTED:
            joined.append([seen, hoped])
            seen, hoped = 0.0, 0.0
    if joined:
        joined[-1][0] += seen
        joined[-1][1] += hoped
    n, mean_ = np.array(joined).reshape(-1, 2).T
    statistic = 2.0 * float(np.sum(mean_ - n + np.where(n > 0, n * np.log(np.maximum(n, 1e-300) / mean_), 0.0)))
    # the sum of all bins is what is observed in any case
    return goodness(statistic, len(n) - 1 - parameters, f"likelihood ratio in {len(n)} bins")
