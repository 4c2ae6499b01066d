"""The figure of a network's score of one class, for events that it was trained on and events that it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.intervals import with_uncertainty
from analysis.plotting.style import FigureLabel, add_label, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ScoredEvents", "distribution", "draw_scores"]

Array = NDArray[np.float64]

_BINS = 20
_REST = "black"


@dataclass(frozen=True, eq=False)
class ScoredEvents:
    """Simulated events and what networks say to them; n events, c classes.

    Args:
        scores: (n, c), between 0 and 1.
        label: (n,), index of the true class.
        weight: (n,); single ones may be negative.
    """

    scores: NDArray[Any]
    label: NDArray[Any]
    weight: Array


def distribution(values: NDArray[Any], weight: Array, edges: Array) -> tuple[Array, Array]:
    """Shares of the weighted events in each bin, with their uncertainty.

    The uncertainty is the root of the sum of the squared weights, divided by the sum of all weights: that of the bin's
    content, not of the normalisation.

    Args:
        values: (n,), within the edges.
        weight: (n,).
        edges: (b + 1,).

    Returns:
        (b,) and (b,); all 0 if there are no events, or the sum of their weights is not positive.

    Examples:
        >>> share, uncertainty = distribution(np.array([0.1, 0.2, 0.9]), np.ones(3), np.array([0.0, 0.5, 1.0]))
        >>> share.round(3), uncertainty.round(3)
        (array([0.667, 0.333]), array([0.471, 0.333]))
    """
    content, _ = np.histogram(values, edges, weights=weight)
    square, _ = np.histogram(values, edges, weights=weight**2)
    total = content.sum()
    if total <= 0:
        return np.zeros(len(content)), np.zeros(len(content))
    return content / total, np.sqrt(square) / total


def draw_scores(
    index: int,
    title: str,
    test: ScoredEvents,
    training: ScoredEvents,
    comparison: Mapping[str, Any],
    label: FigureLabel,
) -> Figure:
    """The score of one class, for its own events and for all others, each normalised to 1; below, test over training.

    Filled areas are events that the scoring network was trained on, points are events that it never saw. Where they
    differ by more than their uncertainties, the network has learned its training events by heart.

    Args:
        index: of the class.
        title: of the class; may hold LaTeX.
        test: events with the scores of the network that they were kept from.
        training: events with the scores of a network that they were used for.
        comparison: of the class, from :func:`analysis.learning.evaluation.classification.compare_training`:
            ``difference`` of the AUC and ``kolmogorov_smirnov`` of each fold.
        label: above the figure.
    """
    figure = new_figure(10.0, 10.5)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3.0, 1.0), "hspace": 0.07})
    figure.subplots_adjust(left=0.15, right=0.96, bottom=0.09, top=0.93)
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    kinds = [(title, colour_of(index), True), ("other classes", _REST, False)]
    areas = [distribution(*_of_class(training, index, own), edges) for _, _, own in kinds]
    points = [distribution(*_of_class(test, index, own), edges) for _, _, own in kinds]
    # the range comes first: a logarithmic axis does not find one when all bins are empty
    above.set_yscale("log")
    above.set_ylim(*_range(np.concatenate([share for share, _ in areas + points])))
    handles: dict[str, Any] = {}
    for (name, colour, _), area, point in zip(kinds, areas, points, strict=True):
        handles[f"{name}, training"] = _draw_area(above, edges, area, colour)
        handles[f"{name}, test"] = _draw_points(above, edges, point, colour)
        _draw_ratio(below, edges, point, area, colour)
    above.legend(handles.values(), handles.keys(), loc="upper center", ncols=2, columnspacing=1.2)
    above.text(0.5, 0.83, _compared(comparison), transform=above.transAxes, ha="center", va="top", fontsize=17)
    above.set_ylabel(f"Share of events / {edges[1]:.2g}")
    below.axhline(1.0, color="black", linewidth=1.0)
    below.set_ylim(0.2, 1.8)
    below.set_yticks((0.5, 1.0, 1.5))
    below.set_ylabel("Test / training", loc="center", fontsize=19)
    below.set_xlabel(f"Score of {title}")
    below.set_xlim(0.0, 1.0)
    add_label(above, label)
    figure.align_ylabels((above, below))
    return figure


def _compared(comparison: Mapping[str, Any]) -> str:
    difference, tests = comparison["difference"], comparison["kolmogorov_smirnov"]
    text = f"AUC, training $-$ test: {with_uncertainty(difference['value'], difference['uncertainty'])}"
    lowest = min(test["p_value"] for test in tests)
    shown = f"= {lowest:.2g}" if lowest >= 0.001 else "< 0.001"
    return f"{text}\nKolmogorov-Smirnov: $p$ {shown}, the lowest of {len(tests)} folds"


def _of_class(events: ScoredEvents, index: int, own: bool) -> tuple[NDArray[Any], Array]:
    rows = (events.label == index) == own
    return events.scores[rows, index], events.weight[rows]


def _range(shares: Array) -> tuple[float, float]:
    """Ends of a logarithmic axis: all bins that have events are in sight, a third is left for words."""
    shares = shares[shares > 0]
    if not len(shares):
        return 1e-3, 1.0
    low, high = 0.4 * float(shares.min()), 1.2 * float(shares.max())
    return low, low * (high / low) ** 1.45


def _draw_area(axes: Axes, edges: Array, values: tuple[Array, Array], colour: str) -> Any:
    share, uncertainty = values
    area = axes.stairs(share, edges, fill=True, color=colour, alpha=0.3)
    axes.stairs(share, edges, color=colour, linewidth=2.0)
    axes.stairs(
        share + uncertainty,
        edges,
        baseline=share - uncertainty,
        fill=True,
        color="none",
        edgecolor=colour,
        hatch="////",
    )
    return area


def _draw_points(axes: Axes, edges: Array, values: tuple[Array, Array], colour: str) -> Any:
    share, uncertainty = values
    # bins without events have no logarithm
    filled = share > 0
    centres = ((edges[1:] + edges[:-1]) / 2.0)[filled]
    return axes.errorbar(
        centres,
        share[filled],
        yerr=uncertainty[filled],
        fmt="o",
        color=colour,
        markersize=7,
        markeredgecolor="black",
        ecolor="black",
    )


def _draw_ratio(axes: Axes, edges: Array, points: tuple[Array, Array], area: tuple[Array, Array], colour: str) -> None:
    there = (points[0] > 0) & (area[0] > 0)
    ratio = points[0][there] / area[0][there]
    # both samples are the same events in the scores of different networks: too large, not too small
    relative = np.hypot(points[1][there] / points[0][there], area[1][there] / area[0][there])
    centres = ((edges[1:] + edges[:-1]) / 2.0)[there]
    axes.errorbar(
        centres,
        ratio,
        yerr=ratio * relative,
        fmt="o",
        color=colour,
        markersize=6,
        markeredgecolor="black",
        ecolor=colour,
    )
