"""The figure of a spectrum of two results: both on top of each other, and their ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.stack import BAND, events_title
from analysis.plotting.style import COLOURS, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_comparison"]

Array = NDArray[np.float64]


def draw_comparison(
    edges: Array,
    a: tuple[Array, Array],
    b: tuple[Array, Array],
    names: tuple[str, str],
    label: FigureLabel,
    *,
    quantity: str,
    unit: str = "",
    words: str = "",
) -> Figure:
    """Two spectra, and below, the second divided by the first, with the first's statistical uncertainty (hatched).

    The ratio has no error bars: where the same events are in both, its own uncertainty is not known from the spectra.
    Where bins are of different widths, the sums are divided by them. Bins that are empty in the first have no ratio.

    Args:
        edges: (n + 1,), ascending.
        a: sums of weights and of their squares of the first one: (n,) and (n,).
        b: of the second one.
        names: of both, for the legend.
        label: above the figure.
        quantity: title of the variable; may hold LaTeX.
        unit: of the variable; empty if it has none.
        words: which spectrum it is, and how much it moved; a line each.
    """
    figure = new_figure(10.0, 10.5)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3.0, 1.0), "hspace": 0.07})
    figure.subplots_adjust(left=0.15, right=0.96, bottom=0.09, top=0.93)
    widths = np.diff(edges)
    uneven = not np.allclose(widths, widths[0], rtol=1e-6)
    scale = 1.0 / widths if uneven else np.ones(len(widths))
    first, second = a[0] * scale, b[0] * scale
    uncertainty = np.sqrt(a[1]) * scale
    above.stairs(first + uncertainty, edges, baseline=first - uncertainty, **BAND, label="Stat. uncertainty")
    above.stairs(first, edges, baseline=None, color="black", linewidth=2.5, label=names[0])
    above.stairs(second, edges, baseline=None, color=COLOURS[2], linewidth=2.5, linestyle="--", label=names[1])
    handles, texts = above.get_legend_handles_labels()
    above.legend(handles[1:] + handles[:1], texts[1:] + texts[:1], loc="upper right")
    lines = words.count("\n") + 1
    high = max(float(np.max(first + uncertainty)), float(np.max(second)), 0.0)
    low = min(float(np.min(first)), float(np.min(second)), 0.0)
    # rows of words take 6 % of the height each
    above.set_ylim(low, low + (high - low) / (1.0 - 0.06 * (max(lines, 3) + 1)) if high > low else 1.0)
    above.text(0.04, 0.96, words, transform=above.transAxes, va="top", fontsize=18, linespacing=1.4)
    above.set_ylabel(events_title(float(widths[0]), unit, uneven))
    _draw_ratio(below, edges, a, b[0])
    below.set_xlabel(axis_title(quantity, unit))
    below.set_xlim(edges[0], edges[-1])
    add_label(above, label)
    figure.align_ylabels((above, below))
    return figure


def _draw_ratio(axes: Axes, edges: Array, a: tuple[Array, Array], second: Array) -> None:
    first, variance = a
    there = first > 0.0
    safe = np.where(there, first, 1.0)
    relative = np.where(there, np.sqrt(variance) / safe, np.nan)
    axes.stairs(1.0 + relative, edges, baseline=1.0 - relative, **BAND)
    axes.axhline(1.0, color="black", linewidth=1.0)
    ratio = np.where(there, second / safe, np.nan)
    axes.stairs(ratio, edges, baseline=None, color=COLOURS[2], linewidth=2.5)
    # the uncertainty of nearly empty bins does not decide the range
    reach = max(
        float(np.nanmax(np.abs(ratio - 1.0), initial=0.0)),
        float(np.median(relative[there])) if np.any(there) else 0.0,
    )
    half = next((size for size in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if 1.25 * reach <= size), 1.0)
    axes.set_ylim(1.0 - half, 1.0 + half)
    axes.set_yticks((1.0 - half / 2.0, 1.0, 1.0 + half / 2.0))
    axes.set_ylabel("b / a", loc="center", fontsize=19)
