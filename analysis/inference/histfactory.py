"""HistFactory workspaces from histograms: processes x regions x shifts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError
from analysis.inference.building import channel, free, normalisation, sample, shift, statistics, workspace

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.inference.histfactory_settings import Channel, Model, Models

__all__ = ["build", "display", "expected", "sources_of", "starts", "workspace_of"]

Array = NDArray[np.float64]

_NOMINAL = "nominal"
_WAYS = ("up", "down")
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
        StudyError: a region, process, variable or shift was never filled, a shift lacks its partner, or a strength
            has no event. The message names the workspace and lists what is known.
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
        _check(histograms, model)
        channels = [channel(one.region, expected(histograms, model, one)) for one in model.channels]
        observed = {one.region: _observed(histograms, model, one) for one in model.channels}
        for one in model.channels:
            _check_prediction(histograms, model, one, observed[one.region])
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
    _check(histograms, replace(model, channels=tuple({one.region: one for one in shown.values()}.values()), free=()))
    fitted = {(one.region, one.variable): f"stat_{one.region}" for one in model.channels if not one.counted}
    channels = []
    for name, one in shown.items():
        known = None if one.counted else fitted.get((one.region, one.variable))
        if samples := expected(histograms, model, one, known or f"stat_display_{name}"):
            channels.append(channel(name, samples))
    observed = {one["name"]: _observed(histograms, model, shown[one["name"]]) for one in channels}
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
    for process in _processes(histograms, model):
        nominal, variances = _content(histograms, one, process)
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
            shift(source, nominal, *(_content(histograms, one, process, f"{source}_{way}")[0] for way in _WAYS))
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
        observed = _observed(histograms, model, control)
        process = _content(histograms, control, one.process)[0].sum()
        if process <= 0.0:
            raise DataError(
                f"the control region {one.control!r} of {one.parameter!r} has no event of {one.process!r}",
                cure="name a region that has, or leave control out",
            )
        found[one.parameter] = float(1.0 + (observed.sum() - _total(histograms, model, control).sum()) / process)
    return found


def sources_of(histograms: Histograms, model: Model) -> tuple[str, ...]:
    """Names of the sources whose shifts the model uses, without their direction.

    Raises:
        StudyError: one of both directions is missing, or no shift of the name was filled.
    """
    shifts = [name for name in histograms.shifts if name != _NOMINAL]
    known = list(dict.fromkeys(name.rpartition("_")[0] for name in shifts))
    for name in shifts:
        if name.rpartition("_")[2] not in _WAYS or not name.rpartition("_")[0]:
            raise StudyError(
                f"the shift {name!r} has no direction", cure="call both directions <source>_up and <source>_down"
            )
    sources = tuple(known) if model.uncertainties is None else model.uncertainties
    for source in sources:
        if source not in known:
            raise StudyError(
                f"the histograms hold no shift of {source!r}", cure=f"use some of: {', '.join(known) or 'none'}"
            )
        for way in _WAYS:
            if f"{source}_{way}" not in shifts:
                raise StudyError(
                    f"the shift of {source!r} has no partner: {source}_{way} was not filled",
                    cure="fill both directions: half of their difference is the uncertainty",
                )
    return sources


def _processes(histograms: Histograms, model: Model) -> tuple[str, ...]:
    return model.processes or tuple(name for name in histograms.processes if name != (model.data or "data"))


def _within(regions: Sequence[str], one: Channel) -> bool:
    return not regions or one.region in regions


def _content(histograms: Histograms, one: Channel, process: str, shifted: str = _NOMINAL) -> tuple[Array, Array]:
    values, variances = histograms.content(one.variable, process, one.region, shifted)
    return (values.sum(keepdims=True), variances.sum(keepdims=True)) if one.counted else (values, variances)


def _total(histograms: Histograms, model: Model, one: Channel) -> Array:
    return np.sum([_content(histograms, one, process)[0] for process in _processes(histograms, model)], axis=0)


def _observed(histograms: Histograms, model: Model, one: Channel) -> Array:
    return _content(histograms, one, model.data)[0] if model.data else _total(histograms, model, one)


def _check(histograms: Histograms, model: Model) -> None:
    processes = _processes(histograms, model)
    if model.data and model.data not in histograms.processes:
        raise StudyError(
            f"no measured events were filled as {model.data!r}",
            cure="take a campaign with measured data sets, or give Model(data='') to fit what is expected",
        )
    named = {
        "processes": model.processes,
        "strength": tuple(model.strength),
        "free": tuple(one.process for one in model.free),
        "normalisations": tuple(process for one in model.normalisations for process in one.processes),
    }
    for what, names in named.items():
        for name in names:
            if name not in histograms.processes or (what != "processes" and name not in processes):
                raise StudyError(f"{what} names the process {name!r}", cure=f"use some of: {', '.join(processes)}")
    for what, regions in (
        *(("free", one.regions) for one in model.free),
        *(("normalisations", one.regions) for one in model.normalisations),
    ):
        if unknown := [region for region in regions if region not in histograms.regions]:
            raise StudyError(
                f"{what} names the region {unknown[0]!r}", cure=f"use some of: {', '.join(histograms.regions)}"
            )
    for one in model.channels:
        histograms.edges(one.variable)
    for source in sources_of(histograms, model):
        _check_shift(histograms, model, processes, source)


def _check_shift(histograms: Histograms, model: Model, processes: Iterable[str], source: str) -> None:
    """Refuse a shift under which a process has no event in any region: it was filled for others only."""
    places = [(one, region) for one in model.channels for region in histograms.hists[one.variable].axes["region"]]

    def events(process: str, shifted: str) -> float:
        return sum(float(histograms.content(one.variable, process, region, shifted)[0].sum()) for one, region in places)

    for process in processes:
        for name in (f"{source}_{way}" for way in _WAYS):
            if events(process, name) == 0.0 and events(process, _NOMINAL) != 0.0:
                raise StudyError(
                    f"the process {process!r} has events, and none under the shift {name!r}",
                    cure="weigh events of every simulated data set under it, by nominal weights where it does nothing",
                )


def _check_prediction(histograms: Histograms, model: Model, one: Channel, observed: Array) -> None:
    total = _total(histograms, model, one)
    wrong = (total < 0.0) | ((total == 0.0) & (observed > 0.0))
    if wrong.any():
        bin_ = int(np.argmax(wrong))
        edges = histograms.edges(one.variable)
        low, high = (edges[0], edges[-1]) if one.counted else (edges[bin_], edges[bin_ + 1])
        raise DataError(
            f"in the region {one.region!r}, {observed[bin_]:g} events are observed and {total[bin_]:.4g} expected "
            f"where {one.variable} is {low:g} to {high:g}: the likelihood is not defined",
            cure="give the variable wider bins there, or the study the process that is missing",
        )


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
