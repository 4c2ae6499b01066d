"""Figures of the measurement: variables before and after the fit, strengths, pulls and impacts, scans, correlations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.inference.model import build_model
from analysis.inference.prediction import carry_over, predict
from analysis.plotting.correlation import draw_correlation
from analysis.plotting.goodness import draw_goodness
from analysis.plotting.pulls import draw_pulls
from analysis.plotting.scan import draw_scan
from analysis.plotting.stack import Spectrum, draw_stack
from analysis.plotting.style import COLOURS
from analysis.plotting.summary import draw_strengths
from analysis.studies.htautau.measurement_settings import ChannelSettings
from analysis.studies.htautau.workspace import MULTIJET, W_SAME_SIGN, display

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
    """All figures of the measurement.

    Args:
        fit: of all workspaces, as :func:`analysis.inference.measurement.measure` tells it.
        histograms: scaled to the luminosity of the data.
        label: above the figures.
        settings: what is drawn and how it is called.
    """
    fits = fit["workspaces"]
    figures = {"strengths": draw_strengths(fits, dict(settings.strengths), label, titles=dict(settings.workspaces))}
    for name, one in fits.items():
        for poi, title in settings.strengths:
            figures[f"pulls_{poi}_{name}"] = draw_pulls(one, poi, label, title=title, titles=dict(settings.parameters))
            figures[f"scan_{poi}_{name}"] = draw_scan(one, poi, label, title=title)
        figures[f"goodness_{name}"] = draw_goodness(one, label)
        pois = [poi for poi, _ in settings.strengths]
        figures[f"correlation_{name}"] = draw_correlation(one, pois, label, titles=dict(settings.parameters))
    return figures | _variables(fit, histograms, label, settings)


def _variables(
    fit: Mapping[str, Any], histograms: Histograms, label: FigureLabel, settings: FigureSettings
) -> dict[str, Figure]:
    found = fit["workspaces"][settings.fit]
    parameters: Mapping[str, Mapping[str, Any]] = found["parameters"]
    asimov = fit["data"] == "asimov"
    shown = [_channel(variable) for variable in settings.variables]
    figures = {}
    for fitted in (False, True):
        factor = parameters[W_SAME_SIGN]["value" if fitted else "start"]
        model = build_model(display(histograms, settings.model, shown, factor))
        starts = [parameter["start"] for parameter in parameters.values()]
        values, covariance = carry_over(model, list(parameters), starts, _widths(parameters))
        if fitted:
            names = found["correlation"]["names"]
            best = [parameters[name]["value"] for name in names]
            values, covariance = carry_over(model, names, best, found["covariance"]["matrix"])
        prediction = predict(model, values, covariance)
        order, titles, colours = _stack(prediction.samples, settings)
        slices = dict(zip(prediction.channels, prediction.slices, strict=True))
        for variable, channel in zip(settings.variables, shown, strict=True):
            bins = slices[variable.name]
            spectrum = Spectrum(
                edges=np.asarray(variable.edges),
                titles=titles,
                yields=prediction.by_sample[order][:, bins],
                uncertainty=prediction.uncertainty[bins],
                data=np.asarray(prediction.total if asimov else model.observed.main, np.float64)[bins],
                asimov=asimov,
                colours=colours,
            )
            figures[f"{variable.name}_{'after' if fitted else 'before'}"] = draw_stack(
                spectrum,
                variable.title,
                variable.unit,
                label,
                fitted=fitted,
                region=dict(settings.regions)[channel.region],
            )
    return figures


def _channel(variable: Variable) -> ChannelSettings:
    region, same_sign = variable.regions[:2]
    return ChannelSettings(variable.name, variable.name, region, same_sign)


def _stack(samples: tuple[str, ...], settings: FigureSettings) -> tuple[list[int], list[str], list[str]]:
    """Positions of the samples, their titles and colours; what is searched for lies on top."""
    names = [name for name, _ in settings.processes]
    present = [name for name in reversed((*names, MULTIJET)) if name in samples]
    titles = {**dict(settings.processes), MULTIJET: "multijet"}
    colours = {name: COLOURS[index] for index, name in enumerate((*names, MULTIJET))}
    return [samples.index(name) for name in present], [titles[n] for n in present], [colours[n] for n in present]


def _widths(parameters: Mapping[str, Mapping[str, Any]]) -> Any:
    """Before the fit: the widths of the constraints, nothing for what has none."""
    return np.diag([float(parameter["width"] or 0.0) ** 2 for parameter in parameters.values()])
