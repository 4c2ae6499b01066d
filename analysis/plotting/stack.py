"""The figure of a variable: data on the stacked prediction, and their ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.plotting.intervals import poisson_interval
from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BAND", "Spectrum", "draw_stack", "events_title"]

Array = NDArray[np.float64]

BAND: dict[str, Any] = {"fill": True, "color": "none", "edgecolor": NEUTRAL, "hatch": "/////", "linewidth": 0.0}


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Observed and expected spectrum of a variable in one region; numbers of events in each of b bins.

    Args:
        edges: (b + 1,), ascending.
        titles: of the s processes, the lowest of the stack first; may hold LaTeX.
        yields: (s, b), predicted.
        uncertainty: (b,), of their sum, all sources together.
        data: (b,), observed or Asimov; ``None`` for a figure without.
        asimov: whether the data are predicted ones.
        colours: of the processes; in the order of :func:`~analysis.plotting.style.colour_of` if there are none.

    Raises:
        DataError: lengths do not agree.
    """

    edges: Array
    titles: Sequence[str]
    yields: Array
    uncertainty: Array
    data: Array | None
    asimov: bool = False
    colours: Sequence[str] = ()

    def __post_init__(self) -> None:
        bins = len(self.edges) - 1
        shapes = [np.shape(self.uncertainty), np.shape(self.data if self.data is not None else self.uncertainty)]
        if np.shape(self.yields) != (len(self.titles), bins) or shapes != [(bins,)] * 2:
            raise DataError(
                f"a spectrum of {bins} bins and {len(self.titles)} processes has yields of shape "
                f"{np.shape(self.yields)}, an uncertainty and data of shapes {shapes}"
            )
        if self.colours and len(self.colours) != len(self.titles):
            raise DataError(f"a spectrum has {len(self.titles)} processes and {len(self.colours)} colours")

    @property
    def total(self) -> Array:
        """Prediction of all processes together, (b,)."""
        return np.asarray(self.yields, dtype=np.float64).sum(axis=0)

    def colour(self, process: int) -> str:
        """The colour of a process."""
        return self.colours[process] if self.colours else colour_of(process)


def draw_stack(
    spectrum: Spectrum,
    quantity: str,
    unit: str,
    label: FigureLabel,
    *,
    fitted: bool | None,
    region: str = "",
    logarithmic: bool = False,
    magnified: tuple[int, float] | None = None,
) -> Figure:
    """Data on the stacked prediction with its uncertainty (hatched), and below, both divided by the prediction.

    Processes of which a fit wants less than nothing are hatched: the prediction is below the stack by them.

    Where bins are of different widths, the numbers of events are divided by them. Error bars of data are central
    68.27 % intervals of a Poisson mean. Bins without prediction have no ratio.

    Args:
        spectrum: what is drawn.
        quantity: title of the variable; may hold LaTeX.
        unit: of the variable; empty if it has none.
        label: above the figure.
        fitted: whether the prediction is the fit's, or the one before; ``None`` where nothing is fitted.
        region: title of the region; may hold LaTeX.
        logarithmic: whether the axis of events is.
        magnified: index of a process that is drawn as a line, too, and how many times itself.
    """
    figure = new_figure(10.0, 10.5)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3.0, 1.0), "hspace": 0.07})
    figure.subplots_adjust(left=0.15, right=0.96, bottom=0.09, top=0.93)
    widths = np.diff(spectrum.edges)
    uneven = not np.allclose(widths, widths[0], rtol=1e-6)
    scale = 1.0 / widths if uneven else np.ones(len(widths))
    handles = _draw_prediction(above, spectrum, scale, magnified)
    if spectrum.data is not None:
        handles = {"Asimov data" if spectrum.asimov else "Data": _draw_data(above, spectrum, scale), **handles}
    above.legend(handles.values(), handles.keys(), loc="upper right", ncols=2, columnspacing=1.0, handlelength=1.4)
    # a row of words takes 6 % of the height
    _set_range(above, spectrum, scale, logarithmic, free=0.06 * (1 + max(2, math.ceil(len(handles) / 2))))
    when = {True: "Post-fit", False: "Pre-fit", None: ""}[fitted]
    words = "\n".join(word for word in (region, when) if word)
    above.text(0.04, 0.96, words, transform=above.transAxes, va="top", fontsize=20, linespacing=1.4)
    above.set_ylabel(events_title(float(widths[0]), unit, uneven))
    _draw_ratio(below, spectrum)
    below.set_xlabel(axis_title(quantity, unit))
    below.set_xlim(spectrum.edges[0], spectrum.edges[-1])
    add_label(above, label)
    figure.align_ylabels((above, below))
    return figure


def _draw_prediction(
    axes: Axes, spectrum: Spectrum, scale: Array, magnified: tuple[int, float] | None
) -> dict[str, Any]:
    """Handles of the legend, the highest of the stack first."""
    edges, handles = spectrum.edges, {}
    bottom = np.zeros(len(scale))
    for process, (title, yields) in enumerate(zip(spectrum.titles, spectrum.yields, strict=True)):
        top = bottom + np.maximum(yields, 0.0) * scale
        handles[title] = axes.stairs(top, edges, baseline=bottom, fill=True, color=spectrum.colour(process))
        axes.stairs(top, edges, color="black", linewidth=0.6, baseline=None)
        bottom = top
    # what a fit takes away is no part of the stack: it is hatched, from the stack's top down to the prediction
    for process, (title, yields) in enumerate(zip(spectrum.titles, spectrum.yields, strict=True)):
        if np.sum(yields) < 0.0:
            top = bottom + np.minimum(yields, 0.0) * scale
            style: dict[str, Any] = {
                "fill": True,
                "color": "white",
                "edgecolor": spectrum.colour(process),
                "hatch": "\\\\\\",
            }
            handles[title] = axes.stairs(bottom, edges, baseline=top, linewidth=1.5, **style)
            bottom = top
    handles = dict(reversed(handles.items()))
    low, high = ((spectrum.total + sign * spectrum.uncertainty) * scale for sign in (-1.0, 1.0))
    handles["Uncertainty"] = axes.stairs(high, edges, baseline=low, **BAND)
    if magnified is not None:
        process, factor = magnified
        # an outline in white: the line is seen on an area of its own colour
        for colour, width in (("white", 5.0), (spectrum.colour(process), 2.5)):
            line = axes.stairs(
                factor * spectrum.yields[process] * scale, edges, color=colour, linewidth=width, baseline=None
            )
        handles[rf"{spectrum.titles[process]} $\times$ {factor:g}"] = line
    return handles


def _draw_data(axes: Axes, spectrum: Spectrum, scale: Array) -> Any:
    data = np.asarray(spectrum.data, dtype=np.float64)
    errors = np.array(poisson_interval(data)) * scale
    return axes.errorbar(_centres(spectrum.edges), data * scale, yerr=errors, **_points(spectrum))


def _points(spectrum: Spectrum) -> dict[str, Any]:
    fill = "white" if spectrum.asimov else "black"
    return {"fmt": "o", "color": "black", "markersize": 7, "markerfacecolor": fill, "linewidth": 1.5}


def _set_range(axes: Axes, spectrum: Spectrum, scale: Array, logarithmic: bool, free: float) -> None:
    """Everything is in sight, and a share of the height is left for words."""
    tops = [(spectrum.total + spectrum.uncertainty) * scale]
    if spectrum.data is not None:
        tops.append((spectrum.data + poisson_interval(spectrum.data)[1]) * scale)
    high = float(np.max(tops))
    if not logarithmic:
        axes.set_ylim(0.0, high / (1.0 - free) if high > 0 else 1.0)
        return
    seen = np.concatenate([spectrum.total * scale, *([] if spectrum.data is None else [spectrum.data * scale])])
    seen = seen[seen > 0]
    low = 0.3 * float(seen.min()) if len(seen) else 0.1
    # the small processes at the bottom of the stack get no more than four decades
    low = max(low, 1e-4 * high)
    axes.set_ylim(low, low * (max(high, 10.0 * low) / low) ** (1.0 / (1.0 - free)))
    # the range came first: a logarithmic axis does not find one when all bins are empty
    axes.set_yscale("log")


def _draw_ratio(axes: Axes, spectrum: Spectrum) -> None:
    total = spectrum.total
    there = total > 0
    safe = np.where(there, total, 1.0)
    relative = np.where(there, spectrum.uncertainty / safe, np.nan)
    axes.stairs(1.0 + relative, spectrum.edges, baseline=1.0 - relative, **BAND)
    axes.axhline(1.0, color="black", linewidth=1.0)
    reach = float(np.max(relative[there], initial=0.0))
    if spectrum.data is not None:
        ratio = (spectrum.data / safe)[there]
        errors = (np.array(poisson_interval(spectrum.data)) / safe)[:, there]
        axes.errorbar(_centres(spectrum.edges)[there], ratio, yerr=errors, **_points(spectrum))
        typical = float(np.median(errors)) if errors.size else 0.0
        # points beyond the largest range are those of nearly empty bins
        reach = max(reach, float(np.max(np.abs(ratio - 1.0), initial=0.0)), typical)
    half = next((size for size in (0.1, 0.2, 0.5) if 1.25 * reach <= size), 1.0)
    axes.set_ylim(1.0 - half, 1.0 + half)
    if spectrum.data is not None and np.any(high := ratio > 1.0 + half):
        # where points lie above, an arrow says so
        axes.plot(_centres(spectrum.edges)[there][high], np.full(high.sum(), 1.0 + 0.88 * half), "k^", markersize=8)
    axes.set_yticks((1.0 - half / 2.0, 1.0, 1.0 + half / 2.0))
    axes.set_ylabel("Data / pred." if spectrum.data is not None else "Uncertainty", loc="center", fontsize=19)


def _centres(edges: Array) -> Array:
    return (np.asarray(edges)[1:] + np.asarray(edges)[:-1]) / 2.0


def events_title(width: float, unit: str, uneven: bool) -> str:
    """The title of the axis of events.

    Examples:
        >>> [events_title(5.0, "GeV", uneven) for uneven in (False, True)]
        ['Events / 5 GeV', 'Events / GeV']
        >>> events_title(1.0, "", False), events_title(0.05, "", False)
        ('Events', 'Events / 0.05')
    """
    if uneven:
        return f"Events / {unit or 'bin width'}"
    if width == 1.0:
        return f"Events / {unit}" if unit else "Events"
    return f"Events / {width:.3g} {unit}".rstrip()
