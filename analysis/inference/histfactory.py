"""HistFactory workspaces from histograms: processes x regions x shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import DataError, StudyError
from analysis.inference.building import channel, free, normalisation, sample, shift, statistics, workspace
from analysis.inference.channels import WAYS, content, observed_in, predicted_in, processes_of, sources_of
from analysis.inference.histfactory_checks import check, check_disjoint, check_prediction

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.inference.histfactory_settings import Channel, Model, Models

__all__ = ["build", "display", "expected", "starts", "workspace_of"]

# less than the background is what one sees half of the time without a signal; less than nothing, never
_STRENGTH = (-100.0, 100.0)
_MARGIN = 0.99
# pyhf's own bounds of a normfactor
_FACTOR = (0.0, 10.0)
# the fit of a factor does not start at nothing, even if a control region has too few events
_LEAST = 0.1


def build(histograms: Histograms, settings: Model | Models) -> dict[str, dict[str, Any]]:
    """Build all workspaces of a study.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: channels, strengths and uncertainties of each.

    Returns:
        HistFactory workspaces by name.

    Raises:
        StudyError: a region, process, variable or shift was never filled, a shift lacks its partner, two channels have
            events in common, or a strength has no event. The message names the workspace and lists what is known.
        DataError: events are observed where none are expected, or a prediction is negative.
    """
    models: Sequence[Model] = getattr(settings, "models", None) or (settings,)  # type: ignore[assignment]
    return {model.name: workspace_of(histograms, model) for model in models}


def workspace_of(histograms: Histograms, model: Model) -> dict[str, Any]:
    """Build one workspace.

    Raises:
        StudyError: see :func:`build`.
        DataError: see :func:`build`.
    """
    try:
        check(histograms, model)
        check_disjoint(histograms, model)
        channels = [channel(one.region, expected(histograms, model, one)) for one in model.channels]
        observed = {one.region: observed_in(histograms, model, one) for one in model.channels}
        for one in model.channels:
            check_prediction(histograms, model, one, observed[one.region])
        used = {m["name"] for one in channels for s in one["samples"] for m in s["modifiers"]}
        if lost := [name for name in model.parameters if name not in used]:
            raise StudyError(
                f"the parameter {lost[0]!r} changes nothing: its process has no event in any channel",
                cure="look at the regions' cuts and the process's data sets",
            )
        interest = next(iter(model.parameters), "")
        return workspace(
            channels,
            observed,
            interest,
            _parameters(starts(histograms, model), model, used, _least_strength(channels, model)),
        )
    except (StudyError, DataError) as error:
        raise type(error)(f"workspace {model.name!r}: {error.problem}", cure=error.cure) from error


def display(histograms: Histograms, model: Model, shown: Mapping[str, Channel]) -> dict[str, Any]:
    """Build a workspace of distributions that need not be fitted, with the parameters of those that are.

    Bins that are fitted keep their statistical parameters; others have their own, of which a fit knows nothing.

    Args:
        histograms: scaled to the luminosity of the data.
        model: whose parameters the distributions have.
        shown: distributions by name of their channel.

    Returns:
        A HistFactory workspace with a channel for each in which anything is expected.

    Raises:
        StudyError: see :func:`build`.
    """
    check(histograms, replace(model, channels=tuple({one.region: one for one in shown.values()}.values()), free=()))
    fitted = {(one.region, one.variable): f"stat_{one.region}" for one in model.channels if not one.counted}
    channels = []
    for name, one in shown.items():
        known = None if one.counted else fitted.get((one.region, one.variable))
        if samples := expected(histograms, model, one, known or f"stat_display_{name}"):
            channels.append(channel(name, samples))
    observed = {one["name"]: observed_in(histograms, model, shown[one["name"]]) for one in channels}
    return workspace(channels, observed, "", ())


def expected(histograms: Histograms, model: Model, one: Channel, statistical: str = "") -> list[dict[str, Any]]:
    """Build the simulated samples of a channel; processes without an event in it have none.

    Each has, in this order: statistics, strength, free normalisation, normalisations, shifts.

    Args:
        histograms: scaled to the luminosity of the data.
        model: processes and what is uncertain about them.
        one: region and variable.
        statistical: name of the statistical parameters; ``stat_<region>`` if empty.
    """
    samples = []
    for process in processes_of(histograms, model):
        nominal, variances = content(histograms, one, process)
        if not nominal.any():
            continue
        modifiers = [statistics(statistical or f"stat_{one.region}", variances)] if model.statistics else []
        if process in model.strength:
            modifiers.append(free(model.strength[process]))
        modifiers += [free(f.parameter) for f in model.free if f.process == process and _within(f.regions, one)]
        modifiers += [
            normalisation(n.source, *n.sizes)
            for n in model.normalisations
            if process in (n.processes or (process,)) and _within(n.regions, one)
        ]
        shifts = (
            shift(source, nominal, *(content(histograms, one, process, f"{source}_{way}")[0] for way in WAYS))
            for source in sources_of(histograms, model)
        )
        samples.append(sample(process, nominal, [*modifiers, *shifts]))
    return samples


def starts(histograms: Histograms, model: Model) -> dict[str, float]:
    """Estimate the start values of free normalisations in their control regions, by parameter.

    Raises:
        DataError: the control region has no event of the process.
    """
    channels = {one.region: one for one in model.channels}
    found: dict[str, float] = {}
    for one in (one for one in model.free if one.control and model.data):
        control = channels[one.control]
        observed = observed_in(histograms, model, control)
        process = content(histograms, control, one.process)[0].sum()
        if process <= 0.0:
            raise DataError(
                f"the control region {one.control!r} of {one.parameter!r} has no event of {one.process!r}",
                cure="name a region that has, or leave control out",
            )
        found[one.parameter] = float(1.0 + (observed.sum() - predicted_in(histograms, model, control).sum()) / process)
    return found


def _within(regions: Sequence[str], one: Channel) -> bool:
    return not regions or one.region in regions


def _least_strength(channels: Sequence[dict[str, Any]], model: Model) -> float:
    """Find how far strengths may fall together before a bin's prediction is negative: likelihoods end there."""
    least = _STRENGTH[0]
    for one in channels:
        own, others = np.zeros((2, len(one["samples"][0]["data"])))
        for sample_ in one["samples"]:
            part = own if sample_["name"] in model.strength else others
            part += np.maximum(sample_["data"], 0.0)
        there = own > 0.0
        least = max(least, float(np.max(-_MARGIN * others[there] / own[there], initial=_STRENGTH[0])))
    return least


def _parameters(found: Mapping[str, float], model: Model, used: set[str], least: float) -> list[dict[str, Any]]:
    """Bounds and start values of parameters, as in the schema."""
    if unknown := sorted(set(model.bounds) - used):
        raise StudyError(
            f"bounds are given for {unknown[0]!r}, which is no parameter",
            cure=f"use some of: {', '.join(sorted(used))}",
        )
    listed = []
    for name in dict.fromkeys((*model.parameters, *model.bounds, *found)):
        low, high = model.bounds.get(name, (least, _STRENGTH[1]) if name in model.parameters else _FACTOR)
        one: dict[str, Any] = {"name": name}
        if name in found:
            start = max(found[name], _LEAST)
            high = high if name in model.bounds else max(high, 2.0 * start)
            one["inits"] = [min(max(start, low), high)]
        if (low, high) != _FACTOR:
            one["bounds"] = [[float(low), float(high)]]
        listed.append(one)
    return listed
