"""Maps of the sky in Galactic coordinates (Mollweide's projection)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import FigureLabel, add_label, new_figure
from analysis.studies.arrivals.sky.directions import Vectors, galactic_rotation, to_angles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["circle", "new_map", "on_map", "pixel_image"]

_TICKS = (-150, -120, -90, -60, -30, 0, 30, 60, 90, 120, 150)


def new_map(label: FigureLabel) -> tuple[Figure, Axes]:
    """Return a figure with an empty map; Galactic longitude grows to the left, its middle is the Galactic centre."""
    figure = new_figure(16.0, 10.0)
    axes = figure.add_axes((0.05, 0.14, 0.9, 0.76), projection="mollweide")
    axes.grid(color="#bbbbbb", linewidth=0.6)
    axes.set_xticks(np.radians(_TICKS), [f"{-one % 360}°" if one % 60 == 0 else "" for one in _TICKS], fontsize=15)
    axes.set_yticks(np.radians([-60, -30, 0, 30, 60]), ["−60°", "−30°", "0°", "30°", "60°"], fontsize=15)
    axes.set_xlabel("Galactic longitude", fontsize=18)
    axes.set_ylabel("Galactic latitude", fontsize=18)
    # a label measures its axes, which has to be a rectangle
    frame = figure.add_axes((0.05, 0.14, 0.9, 0.76), frameon=False)
    frame.set_axis_off()
    add_label(frame, label)
    return figure, axes


def on_map(directions: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn equatorial unit vectors (n, 3) into places of the map."""
    longitude, latitude = to_angles(directions @ galactic_rotation())
    return -((longitude + np.pi) % (2.0 * np.pi) - np.pi), latitude


def circle(axes: Axes, centre: Vectors, radius: float, **style: Any) -> None:
    """Draw a circle on the sphere.

    Args:
        axes: of the map.
        centre: equatorial unit vector (3,).
        radius: degrees.
        style: of the line.
    """
    turn = np.linspace(0.0, 2.0 * np.pi, 361)
    first = np.cross(centre, [0.0, 0.0, 1.0])
    first /= np.linalg.norm(first)
    second = np.cross(centre, first)
    angle = np.radians(radius)
    around = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    x, y = on_map(np.cos(angle) * centre + np.sin(angle) * around)
    # not across the whole map where the circle leaves it on one side
    x = np.where(np.abs(np.diff(x, append=x[:1])) > np.pi, np.nan, x)
    axes.plot(x, y, **style)


def pixel_image(axes: Axes, values: NDArray[np.float64], *, equatorial: bool = True, **style: Any) -> Any:
    """Draw a HEALPix map (ring order).

    Args:
        axes: of the map.
        values: of the pixels.
        equatorial: whether the pixels are equatorial, rather than Galactic.
        style: of the image.
    """
    from healpy import vec2pix

    from analysis.studies.arrivals.sky.directions import unit_vectors

    nside = round(np.sqrt(len(values) / 12))
    x, y = np.linspace(-np.pi, np.pi, 481), np.linspace(-np.pi / 2, np.pi / 2, 241)
    middle_x, middle_y = np.meshgrid(0.5 * (x[1:] + x[:-1]), 0.5 * (y[1:] + y[:-1]))
    galactic = unit_vectors(-middle_x, middle_y)
    directions = galactic @ galactic_rotation().T if equatorial else galactic
    return axes.pcolormesh(x, y, values[vec2pix(nside, *np.moveaxis(directions, -1, 0))], rasterized=True, **style)
