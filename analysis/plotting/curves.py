"""Figures of fitted curves: a distribution of events, and published points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.intervals import poisson_interval
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["caption", "draw", "draw_peak_fit", "draw_table_fit"]

Array = NDArray[np.float64]


def draw(fit: Mapping[str, Any], label: FigureLabel, settings: None = None) -> dict[str, Figure]:
    """Draw a fit of :mod:`analysis.inference.unbinned` or :mod:`analysis.inference.table_fit`, whichever it is.

    Args:
        fit: the fit.
        label: above the figure.
        settings: there are none.

    Returns:
        One figure, of the name of the fit.
    """
    drawn = draw_peak_fit if "counts" in fit["figure"] else draw_table_fit
    return {fit["name"]: drawn(fit, label)}


def caption(name: str, title: str) -> tuple[str, str, str]:
    """Caption the figure of a fit.

    Args:
        name: of the fit.
        title: of the fit, for people; may hold LaTeX.
    """
    return name, title, "Data with the fitted curve; below, their differences in standard deviations."


def draw_peak_fit(fit: Mapping[str, Any], label: FigureLabel) -> Figure:
    """Draw events in bins with the fitted curve and its components; below, pulls.

    A pull is the difference of observed and expected events over the root of those expected.

    Args:
        fit: of :func:`analysis.inference.unbinned.fit_events`.
        label: above the figure.
    """
    shown = fit["figure"]
    edges, counts, expected = (np.array(shown[name], float) for name in ("edges", "counts", "expected"))
    figure, above, below = _panels()
    x = np.array(shown["x"], float)
    above.plot(x, shown["curve"], color=COLOURS[2], linewidth=2.5, label="Fit", zorder=2)
    components = list(shown["components"].values())
    # one component is the curve itself
    for index, (title, curve) in enumerate(components if len(components) > 1 else ()):
        above.plot(
            x, curve, color=colour_of(index + 3 * (index > 1)), linewidth=2.0, linestyle="--", label=title, zorder=1
        )
    centres, width = (edges[1:] + edges[:-1]) / 2.0, edges[1] - edges[0]
    _points(above, centres, counts, np.array(poisson_interval(counts)))
    top = max(float((counts + poisson_interval(counts)[1]).max()), float(np.max(shown["curve"])))
    above.set_ylim(0.0, 1.35 * top or 1.0)
    unit = shown["unit"]
    above.set_ylabel(f"Events / {width:.3g} {unit}".rstrip())
    _draw_pulls(below, centres, (counts - expected) / np.sqrt(np.maximum(expected, 1e-12)), expected > 0.0)
    _finish(figure, above, below, fit, axis_title(shown["title"], unit), (edges[0], edges[-1]), label)
    return figure


def draw_table_fit(fit: Mapping[str, Any], label: FigureLabel) -> Figure:
    """Draw published points with the fitted curve; below, pulls.

    A pull is the difference of point and curve over the point's total uncertainty.

    Args:
        fit: of :func:`analysis.inference.table_fit.fit_table`.
        label: above the figure.
    """
    shown = fit["figure"]
    x, y, size, fitted = (np.array(shown[name], float) for name in ("points", "y", "uncertainty", "fitted"))
    figure, above, below = _panels()
    above.plot(shown["x"], shown["curve"], color=COLOURS[2], linewidth=2.5, label="Fit", zorder=2)
    _points(above, x, y, np.array([size, size]))
    low, high = float(np.min(y - size)), float(np.max(y + size))
    above.set_ylim(low - 0.05 * (high - low), high + 0.35 * (high - low))
    above.set_ylabel(axis_title(shown["title"], shown["unit"]))
    _draw_pulls(below, x, (y - fitted) / size, size > 0.0)
    margin = 0.04 * (float(x.max() - x.min()) or 1.0)
    ends = (float(x.min()) - margin, float(x.max()) + margin)
    _finish(figure, above, below, fit, axis_title(shown["x_title"], shown["x_unit"]), ends, label)
    return figure


def _panels() -> tuple[Figure, Axes, Axes]:
    figure = new_figure(10.0, 10.5)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3.0, 1.0), "hspace": 0.07})
    figure.subplots_adjust(left=0.15, right=0.96, bottom=0.09, top=0.93)
    return figure, above, below


def _points(axes: Axes, x: Array, y: Array, errors: Array) -> None:
    axes.errorbar(x, y, yerr=errors, fmt="o", color="black", markersize=6, linewidth=1.5, label="Data", zorder=3)


def _draw_pulls(axes: Axes, x: Array, pulls: Array, there: NDArray[np.bool_]) -> None:
    axes.axhspan(-1.0, 1.0, color=NEUTRAL, alpha=0.25, linewidth=0.0)
    axes.axhline(0.0, color=NEUTRAL, linewidth=1.0)
    axes.plot(x[there], pulls[there], "o", color="black", markersize=6)
    reach = max(3.0, 1.15 * float(np.max(np.abs(pulls[there]), initial=0.0)))
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("Pull", loc="center", fontsize=19)


def _finish(
    figure: Figure,
    above: Axes,
    below: Axes,
    fit: Mapping[str, Any],
    x_title: str,
    ends: tuple[float, float],
    label: FigureLabel,
) -> None:
    lines = [f"{title}: {text}" for title, text in fit["headline"].items() if title != "goodness of fit"]
    judged = fit["goodness"]
    if judged["p_value"] is not None:
        lines.append(f"$p$ = {judged['p_value']:.2g} ({judged['statistic']:.1f} / {judged['ndf']})")
    above.text(0.04, 0.96, "\n".join(lines[:6]), transform=above.transAxes, va="top", fontsize=14, linespacing=1.5)
    above.legend(loc="upper right")
    below.set_xlabel(x_title)
    below.set_xlim(*ends)
    add_label(above, label)
    figure.align_ylabels((above, below))
