"""The figure of all fits' parameters of interest, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import DataError
from analysis.plotting.intervals import with_interval
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_strengths"]

_PAPER: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}


def draw_strengths(
    workspaces: Mapping[str, Mapping[str, Any]],
    pois: Mapping[str, str],
    label: FigureLabel,
    *,
    titles: Mapping[str, str] | None = None,
) -> Figure:
    """Signal strengths with their statistical and total uncertainties; a line at 1, what the prediction says.

    Args:
        workspaces: fits by workspace, each with ``intervals``.
        pois: titles of the parameters of interest by name, each with an axis of its own; may hold LaTeX.
        label: above the figure.
        titles: of workspaces by name; others are shown by their names.

    Raises:
        DataError: no fit has an interval of one of them.
    """
    for poi in pois:
        if not any(poi in fit["intervals"] for fit in workspaces.values()):
            raise DataError(f"no fit has an interval of {poi!r}")
    height = 2.6 + 1.0 * max(len(workspaces), 2)
    figure = new_figure(6.0 + 5.5 * len(pois), height)
    panels = figure.subplots(1, len(pois), sharey=True, squeeze=False, gridspec_kw={"wspace": 0.06})[0]
    left = 3.6 / figure.get_figwidth()
    figure.subplots_adjust(left=left, right=0.97, bottom=1.1 / height, top=1.0 - 0.8 / height)
    for axes, (poi, title) in zip(panels, pois.items(), strict=True):
        found = [fit["intervals"].get(poi) for fit in workspaces.values()]
        _draw_panel(axes, found)
        axes.set_xlabel(title)
        axes.tick_params(axis="y", which="both", length=0)
    panels[0].set_yticks(range(len(workspaces)), [(titles or {}).get(name, name) for name in workspaces])
    panels[0].set_ylim(len(workspaces) - 0.3, -0.9)
    handles, words = panels[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="lower left", fontsize=16, bbox_to_anchor=(0.005, 0.005), handlelength=1.5)
    add_label(panels[0], FigureLabel(label.experiment, label.simulation))
    add_label(panels[-1], FigureLabel("", False, label.luminosity, label.energy))
    return figure


def _draw_panel(axes: Axes, found: list[Mapping[str, Any] | None]) -> None:
    axes.axvline(1.0, color=NEUTRAL, linewidth=1.5, linestyle="--")
    ends = [1.0]
    for row, interval in enumerate(found):
        if interval is None:
            continue
        value, total = interval["value"], (interval["down"], interval["up"])
        once = "_" if any(found[:row]) else ""
        axes.errorbar(
            value, row, xerr=np.array([total]).T, fmt="none", color="black", linewidth=2.0, label=f"{once}total"
        )
        if interval.get("stat") is not None:
            stat = np.array([interval["stat"]]).T
            axes.errorbar(value, row, xerr=stat, fmt="none", color=COLOURS[0], linewidth=7.0, label=f"{once}stat.")
        axes.plot(value, row, "o", color="black", markersize=9)
        words = with_interval(value, *total)
        axes.text(value, row - 0.2, words, ha="center", va="bottom", fontsize=17, bbox=_PAPER)
        ends += [value - total[0], value + total[1]]
    margin = 0.2 * (max(ends) - min(ends))
    axes.set_xlim(min(ends) - margin, max(ends) + margin)
