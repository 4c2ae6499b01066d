"""Figures. Only pages and capsules require them, so that a change of style draws them again and does nothing else."""

from __future__ import annotations

from tasks.framework.options import DataOptions, NetworkOptions
from tasks.stages import MakeFigures

__all__ = ["PlotCalibration", "PlotMeasurement", "PlotPublications", "PlotReconstruction", "PlotTraining"]


class PlotCalibration(MakeFigures):
    """Draw what the calibration was derived from, with its fits."""


class PlotReconstruction(MakeFigures):
    """Draw single events in all tiers, and how well events are reconstructed."""


class PlotTraining(NetworkOptions, MakeFigures):
    """Draw how the networks were trained, how good they are, and what they learned by heart."""


class PlotPublications(MakeFigures):
    """Draw the published numbers that the study compares itself with."""


class PlotMeasurement(DataOptions, MakeFigures):
    """Draw what was measured: data and predictions, fits, uncertainties."""
