"""The figure of numbers of events by region, such as a cut flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.histograms.yields import count_events
from analysis.plotting.stack import Spectrum, draw_stack
from analysis.plotting.style import colour_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.histograms.histograms import Histograms
    from analysis.histograms.yield_settings import Yields
    from analysis.plotting.style import FigureLabel

__all__ = ["draw_yields"]


def draw_yields(histograms: Histograms, label: FigureLabel, settings: Yields) -> dict[str, Figure]:
    """Draw data on the stacked prediction, one bin a region, on a logarithmic axis.

    Args:
        histograms: scaled to the luminosity of the data.
        label: above the figure.
        settings: regions and processes.

    Returns:
        One figure, of the name of the settings.
    """
    expected, variances, observed = count_events(histograms, settings)
    count = len(settings.regions)
    spectrum = Spectrum(
        edges=np.arange(count + 1.0),
        titles=[process.title for process in reversed(settings.processes)],
        yields=expected[::-1],
        uncertainty=np.sqrt(variances.sum(axis=0)),
        data=observed,
        colours=[colour_of(index) for index in reversed(range(len(settings.processes)))],
    )
    figure = draw_stack(spectrum, "", "", label, fitted=None, logarithmic=True)
    below = figure.axes[1]
    names = [region.title or region.name for region in settings.regions]
    below.set_xticks(np.arange(count) + 0.5, names, rotation=30.0, ha="right", fontsize=15)
    below.tick_params(axis="x", which="minor", length=0)
    # room for words that stand askew
    figure.subplots_adjust(bottom=0.2)
    return {settings.name: figure}
