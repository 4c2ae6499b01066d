"""The figure of pulls and impacts: what the fit learned of its parameters, and what they do to its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import DataError
from analysis.plotting.intervals import with_interval, with_uncertainty
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_pulls"]

_DOWN, _UP = COLOURS[0], COLOURS[1]


def draw_pulls(
    fit: Mapping[str, Any],
    poi: str,
    label: FigureLabel,
    *,
    title: str = "",
    titles: Mapping[str, str] | None = None,
    number: int = 25,
) -> Figure:
    """Pulls (left) and impacts (right) of the parameters that matter most for a parameter of interest.

    A pull is the parameter's post-fit value less its centre, over its width before the fit; its error bar is the
    post-fit uncertainty over that width. Parameters without a constraint have no pull; their value stands there. An
    impact is the change of the parameter of interest when the parameter is fixed at its post-fit value minus or plus
    its post-fit uncertainty, and all others are fitted anew.

    Args:
        fit: of one workspace: ``impacts``, ``parameters`` and ``intervals``.
        poi: name of the parameter of interest.
        label: above the figure.
        title: of the parameter of interest, its name if empty; may hold LaTeX.
        titles: of parameters by name; others are shown by their names.
        number: how many parameters are shown, those with the largest impacts.

    Raises:
        DataError: the fit has no impacts on the parameter of interest.
    """
    if poi not in fit["impacts"]:
        raise DataError(f"the fit has no impacts on {poi!r}; it has them on: {', '.join(fit['impacts']) or 'none'}")
    entries = sorted(fit["impacts"][poi], key=_size, reverse=True)[:number]
    rows = np.arange(len(entries))
    # matplotlib's margins are shares of the height: a short list gets the same words above and below
    height = 2.4 + 0.36 * max(len(entries), 5)
    figure = new_figure(12.0, height)
    left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": (1.0, 1.0), "wspace": 0.04})
    figure.subplots_adjust(left=0.34, right=0.975, bottom=1.05 / height, top=1.0 - 0.75 / height)
    _draw_pulls(left, rows, entries, fit["parameters"])
    _draw_impacts(right, rows, entries, title or poi)
    named = titles or {}
    names = [named.get(entry["parameter"], entry["parameter"]) for entry in entries]
    left.set_yticks(rows, names, fontsize=15)
    left.set_ylim(max(len(entries), 1) - 0.4, -0.6)
    for axes in (left, right):
        axes.tick_params(axis="y", which="both", length=0)
        for row in rows[1::2]:
            axes.axhspan(row - 0.5, row + 0.5, color="black", alpha=0.05, linewidth=0.0)
    add_label(left, FigureLabel(label.experiment, label.simulation))
    add_label(right, FigureLabel("", False, label.luminosity, label.energy))
    if poi in fit["intervals"]:
        found = fit["intervals"][poi]
        words = f"{title or poi} = {with_interval(found['value'], found['down'], found['up'])}"
        # above the names, in the free corner
        figure.text(0.01, 1.0 - 0.72 / height, words, fontsize=18, va="bottom")
    return figure


def _size(entry: Mapping[str, Any]) -> float:
    return max((abs(change) for change in _changes(entry) if np.isfinite(change)), default=0.0)


def _changes(entry: Mapping[str, Any]) -> tuple[float, float]:
    """Changes of the parameter of interest, not a number where a fit failed."""
    down, up = (np.nan if entry[side] is None else float(entry[side]) for side in ("down", "up"))
    return down, up


def _draw_pulls(
    axes: Axes, rows: Any, entries: Sequence[Mapping[str, Any]], parameters: Mapping[str, Mapping[str, Any]]
) -> None:
    axes.axvspan(-1.0, 1.0, color=NEUTRAL, alpha=0.18, linewidth=0.0)
    axes.axvline(0.0, color=NEUTRAL, linewidth=1.0)
    reach = 2.0
    for row, entry in zip(rows, entries, strict=True):
        if entry["pull"] is None:
            known = parameters[entry["parameter"]]
            words = with_uncertainty(known["value"], known["uncertainty"])
            axes.text(0.0, row, words, ha="center", va="center", fontsize=14)
            continue
        width = entry["constrained_to"] or 0.0
        axes.errorbar(entry["pull"], row, xerr=width, fmt="o", color="black", markersize=6, linewidth=1.8)
        reach = max(reach, 1.1 * (abs(entry["pull"]) + width))
    axes.set_xlim(-reach, reach)
    axes.set_xlabel(r"$(\hat{\theta} - \theta_0) / \Delta\theta$")


def _draw_impacts(axes: Axes, rows: Any, entries: Sequence[Mapping[str, Any]], title: str) -> None:
    changes = np.array([_changes(entry) for entry in entries]).reshape(-1, 2)
    for side, colour, words in ((0, _DOWN, r"$\theta = \hat{\theta} - \sigma$"), (1, _UP, r"$\hat{\theta} + \sigma$")):
        axes.barh(rows, np.nan_to_num(changes[:, side]), height=0.66, color=colour, alpha=0.85, label=words)
    axes.axvline(0.0, color="black", linewidth=1.0)
    largest = float(np.max(np.abs(changes[np.isfinite(changes)]), initial=0.0))
    axes.set_xlim(*((-1.15 * largest, 1.15 * largest) if largest else (-1.0, 1.0)))
    # the smallest impacts leave the corner free
    axes.legend(loc="lower right", fontsize=15, handlelength=1.0, frameon=True, framealpha=0.9, edgecolor="none")
    axes.set_xlabel(axis_title(rf"$\Delta$ {title}", ""))
