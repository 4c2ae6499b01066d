"""Reconstruction: from calibrated events to the quantities that an analysis is about."""

from __future__ import annotations

from tasks.stages import MakeEvents, MakeResult

__all__ = ["DeriveScale", "EvaluateReconstruction", "FitEvents", "ReconstructEvents"]


class FitEvents(MakeEvents):
    """Fit calibrated events, as far as that goes before the scale is known."""


class DeriveScale(MakeResult):
    """Derive from fitted events what calibration data cannot tell, as a correctionlib file."""


class ReconstructEvents(MakeEvents):
    """Compute the quantities that an analysis is about: of pairs and jets, or of air showers."""


class EvaluateReconstruction(MakeResult):
    """Compare reconstructed events with the truth: resolutions and biases."""
