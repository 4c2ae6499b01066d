"""Checks of HistFactory models against the histograms that they are built from."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError
from analysis.inference.channels import NOMINAL, WAYS, predicted_in, processes_of, sources_of

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.inference.histfactory_settings import Channel, Model

__all__ = ["check", "check_disjoint", "check_prediction"]

Array = NDArray[np.float64]


def check(histograms: Histograms, model: Model) -> None:
    """Refuse a model that names what was never filled.

    Raises:
        StudyError: a process, region, variable or shift does not exist, or a shift was filled for some processes only.
    """
    processes = processes_of(histograms, model)
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


def check_disjoint(histograms: Histograms, model: Model) -> None:
    """Refuse channels that have events in common: the fit would take them for independent ones.

    Regions that are not fitted, such as those that figures show, may overlap with any. Histograms that nobody counted
    events beside (older records, those of a study's own making) are not judged.

    Raises:
        StudyError: the message names both regions and the number of events.
    """
    known = {*processes_of(histograms, model), model.data}
    for first, second in combinations([one.region for one in model.channels], 2):
        shared = {name: n for name, n in histograms.counts.between(first, second).items() if name in known}
        if not shared:
            continue
        measured = shared.pop(model.data, 0)
        raise StudyError(
            f"the channels {first!r} and {second!r} are fitted together and have events in common "
            f"({measured} measured and {sum(shared.values())} simulated ones), which would count twice",
            cure="give one of the regions a cut that the other one's events do not pass, or make models of their own",
        )


def _check_shift(histograms: Histograms, model: Model, processes: Iterable[str], source: str) -> None:
    """Refuse a shift under which a process has no event in any region: it was filled for others only."""
    places = [(one, region) for one in model.channels for region in histograms.hists[one.variable].axes["region"]]

    def events(process: str, shifted: str) -> float:
        return sum(float(histograms.content(one.variable, process, region, shifted)[0].sum()) for one, region in places)

    for process in processes:
        for name in (f"{source}_{way}" for way in WAYS):
            if events(process, name) == 0.0 and events(process, NOMINAL) != 0.0:
                raise StudyError(
                    f"the process {process!r} has events, and none under the shift {name!r}",
                    cure="weigh events of every simulated data set under it, by nominal weights where it does nothing",
                )


def check_prediction(histograms: Histograms, model: Model, one: Channel, observed: Array) -> None:
    """Refuse a channel whose likelihood is not defined.

    Raises:
        DataError: a bin's prediction is negative, or nothing is expected where events are observed.
    """
    total = predicted_in(histograms, model, one)
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
