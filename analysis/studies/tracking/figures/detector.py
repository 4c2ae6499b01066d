"""Figures of what is known of the detector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]


def draw(
    space_points: Mapping[str, ak.Array], beam_spot: Mapping[str, Any], layers: Mapping[str, Any], label: FigureLabel
) -> dict[str, Figure]:
    """Draw the layers and the beam spot.

    Args:
        space_points: events, by data set.
        beam_spot: found of tracks.
        layers: found of clusters.
        label: above the figures.
    """
    return {"layers": _draw_layers(space_points, layers, label), "beam_spot": _draw_beam_spot(beam_spot, label)}


def _draw_layers(space_points: Mapping[str, ak.Array], layers: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(16.0, 7.5)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.13, top=0.92)
    points = ak.concatenate([ak.flatten(one.points[:20]) for one in space_points.values()])
    r = np.hypot(np.asarray(points.x), np.asarray(points.y))
    axes.plot(np.asarray(points.z), r, ",", color=NEUTRAL)
    for layer in layers["layers"]:
        ends, at = (layer["low"], layer["high"]), (layer["position"],) * 2
        axes.plot(*((at, ends) if layer["disk"] else (ends, at)), color=COLOURS[0], linewidth=2)
    axes.set_xlabel(axis_title("$z$", "mm"))
    axes.set_ylabel(axis_title("$r$", "mm"))
    axes.set_ylim(0.0, 200.0)
    add_label(axes, label)
    return figure


def _draw_beam_spot(beam_spot: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 10.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.15, right=0.96, bottom=0.12, top=0.93)
    phi = np.linspace(-np.pi, np.pi, 200)
    axes.plot(beam_spot["phi"], beam_spot["distances"], ".", color=NEUTRAL, markersize=3, label="Tracks")
    line = beam_spot["x"] * np.cos(phi) + beam_spot["y"] * np.sin(phi)
    axes.plot(phi, line, color=COLOURS[2], linewidth=3, label="Beam spot")
    axes.set_ylim(-1.2, 1.2)
    axes.set_xlabel(axis_title("Direction of the circle's centre", "rad"))
    axes.set_ylabel(axis_title("Distance", "mm"))
    axes.legend(loc="upper right")
    add_label(axes, label)
    return figure
