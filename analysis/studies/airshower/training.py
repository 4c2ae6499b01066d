"""The network's inputs from reconstructed air showers, and what it shall learn from their truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import nested_values, presence, values
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.studies.airshower.array import footprint, number_of_stations

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.studies.airshower.training_settings import FeatureSettings

__all__ = ["EVENT", "SPECTATORS", "STATIONS", "prepare_training"]

STATIONS = (
    *("log_signal", "log_distance", "cos_angle", "sin_angle", "residual", "rise_time", "saturated"),
    "photomultipliers",
)
"""Features of a station: log10(VEM), log10(m), angle around the axis, ns, ns."""

EVENT = ("cos_zenith", "log_s1000", "log_s38", "log_energy", "n_stations", "rise_time_1000")
"""Features of an event: log10(VEM), log10(VEM), log10(eV), ns."""

SPECTATORS = ("zenith", "energy", "rise_time_1000", "delta", "true_zenith", "true_energy", "mass_number")
"""What networks do not learn from: rad, eV, ns, without unit, rad, eV; a rise time that does not exist is -1."""

_TRUE = ("mass_number", "xmax", "zenith", "energy")


def prepare_training(
    reconstructed: ak.Array, truth: ak.Array | None, dataset: Dataset, settings: FeatureSettings
) -> TrainingInputs:
    """Traces and stations around the hottest one, features of the event, and the true depth of shower maximum.

    Every event gets a row. Networks are trained on and judged by those that are well reconstructed. With p places in
    the hexagon: ``traces`` (n, p, samples) in VEM peak, ``stations`` (n, p, 8), ``event`` (n, 6).

    Args:
        reconstructed: events, a record array of length n; there need not be any.
        truth: of the same events in the same order; ``None`` for events whose truth is hidden: label, target and what
            spectators have of it are then those of measured events, and they are not trainable.
        dataset: where they are from.
        settings: hexagon, samples and primaries.

    Raises:
        DataError: a primary is none of the classes, or a value is not finite.
    """
    counts = np.asarray(ak.num(reconstructed.stations, axis=1))
    number = len(reconstructed)
    event = np.repeat(np.arange(number), counts)
    station = nested_values(reconstructed.stations.station).astype(np.int64)
    place, rows = _places(reconstructed, counts, event, station, settings)
    traces = nested_values(reconstructed.stations.trace)
    # without a station, nothing tells how long traces are
    length = len(traces) // len(station) if len(station) else settings.samples
    traces = traces.reshape(len(station), length)[rows, : settings.samples]
    good = values(reconstructed, "good").astype(np.bool_)
    known = {name: np.zeros(number) if truth is None else values(truth, name) for name in _TRUE}
    return TrainingInputs(
        features={
            "traces": _block(traces, event[rows], place, number, settings, np.float16),
            "stations": _block(
                _station_features(reconstructed)[rows], event[rows], place, number, settings, np.float32, STATIONS
            ),
            "event": _event_features(reconstructed, good),
        },
        label=_labels(known["mass_number"], dataset, settings) if truth is not None else np.full(number, -1, np.int32),
        target=known["xmax"].astype(np.float32)[:, np.newaxis],
        weight=np.ones(number),
        identity=values(reconstructed, "identity").astype(np.uint64),
        trainable=good & (truth is not None),
        classes=tuple(name for name, _ in settings.primaries),
        targets=("xmax",),
        spectators={
            "zenith": values(reconstructed, "zenith").astype(np.float64),
            "energy": values(reconstructed, "energy").astype(np.float64),
            "rise_time_1000": _or_minus_one(reconstructed, "rise_time_1000"),
            "delta": _or_minus_one(reconstructed, "delta"),
            "true_zenith": known["zenith"].astype(np.float64),
            "true_energy": known["energy"].astype(np.float64),
            "mass_number": known["mass_number"].astype(np.float64),
        },
    )


def _places(
    events: ak.Array, counts: NDArray[Any], event: NDArray[Any], station: NDArray[Any], settings: FeatureSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places in the hexagon around the hottest station, and the rows of the stations that have one."""
    around = footprint(settings.observatory, settings.rings)
    place_of = np.full((number_of_stations(settings.observatory),) * 2, -1)
    centre, number = np.nonzero(around >= 0)
    place_of[centre, around[centre, number]] = number
    first = np.cumsum(counts) - counts
    # an event without stations has no hottest one; nothing of it is looked up
    hottest = np.append(station, 0)[np.where(counts > 0, first + values(events, "hottest"), len(station))]
    place = place_of[hottest[event], station]
    rows = np.flatnonzero(place >= 0)
    return place[rows], rows


def _block(
    content: NDArray[Any],
    event: NDArray[Any],
    place: NDArray[Any],
    length: int,
    settings: FeatureSettings,
    kind: Any,
    names: tuple[str, ...] = (),
) -> Features:
    places = 3 * settings.rings * (settings.rings + 1) + 1
    block = np.zeros((length, places, content.shape[1]), dtype=kind)
    present = np.zeros((length, places), dtype=np.bool_)
    block[event, place] = content
    present[event, place] = True
    return Features(block, present, names)


def _station_features(events: ak.Array) -> NDArray[np.float32]:
    stations, geometry = events.stations, events.geometry
    angle = nested_values(geometry.angle)
    columns = (
        np.log10(np.maximum(nested_values(stations.signal), 0.1)),
        np.log10(np.maximum(nested_values(geometry.distance), 1.0)),
        np.cos(angle),
        np.sin(angle),
        nested_values(geometry.residual),
        nested_values(geometry.rise_time),
        nested_values(stations.saturated),
        nested_values(stations.photomultipliers),
    )
    return np.stack([column.astype(np.float32) for column in columns], axis=1)


def _event_features(events: ak.Array, good: NDArray[np.bool_]) -> Features:
    rise_time = presence(events, "rise_time_1000")
    columns = {
        "cos_zenith": np.cos(values(events, "zenith")),
        **{f"log_{name}": np.log10(np.maximum(values(events, name), 0.1)) for name in ("s1000", "s38", "energy")},
        "n_stations": values(events, "n_stations"),
        "rise_time_1000": values(events, "rise_time_1000"),
    }
    present = np.repeat(good[:, np.newaxis], len(EVENT), axis=1)
    if rise_time is not None:
        present[:, EVENT.index("rise_time_1000")] &= rise_time
    content = np.stack([columns[name].astype(np.float32) for name in EVENT], axis=1)
    return Features(np.where(present, content, np.float32(0)), present, EVENT)


def _labels(mass_number: NDArray[Any], dataset: Dataset, settings: FeatureSettings) -> NDArray[np.int32]:
    labels = np.full(len(mass_number), -1, dtype=np.int32)
    for index, (_, number) in enumerate(settings.primaries):
        labels[mass_number == number] = index
    if (labels < 0).any():
        raise DataError(
            f"the data set {dataset.name!r} has primaries of mass number {int(mass_number[labels < 0][0])}",
            cure="add them to the study's primaries",
        )
    return labels


def _or_minus_one(events: ak.Array, name: str) -> NDArray[np.float64]:
    there = presence(events, name)
    numbers = values(events, name).astype(np.float64)
    return numbers if there is None else np.where(there, numbers, -1.0)
