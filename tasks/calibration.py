"""Calibration: derived from data, then applied to all events."""

from __future__ import annotations

from tasks.stages import MakeEvents, MakeResult

__all__ = ["CalibrateEvents", "DeriveCalibration"]


class DeriveCalibration(MakeResult):
    """Derive the corrections of a study from its calibration data, as a correctionlib file."""


class CalibrateEvents(MakeEvents):
    """Read raw events and apply the corrections."""
