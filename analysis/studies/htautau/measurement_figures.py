"""Figures of the measurement: the standard ones of fits, and variables with multijet events from data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.plotting.fits import draw_fits
from analysis.plotting.stacks import draw_workspace
from analysis.studies.htautau.measurement_settings import ChannelSettings
from analysis.studies.htautau.workspace import TOP, W_SAME_SIGN, display

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.histograms.histograms import Histograms
    from analysis.plotting.style import FigureLabel
    from analysis.studies.htautau.measurement_settings import FigureSettings
    from analysis.study import Variable

__all__ = ["draw"]


def draw(
    fit: Mapping[str, Any], histograms: Histograms, label: FigureLabel, settings: FigureSettings
) -> dict[str, Figure]:
    """Draw all figures of the measurement.

    Args:
        fit: of all workspaces, as :func:`analysis.inference.measurement.measure` tells it.
        histograms: scaled to the luminosity of the data.
        label: above the figures.
        settings: what is drawn and how it is called.
    """
    figures = draw_fits(fit, label, settings.fits)
    found = fit["workspaces"][settings.fit]
    channels = [_channel(variable) for variable in settings.variables]
    for when, fitted in (("before", False), ("after", True)):
        w_same_sign, top = (found["parameters"][name]["value" if fitted else "start"] for name in (W_SAME_SIGN, TOP))
        made = display(histograms, settings.model, channels, w_same_sign, top)
        drawn = draw_workspace(made, label, settings.shown, settings.samples, found, fitted=fitted, data=fit["data"])
        figures |= {f"{name}_{when}": figure for name, figure in drawn.items()}
    return figures


def _channel(variable: Variable) -> ChannelSettings:
    region, same_sign = variable.regions[:2]
    return ChannelSettings(variable.name, variable.name, region, same_sign)
