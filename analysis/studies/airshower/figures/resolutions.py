"""Figures of the resolution of reconstructed showers, against their energy and their zenith angle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_angular_resolution", "draw_energy_resolution"]

_AXES = (
    ("by_energy", "lg_energy", r"True $\lg(E/\mathrm{eV})$"),
    ("by_zenith", "zenith_deg", r"True zenith angle [$\degree$]"),
)
_MARKERS = ("s", "D", "^", "v", "P", "X")
# the data set of mixed primaries stands out
_MIXED = "hybrid"


def draw_angular_resolution(resolution: Mapping[str, Any], label: FigureLabel) -> Figure:
    """The angle that contains 68 % of the directions, by data set, with the same of the cores below.

    Args:
        resolution: what :func:`analysis.studies.airshower.reconstruction.resolution.evaluate` found.
        label: above the figure.
    """
    return _draw(
        resolution,
        label,
        (("angle", 1.0, "Angular resolution (68 %)", r"$\degree$"), ("core", 1.0, "Core resolution (68 %)", "m")),
    )


def draw_energy_resolution(resolution: Mapping[str, Any], label: FigureLabel) -> Figure:
    """Standard deviation and mean of E / E_true - 1, by data set.

    Args:
        resolution: what :func:`analysis.studies.airshower.reconstruction.resolution.evaluate` found.
        label: above the figure.
    """
    return _draw(
        resolution,
        label,
        (
            ("resolution", 100.0, r"$\sigma(E/E_\mathrm{true})$", "%"),
            ("bias", 100.0, r"$\langle E/E_\mathrm{true} - 1\rangle$", "%"),
        ),
    )


def _draw(
    resolution: Mapping[str, Any], label: FigureLabel, quantities: tuple[tuple[str, float, str, str], ...]
) -> Figure:
    """Two quantities below each other; energies on the left, zenith angles on the right."""
    figure = new_figure(20.0, 11.5)
    grid = figure.subplots(2, 2, sharex="col", sharey="row", gridspec_kw={"hspace": 0.08, "wspace": 0.06})
    figure.subplots_adjust(left=0.075, right=0.985, bottom=0.085, top=0.945)
    for (quantity, factor, title, unit), row in zip(quantities, grid, strict=True):
        for (kind, edges, text), axes in zip(_AXES, row, strict=True):
            _draw_points(axes, resolution, kind, resolution["bins"][edges], quantity, factor)
            axes.set_xlabel(text if axes in grid[1] else "")
        row[0].set_ylabel(axis_title(title, unit))
        if quantity == "bias":
            for axes in row:
                axes.axhline(0.0, color=NEUTRAL, linewidth=1.5, linestyle=":", zorder=1)
            reach = 1.15 * max(abs(limit) for limit in row[0].get_ylim())
            row[0].set_ylim(-reach, reach)
        else:
            row[0].set_ylim(0.0, 1.2 * row[0].get_ylim()[1])
    for axes in grid[0]:
        add_label(axes, label)
    grid[0, 0].legend(loc="upper right", ncols=3, fontsize=17)
    figure.align_ylabels(grid[:, 0])
    return figure


def _draw_points(
    axes: Axes, resolution: Mapping[str, Any], kind: str, edges: list[float], quantity: str, factor: float
) -> None:
    low, high = np.array(edges[:-1]), np.array(edges[1:])
    names = sorted(resolution["datasets"], key=lambda name: name == _MIXED)
    for number, name in enumerate(names):
        entries = resolution["datasets"][name][kind]
        known = np.array([entry is not None for entry in entries], np.bool_)
        found = [entry[quantity] for entry in entries if entry is not None]
        if not found:
            continue
        mixed = name == _MIXED
        # side by side within a bin, so that bars do not hide each other; the mixture in the middle
        others = len(names) - (_MIXED in names)
        step = 0.0 if mixed else number + 0.5 - others / 2.0
        place = (low + high) / 2.0 + (step + 0.5 * np.sign(step)) * 0.14 * (high - low)
        axes.errorbar(
            place[known],
            [entry["value"] * factor for entry in found],
            yerr=[entry["uncertainty"] * factor for entry in found],
            xerr=(high - low)[known] / 2.0 if mixed else None,
            fmt="o" if mixed else _MARKERS[number % len(_MARKERS)],
            color="black" if mixed else colour_of(number),
            markersize=9 if mixed else 8,
            linewidth=2.0,
            zorder=4 if mixed else 3,
            label="mixture" if mixed else name,
        )
    axes.set_xlim(edges[0], edges[-1])
