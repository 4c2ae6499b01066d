"""Figures of the graph network: training, sensitivity, calibration. Simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure
from analysis.studies.arrivals.datasets import FIELDS
from analysis.studies.arrivals.figures.maps import new_map, pixel_image
from analysis.studies.arrivals.network.sensitivity import METHODS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]


def draw(
    sensitivity: Mapping[str, Any],
    network: Sequence[Mapping[str, NDArray[Any]]],
    hypotheses: Mapping[str, NDArray[np.float64]],
    label: FigureLabel,
) -> dict[str, Figure]:
    """Draw what is known of the network before it sees the measured sky.

    Args:
        sensitivity: curves of network and likelihood.
        network: trained networks.
        hypotheses: maps.
        label: above the figures.
    """
    return {
        "sensitivity": _draw_sensitivity(sensitivity, label),
        "training": _draw_training(network, label),
        "deflections": _draw_deflections(hypotheses, label),
    }


def _draw_sensitivity(sensitivity: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(18.0, 15.0)
    panels = figure.subplots(2, 2, sharey=True, sharex=True).ravel()
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.08, top=0.94, wspace=0.05, hspace=0.07)
    for axes, (name, _, words) in zip(panels, FIELDS, strict=True):
        for number, (method, title) in enumerate(METHODS.items()):
            curve = {key: np.asarray(value) for key, value in sensitivity["curves"][name][method].items()}
            x, colour = 100.0 * curve["fraction"], colour_of(number)
            axes.plot(x, curve["median"], "o-", color=colour, linewidth=2, label=title[0].upper() + title[1:])
            axes.fill_between(
                x, curve["median"] - curve["error"], curve["median"] + curve["error"], color=colour, alpha=0.3
            )
            low, high = curve["needed_error"]
            axes.errorbar(
                100.0 * curve["needed"],
                sensitivity["significance"],
                xerr=[[100.0 * low], [100.0 * high]],
                color=colour,
                marker="s",
                markersize=10,
                linewidth=3,
                zorder=4,
            )
        axes.axhline(sensitivity["significance"], color=NEUTRAL, linestyle="--")
        axes.set_ylim(0.0, 8.0)
        axes.set_xlim(0.0, None)
        axes.text(0.96, 0.05, f"Coherent field:\n{words}", transform=axes.transAxes, ha="right", fontsize=20)
    for axes in panels[::2]:
        axes.set_ylabel("Median significance [σ]")
    for axes in panels[2:]:
        axes.set_xlabel(axis_title("Events from sources", "%"))
    panels[0].legend(loc="upper left", bbox_to_anchor=(0.0, 0.99))
    add_label(panels[0], label)
    return figure


def _draw_training(network: Sequence[Mapping[str, NDArray[Any]]], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    for number, history in enumerate(one["history"] for one in network):
        share = (np.arange(len(history)) + 0.5) / len(history)
        axes.plot(100.0 * share, history, color=colour_of(number), linewidth=2, label=f"Network {number + 1}")
    axes.set_xlabel(axis_title("Training", "%"))
    axes.set_ylabel("Cross-entropy of events")
    axes.legend()
    add_label(axes, label)
    return figure


def _draw_deflections(hypotheses: Mapping[str, NDArray[np.float64]], label: FigureLabel) -> Figure:
    figure, axes = new_map(label)
    angle = np.degrees(np.linalg.norm(hypotheses["deflections"], axis=1)) / 10.0
    image = pixel_image(axes, angle, cmap="magma_r", vmin=0.0, vmax=90.0)
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", fraction=0.04, pad=0.09, aspect=50)
    bar.set_label("Deflection at 10 EV in the coherent field of the halo [°]", fontsize=18)
    return figure
