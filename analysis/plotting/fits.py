"""All figures of a study's fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.plotting.correlation import draw_correlation
from analysis.plotting.goodness import draw_goodness
from analysis.plotting.pulls import draw_pulls
from analysis.plotting.scan import draw_scan
from analysis.plotting.stacks import draw_before_after
from analysis.plotting.summary import draw_strengths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.histograms.histograms import Histograms
    from analysis.plotting.figure_settings import FitFigures
    from analysis.plotting.style import FigureLabel

__all__ = ["draw_fits"]


def draw_fits(
    fit: Mapping[str, Any], label: FigureLabel, settings: FitFigures, histograms: Histograms | None = None
) -> dict[str, Figure]:
    """Draw strengths, pulls with impacts, scans, goodness and correlations, and variables before and after the fit.

    Args:
        fit: what :func:`analysis.inference.measurement.measure` found.
        label: above the figures.
        settings: what the figures are called.
        histograms: scaled to the luminosity of the data; needed for the stacks alone.

    Returns:
        Figures by the names of the settings.
    """
    fits, asked = fit["workspaces"], settings.fit
    figures = {}
    if settings.interests:
        figures["strengths"] = draw_strengths(fits, settings.interests, label, titles=settings.workspaces)
    for name in settings.workspaces:
        own, titles = settings.interest(name), dict(settings.titles)
        for poi, title in own.items():
            if asked.impacts:
                figures[f"pulls_{poi}_{name}"] = draw_pulls(fits[name], poi, label, title=title, titles=titles)
            if asked.scan_points:
                figures[f"scan_{poi}_{name}"] = draw_scan(fits[name], poi, label, title=title)
        if asked.goodness_toys:
            figures[f"goodness_{name}"] = draw_goodness(fits[name], label)
        if own:
            figures[f"correlation_{name}"] = draw_correlation(fits[name], list(own), label, titles=titles)
    if settings.stacks:
        assert histograms is not None
        figures |= draw_before_after(histograms, fit, label, settings.stacks)
    return figures
