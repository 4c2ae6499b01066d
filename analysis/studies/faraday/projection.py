"""Maps of the sky in Mollweide projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import FigureLabel, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_map", "label_sky", "sky_axes", "wrapped"]

_ROWS = 500


def wrapped(longitude: NDArray) -> NDArray:
    """Longitudes in degrees as places on a map, in radians: 0 in the middle, growing to the left.

    Examples:
        >>> wrapped(np.array([0.0, 90.0, 270.0])).round(3).tolist()
        [-0.0, -1.571, 1.571]
    """
    return -np.radians(np.mod(np.asarray(longitude) + 180.0, 360.0) - 180.0)


def sky_axes() -> tuple[Figure, Any]:
    """An empty map of the sky with a grid of Galactic coordinates."""
    figure = new_figure(16.0, 10.0)
    axes = figure.add_axes((0.03, 0.12, 0.94, 0.80), projection="mollweide")
    longitudes = np.arange(-120, 121, 60)
    axes.set_xticks(np.radians(longitudes), [f"{-one % 360}°" for one in longitudes], fontsize=14)
    latitudes = np.arange(-60, 61, 30)
    axes.set_yticks(np.radians(latitudes), [f"{one}°" for one in latitudes], fontsize=14)
    axes.grid(color="black", alpha=0.25, linewidth=0.6)
    axes.tick_params(which="both", length=0)
    return figure, axes


def label_sky(axes: Axes, label: FigureLabel, what: str) -> None:
    """Write whose data a map shows, and what of them, at its corners: the frame is an ellipse."""
    axes.text(0.0, 1.0, label.experiment, transform=axes.transAxes, ha="left", va="bottom", fontsize=20, weight="bold")
    axes.text(1.0, 1.0, what, transform=axes.transAxes, ha="right", va="bottom", fontsize=18)


def draw_map(values: NDArray, label: FigureLabel, what: str, bar: str, **look: Any) -> Figure:
    """Draw a HEALPix map in ring order.

    Args:
        values: shape (12 nside^2,).
        label: whose data it shows.
        what: title of the map.
        bar: title of the colours, with unit.
        **look: ``cmap`` and ``norm`` of matplotlib.
    """
    import healpy

    figure, axes = sky_axes()
    nside = healpy.npix2nside(len(values))
    x = np.linspace(-np.pi, np.pi, 2 * _ROWS + 1)
    y = np.linspace(-np.pi / 2, np.pi / 2, _ROWS + 1)
    centre_x, centre_y = (x[1:] + x[:-1]) / 2.0, (y[1:] + y[:-1]) / 2.0
    longitude, latitude = np.meshgrid(-np.degrees(centre_x), np.degrees(centre_y))
    pixels = healpy.ang2pix(nside, longitude, latitude, lonlat=True)
    drawn = axes.pcolormesh(x, y, values[pixels], rasterized=True, **look)
    axes.grid(color="black", alpha=0.25, linewidth=0.6)
    place = figure.add_axes((0.2, 0.07, 0.6, 0.03))
    colours = figure.colorbar(drawn, cax=place, orientation="horizontal", extend="both")
    colours.ax.tick_params(labelsize=16, which="both", top=False)
    colours.set_label(bar, fontsize=20, loc="center")
    label_sky(axes, label, what)
    return figure
