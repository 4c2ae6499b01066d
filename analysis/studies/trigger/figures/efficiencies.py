"""Figures of rates, efficiencies, and traces that triggers decide on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.events.columns import values
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure
from analysis.studies.trigger.evaluation.rates import discriminants
from analysis.studies.trigger.settings import CLASSICAL, HEADINGS, TRIGGERS
from analysis.studies.trigger.traces import of_stations

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.studies.trigger.figures.settings import FigureSettings

__all__ = ["draw", "draw_scan", "draw_traces"]

_MARKERS = dict(zip(TRIGGERS, "vsDo", strict=True))
_AXES = {
    "signal": ("Expected signal", "VEM", "Efficiency of a station"),
    "distance": ("Distance to the shower axis", "m", "Efficiency of a station"),
    "array": (r"$\log_{10}(E/\mathrm{eV})$", "", "Efficiency of three neighbouring stations"),
}


def draw(
    classical: Mapping[str, ak.Array],
    truth: Mapping[str, ak.Array],
    rates: Mapping[str, Any],
    efficiency: Mapping[str, Any],
    settings: FigureSettings,
    label: FigureLabel,
) -> dict[str, Figure]:
    """Draw efficiencies and rates.

    Args:
        classical: largest thresholds of the background.
        truth: its weights.
        rates: with thresholds.
        efficiency: in bins.
        settings: which background.
        label: above the figures.
    """
    figures = {name: _efficiencies(name, efficiency["efficiencies"][name], label) for name in _AXES}
    largest = discriminants(classical[settings.background])
    weight = values(truth[settings.background], "weight")
    return {**figures, "rates": _rates(largest, weight, rates["thresholds"], settings.rate, label)}


def _efficiencies(name: str, binned: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(10.0, 10.0)
    axes = figure.subplots()
    edges = np.array(binned["edges"])
    quantity, unit, title = _AXES[name]
    logarithmic = name == "signal"
    middle = np.sqrt(edges.prod(axis=1)) if logarithmic else edges.mean(axis=1)
    for number, one in enumerate(TRIGGERS):
        share, down, up = np.array(binned[one]).T
        axes.errorbar(
            middle,
            share,
            yerr=(down, up),
            xerr=(middle - edges[:, 0], edges[:, 1] - middle),
            fmt=_MARKERS[one],
            markersize=8,
            color=COLOURS[number],
            label=HEADINGS[one],
        )
    if logarithmic:
        axes.set_xscale("log")
    axes.set_ylim(0.0, 1.45)
    axes.set_xlabel(axis_title(quantity, unit))
    axes.set_ylabel(title)
    axes.legend(loc="upper left", fontsize="small")
    add_label(axes, label)
    return figure


def _rates(
    largest: Mapping[str, np.ndarray],
    weight: np.ndarray,
    thresholds: Mapping[str, float],
    wanted: float,
    label: FigureLabel,
) -> Figure:
    figure = new_figure(10.0, 10.0)
    axes = figure.subplots()
    for number, one in enumerate(CLASSICAL):
        order = np.argsort(-largest[one], kind="stable")
        rate = np.cumsum(weight[order]) / len(order)
        shown = rate > wanted / 100
        axes.step(
            largest[one][order][shown],
            rate[shown],
            where="pre",
            color=COLOURS[number],
            linewidth=2,
            label=HEADINGS[one],
        )
        axes.plot(thresholds[one], wanted, _MARKERS[one], color=COLOURS[number], markersize=9)
    axes.axhline(wanted, color=NEUTRAL, linestyle="--", linewidth=1.5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(0.02, 8.0)
    axes.set_ylim(wanted / 100, 2e4)
    axes.set_xlabel(axis_title("Threshold", "VEM peaks"))
    axes.set_ylabel(axis_title("Rate of a station", "Hz"))
    axes.legend(loc="upper right", fontsize="small")
    add_label(axes, label)
    return figure


def draw_traces(
    raw: Mapping[str, ak.Array], truth: Mapping[str, ak.Array], settings: FigureSettings, label: FigureLabel
) -> dict[str, Figure]:
    """Draw traces of the background and of stations in showers.

    Args:
        raw: of both.
        truth: of the same events.
        settings: which ones.
        label: above the figure.
    """
    number = ak.to_numpy(ak.num(truth[settings.background].particles))
    signal = values(truth["stations"], "signal")
    chosen = {
        settings.background: np.flatnonzero(number == 2)[:2],
        "stations": np.flatnonzero((signal > 1.5) & (signal < 3.0))[:2],
    }
    figure = new_figure(12.0, 10.0)
    every = figure.subplots(2, 2, sharey=True).T
    for axes, (name, rows) in zip(every, chosen.items(), strict=True):
        for place, row in zip(axes, rows, strict=True):
            (traces,) = of_stations(raw[name][row : row + 1], settings.triggers)
            samples = settings.triggers.observatory.sampling / 1000 * np.arange(traces.signal.shape[2])
            place.step(samples, traces.mean()[0], where="post", color=COLOURS[0], linewidth=1.5)
            what = "Background" if name == settings.background else f"{signal[row]:.1f} VEM expected"
            place.text(0.95, 0.9, what, transform=place.transAxes, ha="right", va="top", fontsize="small")
        axes[-1].set_xlabel(axis_title("Time", "µs"))
    for place in every[0]:
        place.set_ylabel(axis_title("Signal", "VEM peaks"), fontsize="small")
    add_label(every[0, 0], label)
    return {"traces": figure}


def draw_scan(scan: Mapping[str, Any], efficiency: Mapping[str, Any], label: FigureLabel) -> dict[str, Figure]:
    """Draw efficiency against resources and latency.

    Args:
        scan: networks.
        efficiency: of the classical triggers.
        label: above the figure.
    """
    figure = new_figure(15.0, 9.0)
    resources, latency = figure.subplots(1, 2, sharey=True)
    sizes = list(dict.fromkeys(tuple(one["hidden"]) for one in scan["points"]))
    for number, size in enumerate(sizes):
        points = [one for one in scan["points"] if tuple(one["hidden"]) == size]
        share, down, up = 100 * np.array([one["efficiency"] for one in points]).T
        for axes, name in ((resources, "lookup_tables"), (latency, "nanoseconds")):
            places = [one[name] for one in points]
            title = f"{len(size)} x {size[0]} hidden"
            axes.errorbar(places, share, yerr=(down, up), fmt="o-", color=COLOURS[number], markersize=8, label=title)
            for place, value, one in zip(places, share, points, strict=True):
                axes.annotate(
                    f"{one['bits']} bits", (place, value), (6, -16), textcoords="offset points", fontsize="x-small"
                )
    numbers = {one["name"]: one["value"] for one in efficiency["numbers"]}
    for axes in (resources, latency):
        for style, peer in ((":", "over_threshold"), ("--", "short_window")):
            axes.axhline(numbers[f"station_{peer}"], color=NEUTRAL, linestyle=style, label=HEADINGS[peer])
    resources.set_xlabel("Look-up tables (da4ml's estimate)")
    latency.set_xlabel(axis_title("Latency", "ns"))
    latency.margins(x=0.2)
    resources.set_ylabel(axis_title("Efficiency of a station", "%"))
    resources.margins(x=0.2, y=0.35)
    latency.legend(loc="upper left", fontsize="x-small")
    add_label(resources, label)
    return {"resources": figure}
