"""The figure of a profile likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import DataError
from analysis.plotting.intervals import signed, with_interval
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_scan"]

# quantiles of chi-square with one degree of freedom (S. S. Wilks, Ann. Math. Statist. 9 (1938) 60)
_LEVELS = ((1.0, "68 %"), (3.841459, "95 %"))

# of the curves, and of the axis: words stand between
_HIGHEST, _TOP = 6.5, 9.0


def draw_scan(fit: Mapping[str, Any], poi: str, label: FigureLabel, *, title: str = "") -> Figure:
    """Twice the negative logarithm of the profile likelihood ratio, with and without systematic uncertainties.

    Args:
        fit: of one workspace: ``scan`` and ``intervals``; ``stat_only`` of the scan may be missing.
        poi: name of the parameter of interest.
        label: above the figure.
        title: of the parameter of interest, its name if empty; may hold LaTeX.

    Raises:
        DataError: the fit has no scan of the parameter of interest.
    """
    if poi not in fit["scan"]:
        raise DataError(f"the fit has no scan of {poi!r}; it has one of: {', '.join(fit['scan']) or 'none'}")
    scan, title = fit["scan"][poi], title or poi
    figure = new_figure(10.0, 9.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.12, right=0.96, bottom=0.11, top=0.92)
    curves: dict[str, tuple[Any, dict[str, Any]]] = {"all uncertainties": (scan["twice_delta_nll"], {"color": "black"})}
    if scan.get("stat_only") is not None:
        curves["statistical only"] = (scan["stat_only"], {"color": COLOURS[0], "linestyle": "--"})
    found = fit["intervals"].get(poi)
    for words, (values, look) in curves.items():
        curve = _curve(scan["points"], values, found["value"] if found else None)
        axes.plot(*curve, linewidth=2.5, label=words, **look)
    if found is not None:
        low, high = found["value"] - found["down"], found["value"] + found["up"]
        axes.axvspan(
            low, high, ymax=_HIGHEST / _TOP, color=COLOURS[1], alpha=0.25, linewidth=0.0, label="68.27 % interval"
        )
        axes.vlines(found["value"], 0.0, _HIGHEST, color=COLOURS[1], linewidth=1.5)
    axes.set_ylim(0.0, _TOP)
    _draw_levels(axes)
    axes.legend(loc="upper right")
    if found is not None:
        axes.text(0.04, 0.965, _found(found, title), transform=axes.transAxes, va="top", fontsize=19, linespacing=1.5)
    axes.set_xlabel(title)
    axes.set_ylabel(r"$-2\,\Delta\ln L$")
    add_label(axes, label)
    return figure


def _curve(points: Any, values: Any, best: float | None) -> tuple[Any, Any]:
    """The curve through the points whose fit succeeded, as far as it is drawn."""
    places, heights = np.array(points, dtype=np.float64), np.array(values, dtype=np.float64)
    there = np.isfinite(heights)
    places, heights = places[there], np.maximum(heights[there], 0.0)
    if not len(places):
        return places, heights
    centre = places[np.argmin(heights)] if best is None else best
    # the root with the sign of the distance is nearly a straight line, so that few points give a smooth curve
    roots = np.append(np.sign(places - centre) * np.sqrt(heights), 0.0)
    order = np.argsort(np.append(places, centre), kind="stable")
    fine = np.linspace(places.min(), places.max(), 1001)
    curve = np.interp(fine, np.append(places, centre)[order], roots[order]) ** 2
    seen = curve <= _HIGHEST
    return fine[seen], curve[seen]


def _draw_levels(axes: Axes) -> None:
    for level, words in _LEVELS:
        axes.axhline(level, color=NEUTRAL, linewidth=1.2, linestyle=":")
        axes.text(0.985, level + 0.04, words, transform=axes.get_yaxis_transform(), ha="right", fontsize=16)


def _found(found: Mapping[str, Any], title: str) -> str:
    lines = [f"{title} = {with_interval(found['value'], found['down'], found['up'])}"]
    parts = [f"{signed(*found[name])} ({name}.)" for name in ("stat", "syst") if found.get(name) is not None]
    if parts:
        lines.append(" ".join(parts))
    if any(found.get("at_limit") or ()):
        lines.append("an end is at the parameter's bound")
    return "\n".join(lines)
