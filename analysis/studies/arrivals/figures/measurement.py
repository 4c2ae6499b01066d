"""Figures of the measured sky as the network sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure
from analysis.studies.arrivals.datasets import FIELDS, MASSES
from analysis.studies.arrivals.figures.maps import new_map, on_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]


def draw(measurement: Mapping[str, Any], sensitivity: Mapping[str, Any], label: FigureLabel) -> dict[str, Figure]:
    """Draw the measured sky as the network sees it.

    Args:
        measurement: of the measured sky.
        sensitivity: with the isotropic skies.
        label: above the figures.
    """
    return {
        "attribution": _draw_attribution(measurement, label),
        "network_ts": _draw_statistic(measurement, sensitivity, label),
        "fraction_calibration": _draw_calibration(measurement, label),
    }


def _draw_attribution(measurement: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure, axes = new_map(label)
    adds = np.asarray(measurement["sky"]["adds"])
    directions, energy = np.asarray(measurement["sky"]["direction"]), np.asarray(measurement["sky"]["energy"])
    order = np.argsort(np.abs(adds))
    x, y = on_map(directions[order])
    limit = float(np.quantile(np.abs(adds), 0.99))
    points = axes.scatter(
        x,
        y,
        s=(energy[order] / 40.0) ** 1.5 * 16.0,
        c=adds[order],
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        edgecolor="#888888",
        linewidth=0.3,
    )
    bar = figure.colorbar(points, ax=axes, orientation="horizontal", fraction=0.04, pad=0.09, aspect=50)
    bar.set_label("What an event adds to TS of the network", fontsize=18)
    return figure


def _draw_statistic(measurement: Mapping[str, Any], sensitivity: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    values = np.sort(sensitivity["isotropic"]["network"])
    above = np.arange(len(values), 0, -1) / len(values)
    axes.step(values, above, where="post", color=colour_of(0), linewidth=2, label="Isotropic skies, simulation")
    axes.axvline(measurement["ts"][0], color="black", linewidth=2, label="Measured sky")
    for number, one in enumerate(measurement["ts"][1:]):
        axes.axvline(one, color=NEUTRAL, linestyle=":", linewidth=2, label=None if number else "Each network alone")
    axes.set_yscale("log")
    axes.set_xlabel("TS of the graph network")
    axes.set_ylabel("Share of skies with as much")
    axes.legend(fontsize=16)
    add_label(axes, label)
    return figure


def _draw_calibration(measurement: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    words = {
        **{name: f"coherent field: {text}" for name, _, text in FIELDS},
        **dict(zip(MASSES, ("lighter nuclei", "heavier nuclei"), strict=True)),
    }
    for number, (name, text) in enumerate(words.items()):
        curve = {key: 100.0 * np.asarray(value) for key, value in measurement["calibration"][name].items()}
        axes.plot(
            curve["true"], curve["median"], "o-", color=colour_of(number), linewidth=2, label=text[0].upper() + text[1:]
        )
        if name == "half_field":
            axes.fill_between(curve["true"], curve["low"], curve["high"], color=colour_of(number), alpha=0.25)
    axes.axhline(100.0 * measurement["fitted"][0], color="black", linewidth=2, label="Measured sky")
    axes.set_xlabel(axis_title("True fraction of simulated skies", "%"))
    axes.set_ylabel(axis_title("Mean probability of events", "%"))
    axes.set_xlim(0.0, None)
    axes.set_ylim(0.0, None)
    axes.legend(fontsize=16)
    add_label(axes, label)
    return figure
