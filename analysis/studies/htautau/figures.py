"""Figures of the study's calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.plotting.calibration import draw_peak, fitted_peak

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.calibration import Calibration, SavedCalibration
    from analysis.plotting.style import FigureLabel
    from analysis.studies.htautau.settings import PeakFigureSettings

__all__ = ["draw_peaks"]


def draw_peaks(
    calibration: SavedCalibration | Calibration, label: FigureLabel, settings: PeakFigureSettings
) -> dict[str, Figure]:
    """Each resonance before and after the correction of the muons' momenta, with its fits."""
    return {
        name: draw_peak(fitted_peak(name, title, calibration.measurements, calibration.curves), label)
        for name, title in settings.titles
    }
