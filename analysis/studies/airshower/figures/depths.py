"""A panel with the measured depths of shower maximum of one energy bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.intervals import poisson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DEPTH", "ENERGY", "RANGE", "describe", "draw_counts"]

DEPTH = r"$X_\mathrm{max}$"
"""Title of the depth of shower maximum."""

ENERGY = r"$\lg(E/\mathrm{eV})$"
"""Title of the energy."""

RANGE = (500.0, 1150.0)
"""Depths that are shown, in g/cm2."""


def draw_counts(axes: Axes, edges: NDArray[np.float64], counts: NDArray[Any]) -> Any:
    """Counts with Poisson intervals in the bins that have any; returns what a legend shows.

    Args:
        axes: of the panel.
        edges: (d + 1,) in g/cm2.
        counts: (d,).
    """
    filled = counts > 0
    return axes.errorbar(
        ((edges[1:] + edges[:-1]) / 2.0)[filled],
        counts[filled],
        yerr=[side[filled] for side in poisson_interval(counts)],
        fmt="o",
        color="black",
        markersize=5,
        elinewidth=1.5,
    )


def describe(axes: Axes, energies: tuple[float, float], *lines: str, height: float, room: float) -> None:
    """Write what the panel shows, and leave room for it; after all else is drawn.

    Args:
        axes: of the panel.
        energies: edges of the energy bin, log10(E/eV).
        *lines: what else there is to say.
        height: of the text's top, as a share of the panel's.
        room: of the panel's height, as a multiple of the highest thing in it.
    """
    low, high = energies
    axes.text(
        0.97,
        height,
        "\n".join([f"{low:.1f} < {ENERGY} < {high:.1f}", *lines]),
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=19,
    )
    axes.set_xlim(*RANGE)
    axes.set_ylim(0.0, room * max(axes.dataLim.y1, 1.0))
