"""Contents of the channels of a HistFactory model, from histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.inference.histfactory_settings import Channel, Model

__all__ = ["NOMINAL", "WAYS", "content", "observed_in", "predicted_in", "processes_of", "sources_of"]

Array = NDArray[np.float64]

NOMINAL = "nominal"
"""Name of the shift that is none."""

WAYS = ("up", "down")
"""Ends of the names of shifts."""


def processes_of(histograms: Histograms, model: Model) -> tuple[str, ...]:
    """Names of the simulated processes of a model."""
    return model.processes or tuple(name for name in histograms.processes if name != (model.data or "data"))


def content(histograms: Histograms, one: Channel, process: str, shifted: str = NOMINAL) -> tuple[Array, Array]:
    """Content of a channel's bins and its variances, (b,) each; of one that is counted, one bin."""
    values, variances = histograms.content(one.variable, process, one.region, shifted)
    return (values.sum(keepdims=True), variances.sum(keepdims=True)) if one.counted else (values, variances)


def predicted_in(histograms: Histograms, model: Model, one: Channel) -> Array:
    """Expected events of all processes together, (b,)."""
    return np.sum([content(histograms, one, process)[0] for process in processes_of(histograms, model)], axis=0)


def observed_in(histograms: Histograms, model: Model, one: Channel) -> Array:
    """Observed events, (b,); what is expected of a model without data."""
    return content(histograms, one, model.data)[0] if model.data else predicted_in(histograms, model, one)


def sources_of(histograms: Histograms, model: Model) -> tuple[str, ...]:
    """Find the names of the sources whose shifts the model uses, without their direction.

    Raises:
        StudyError: one of both directions is missing, or no shift of the name was filled.
    """
    shifts = [name for name in histograms.shifts if name != NOMINAL]
    known = list(dict.fromkeys(name.rpartition("_")[0] for name in shifts))
    for name in shifts:
        if name.rpartition("_")[2] not in WAYS or not name.rpartition("_")[0]:
            raise StudyError(
                f"the shift {name!r} has no direction", cure="call both directions <source>_up and <source>_down"
            )
    sources = tuple(known) if model.uncertainties is None else model.uncertainties
    for source in sources:
        if source not in known:
            raise StudyError(
                f"the histograms hold no shift of {source!r}", cure=f"use some of: {', '.join(known) or 'none'}"
            )
        for way in WAYS:
            if f"{source}_{way}" not in shifts:
                raise StudyError(
                    f"the shift of {source!r} has no partner: {source}_{way} was not filled",
                    cure="fill both directions: half of their difference is the uncertainty",
                )
    return sources
