"""Figures of distributions: before and after a fit, or without any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analysis.errors import DataError
from analysis.inference.histfactory import display
from analysis.inference.histfactory_settings import Channel, Model
from analysis.inference.model import build_model
from analysis.inference.prediction import carry_over, predict, prefit
from analysis.plotting.stack import Spectrum, draw_stack
from analysis.plotting.style import colour_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.histograms.histograms import Histograms
    from analysis.plotting.figure_settings import Shown, StackFigures
    from analysis.plotting.style import FigureLabel

__all__ = ["draw_before_after", "draw_distributions", "draw_workspace"]

Data = Literal["observed", "asimov"]


def draw_distributions(histograms: Histograms, label: FigureLabel, settings: StackFigures) -> dict[str, Figure]:
    """Draw data and simulation of all variables in their regions, without any fit.

    Args:
        histograms: scaled to the luminosity of the data.
        label: above the figures.
        settings: what is drawn.

    Returns:
        Figures by name, ``<variable>_<region>``.

    Raises:
        StudyError: a variable, region, process or shift was never filled.
    """
    model = settings.model or Model("all", _channels(settings.shown[:1]), data=settings.data)
    made = display(histograms, model, _by_name(settings.shown))
    data: Data = "asimov" if settings.asimov else "observed"
    return draw_workspace(made, label, settings.shown, settings.titles, None, data=data, settings=settings)


def draw_before_after(
    histograms: Histograms, fit: Mapping[str, Any], label: FigureLabel, settings: StackFigures
) -> dict[str, Figure]:
    """Draw all variables in their regions before and after a fit, whether they were fitted or not.

    Args:
        histograms: scaled to the luminosity of the data.
        fit: what :func:`analysis.inference.measurement.measure` found; the workspace is that of the settings' model.
        label: above the figures.
        settings: what is drawn.

    Returns:
        Figures by name, ``<variable>_<region>_before`` and ``..._after``.

    Raises:
        StudyError: a variable, region, process or shift was never filled.
    """
    assert settings.model is not None
    made = display(histograms, settings.model, _by_name(settings.shown))
    found = fit["workspaces"][settings.model.name]
    return {
        f"{name}_{'after' if fitted else 'before'}": figure
        for fitted in (False, True)
        for name, figure in draw_workspace(
            made, label, settings.shown, settings.titles, found, fitted=fitted, data=fit["data"], settings=settings
        ).items()
    }


def draw_workspace(
    workspace: Mapping[str, Any],
    label: FigureLabel,
    shown: Sequence[Shown],
    titles: Mapping[str, str],
    fit: Mapping[str, Any] | None,
    *,
    fitted: bool | None = None,
    data: Data = "observed",
    settings: StackFigures | None = None,
) -> dict[str, Figure]:
    """Draw the channels of a workspace at the parameters of a fit.

    Args:
        workspace: HistFactory workspace with a channel of the name of each distribution.
        label: above the figures.
        shown: the distributions.
        titles: of the samples, by name; what lies on top comes first.
        fit: of one workspace, as :func:`analysis.inference.measurement.measure` found it; its parameters are matched by
            name, all others stay where they start. The workspace's own start values without.
        fitted: whether parameters are those after the fit or those before.
        data: whether the observations are drawn or, in their place, what is expected.
        settings: logarithmic axes and magnified processes, if any.

    Returns:
        Figures by name of the distribution.

    Raises:
        DataError: nothing is expected in a distribution, or a sample has no title.
    """
    model = build_model(workspace)
    values, covariance = prefit(model) if fit is None else carry_over(model, *_parameters(fit, bool(fitted)))
    prediction = predict(model, values, covariance)
    if unnamed := [name for name in prediction.samples if name not in titles]:
        raise DataError(f"the sample {unnamed[0]!r} has no title", cure=f"titles there are for: {', '.join(titles)}")
    names = [name for name in reversed(list(titles)) if name in prediction.samples]
    order = [prediction.samples.index(name) for name in names]
    places = {name: index for index, name in enumerate(titles)}
    slices = dict(zip(prediction.channels, prediction.slices, strict=True))
    figures = {}
    for one in shown:
        if one.name not in slices:
            raise DataError(
                f"nothing is expected of {one.variable.name!r} in the region {one.region!r}, so it cannot be drawn",
                cure="look at the region's cuts, or leave it out of the figures",
            )
        bins = slices[one.name]
        asimov = data == "asimov"
        spectrum = Spectrum(
            edges=np.asarray(one.variable.edges),
            titles=[titles[name] for name in names],
            yields=prediction.by_sample[order][:, bins],
            uncertainty=prediction.uncertainty[bins],
            data=_data(settings, prediction.total if asimov else model.observed.main, bins),
            asimov=asimov,
            colours=[colour_of(places[name]) for name in names],
        )
        magnified = settings.magnified if settings else None
        figures[one.name] = draw_stack(
            spectrum,
            one.variable.title,
            one.variable.unit,
            label,
            fitted=fitted,
            region=one.title,
            logarithmic=settings is not None and one.variable.name in settings.logarithmic,
            magnified=(names.index(magnified[0]), magnified[1]) if magnified and magnified[0] in names else None,
        )
    return figures


def _data(settings: StackFigures | None, counts: Any, bins: slice) -> Any:
    return np.asarray(counts, np.float64)[bins] if settings is None or settings.data else None


def _by_name(shown: Sequence[Shown]) -> dict[str, Channel]:
    return dict(zip((one.name for one in shown), _channels(shown), strict=True))


def _channels(shown: Sequence[Shown]) -> tuple[Channel, ...]:
    return tuple(Channel(one.region, one.variable.name) for one in shown)


def _parameters(fit: Mapping[str, Any], fitted: bool) -> tuple[list[str], Any, Any]:
    """Names, values and covariance after the fit; or before, with the widths of the constraints."""
    parameters: Mapping[str, Mapping[str, Any]] = fit["parameters"]
    if fitted:
        names = fit["correlation"]["names"]
        return names, [parameters[name]["value"] for name in names], fit["covariance"]["matrix"]
    widths = [float(parameter["width"] or 0.0) for parameter in parameters.values()]
    return list(parameters), [one["start"] for one in parameters.values()], np.diag(np.square(widths))
