"""Figures of the calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.calibration import SavedCalibration

__all__ = ["draw"]


def draw(calibration: SavedCalibration, closure: Mapping[str, Any], label: FigureLabel) -> dict[str, Figure]:
    """Draw the derived gains beside the true ones, and the electrons of the test beam.

    Args:
        calibration: derived constants.
        closure: with the true ones.
        label: above the figures.
    """
    return {"gains": _draw_gains(closure, label), "test_beam": _draw_electrons(calibration, label)}


def _draw_gains(closure: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(10.0, 10.0)
    axes = figure.subplots()
    true, derived = np.array(closure["true"]), np.array(closure["derived"])
    ends = np.array([true.min(), true.max()])
    axes.plot(ends, derived.mean() / true.mean() * ends, color=NEUTRAL, linewidth=2, label="In proportion")
    axes.plot(true, derived, "o", color=COLOURS[0], markersize=6, label=f"{len(true)} channels")
    axes.set_xlabel(axis_title("True gain", "counts/MeV"))
    axes.set_ylabel(axis_title("Derived gain", "counts/MeV"))
    axes.legend(loc="upper left")
    add_label(axes, label)
    return figure


def _draw_electrons(calibration: SavedCalibration, label: FigureLabel) -> Figure:
    figure = new_figure(10.0, 10.0)
    axes = figure.subplots()
    sums = calibration.curves["electrons"]
    width = 100 * float(sums.std())
    axes.hist(
        sums, bins=40, histtype="stepfilled", color=COLOURS[0], alpha=0.6, label=f"{len(sums)} electrons: {width:.2f} %"
    )
    axes.set_xlabel("Sum of all cells over the energy")
    axes.set_ylabel("Electrons")
    axes.margins(y=0.2)
    axes.legend()
    add_label(axes, label)
    return figure
