"""Figures of how well sources are predicted that were left out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, new_figure
from analysis.studies.faraday.bootstrap import median_errors
from analysis.studies.faraday.settings import ValidationSettings
from analysis.studies.faraday.validation import CLASSES, METHODS, coverage, errors_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]

_SEPARATIONS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
_LEVELS = ((0.68, COLOURS[0]), (0.95, COLOURS[2]))
_LEAST = 10


def draw(predictions: Mapping[str, NDArray], label: FigureLabel, settings: ValidationSettings) -> dict[str, Figure]:
    """Draw errors, coverages, and predicted against measured rotation measures."""
    return {
        "held_out_errors": _draw_errors(predictions, label, settings),
        "held_out_coverage": _draw_coverage(predictions, label),
        "held_out_scatter": _draw_scatter(predictions, label),
    }


def _draw_errors(predictions: Mapping[str, NDArray], label: FigureLabel, settings: ValidationSettings) -> Figure:
    figure = new_figure(12.0, 9.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.11, right=0.98, bottom=0.11, top=0.92)
    width = 0.8 / len(METHODS)
    for place, name in enumerate(CLASSES):
        errors = errors_of(predictions, name)
        medians = median_errors(errors, settings.repetitions, settings.seed)
        for index, method in enumerate(METHODS):
            value = float(np.median(errors[method]))
            low, high = np.quantile(medians[method], (0.16, 0.84))
            axes.bar(
                place + (index - (len(METHODS) - 1) / 2) * width,
                value,
                width,
                color=COLOURS[index],
                yerr=[[max(value - low, 0.0)], [max(high - value, 0.0)]],
                error_kw={"linewidth": 2},
                label=METHODS[method] if place == 0 else None,
            )
    titles = [f"{title}\n({_count(predictions, name):,})" for name, title in CLASSES.items()]
    axes.set_xticks(range(len(CLASSES)), titles, fontsize=17)
    axes.tick_params(axis="x", which="both", bottom=False, top=False)
    axes.set_ylabel(r"median error of left-out sources [rad/m$^2$]")
    axes.set_ylim(0.0, axes.get_ylim()[1] * 1.15)
    axes.legend(loc="upper left")
    add_label(axes, label)
    return figure


def _count(predictions: Mapping[str, NDArray], name: str) -> int:
    return len(errors_of(predictions, name)["field"])


def _draw_coverage(predictions: Mapping[str, NDArray], label: FigureLabel) -> Figure:
    figure = new_figure(19.0, 9.0)
    left, right = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.12, top=0.92, wspace=0.2)
    bins = 20
    number = len(predictions["rm"])
    left.hist(predictions["cumulative"], bins=bins, range=(0.0, 1.0), color=COLOURS[0], alpha=0.8)
    expected, spread = number / bins, np.sqrt(number / bins * (1.0 - 1.0 / bins))
    left.axhspan(
        expected - 2 * spread, expected + 2 * spread, color=NEUTRAL, alpha=0.35, linewidth=0, label="flat, ± 2 sigma"
    )
    left.set(xlim=(0.0, 1.0), xlabel="predicted probability of a smaller rotation measure", ylabel="sources")
    left.legend(loc="lower center")
    add_label(left, label)
    for level, colour in _LEVELS:
        right.axhline(100 * level, color=colour, linestyle="--", linewidth=1.5)
        points: list[Any] = []
        for low, high in pairwise(_SEPARATIONS):
            chosen = (predictions["separation"] >= low) & (predictions["separation"] < high)
            if (count := int(chosen.sum())) >= _LEAST:
                share = coverage(predictions["cumulative"][chosen], level)
                points.append(
                    ((low + high) / 2, (high - low) / 2, 100 * share, 100 * np.sqrt(level * (1 - level) / count))
                )
        x, half, y, error = np.array(points).reshape(-1, 4).T
        style = {"fmt": "o", "color": colour, "markersize": 8, "label": f"{100 * level:.0f} % intervals"}
        right.errorbar(x, y, yerr=error, xerr=half, **style)
    right.set(xlim=(0.0, _SEPARATIONS[-1]), ylim=(50.0, 100.0))
    right.set_xlabel("separation of the nearest source that was seen [deg]")
    right.set_ylabel("measurements within [%]")
    right.legend(loc="center right")
    return figure


def _draw_scatter(predictions: Mapping[str, NDArray], label: FigureLabel) -> Figure:
    from matplotlib.colors import LogNorm

    figure = new_figure(11.0, 10.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.14, right=0.95, bottom=0.11, top=0.93)
    largest, linear = 2000.0, 30.0
    edges = linear * np.sinh(np.linspace(-np.arcsinh(largest / linear), np.arcsinh(largest / linear), 91))
    counts = axes.hist2d(
        np.clip(predictions["field"], -largest, largest),
        np.clip(predictions["rm"], -largest, largest),
        bins=[edges, edges],
        cmap="viridis",
        norm=LogNorm(),
        rasterized=True,
    )
    axes.plot([-largest, largest], [-largest, largest], color=COLOURS[2], linewidth=1.5)
    for scale in (axes.set_xscale, axes.set_yscale):
        scale("symlog", linthresh=linear)
    axes.set_xlabel(r"predicted Faraday depth [rad/m$^2$]")
    axes.set_ylabel(r"measured rotation measure [rad/m$^2$]")
    axes.minorticks_off()
    figure.colorbar(counts[3], ax=axes, label="sources")
    add_label(axes, label)
    return figure
