"""Figures of the rotation measures themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import COLOURS, FigureLabel, add_label, new_figure
from analysis.studies.faraday.profile import latitude_profile
from analysis.studies.faraday.projection import label_sky, sky_axes, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]


def draw(sources: Mapping[str, NDArray], label: FigureLabel) -> dict[str, Figure]:
    """Draw all sources on the sky, and their rotation measures against latitude."""
    return {"sources": _draw_sources(sources, label), "latitude_profile": _draw_profile(sources, label)}


def _draw_sources(sources: Mapping[str, NDArray], label: FigureLabel) -> Figure:
    from matplotlib.colors import SymLogNorm

    figure, axes = sky_axes()
    drawn = axes.scatter(
        wrapped(sources["longitude"]),
        np.radians(sources["latitude"]),
        c=sources["rm"],
        s=5,
        linewidths=0,
        cmap="RdBu_r",
        norm=SymLogNorm(30.0, vmin=-500.0, vmax=500.0),
        rasterized=True,
    )
    place = figure.add_axes((0.2, 0.07, 0.6, 0.03))
    colours = figure.colorbar(drawn, cax=place, orientation="horizontal", extend="both")
    colours.ax.tick_params(labelsize=16, which="both", top=False)
    colours.set_label(r"rotation measure [rad/m$^2$]", fontsize=20, loc="center")
    label_sky(axes, label, f"{len(sources['rm']):,} sources")
    return figure


def _draw_profile(sources: Mapping[str, NDArray], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.13, right=0.97, bottom=0.12, top=0.92)
    axes.plot(
        sources["latitude"], np.abs(sources["rm"]), ".", color=COLOURS[0], markersize=2, alpha=0.5, rasterized=True
    )
    sine, profile = latitude_profile(sources["latitude"], sources["rm"])
    axes.plot(np.degrees(np.arcsin(sine)), profile, color=COLOURS[2], linewidth=3, label="latitude profile")
    axes.set(yscale="log", xlim=(-90.0, 90.0), ylim=(0.3, 4000.0))
    axes.set_xlabel("Galactic latitude [deg]")
    axes.set_ylabel(r"$|$rotation measure$|$ [rad/m$^2$]")
    axes.legend()
    add_label(axes, label)
    return figure
