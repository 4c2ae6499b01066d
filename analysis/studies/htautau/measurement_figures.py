"""Figures of the measurement: the standard ones of fits, and variables with multijet events from data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.plotting.fits import draw_fits
from analysis.plotting.stacks import draw_workspace
from analysis.studies.htautau.measurement_settings import ChannelSettings
from analysis.studies.htautau.workspace import W_SAME_SIGN, display

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.plotting.material import MeasurementMaterial
    from analysis.plotting.style import FigureLabel
    from analysis.studies.htautau.measurement_settings import FigureSettings
    from analysis.study import Variable

__all__ = ["draw"]


def draw(material: MeasurementMaterial, label: FigureLabel, settings: FigureSettings) -> dict[str, Figure]:
    """Draw all figures of the measurement.

    Args:
        material: histograms, workspaces and the fit.
        label: above the figures.
        settings: what is drawn and how it is called.
    """
    assert material.histograms is not None
    figures = draw_fits(material.fit, label, settings.fits)
    fit = material.fit["workspaces"][settings.fit]
    channels = [_channel(variable) for variable in settings.variables]
    for when, fitted in (("before", False), ("after", True)):
        factor = fit["parameters"][W_SAME_SIGN]["value" if fitted else "start"]
        made = display(material.histograms, settings.model, channels, factor)
        drawn = draw_workspace(
            made, label, settings.shown, settings.samples, fit, fitted=fitted, data=material.fit["data"]
        )
        figures |= {f"{name}_{when}": figure for name, figure in drawn.items()}
    return figures


def _channel(variable: Variable) -> ChannelSettings:
    region, same_sign = variable.regions[:2]
    return ChannelSettings(variable.name, variable.name, region, same_sign)
