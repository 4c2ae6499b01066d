"""Events' stations as arrays: flat ones, and blocks with a fixed number of places for the fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import nested_values
from analysis.studies.airshower.array import footprint, positions

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["Stations", "block_of", "read_stations", "sum_by_event"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stations:
    """All stations of n events, m in all, in the order of the events.

    Attributes:
        counts: stations in each event, (n,).
        event: each station's event, (m,).
        number: of the station in the array, (m,).
        x: east, in m, (m,).
        y: north, in m, (m,).
        start: of the signal after the event's time, in ns, (m,).
        signal: in VEM, (m,).
        saturated: whether the signal is a lower limit, (m,).
        trace: VEM peak in each sample, (m, samples).
        rank: place in the event in the order of falling signals, from 0, (m,).
    """

    counts: NDArray[np.int64]
    event: NDArray[np.int64]
    number: NDArray[np.int64]
    x: Array
    y: Array
    start: Array
    signal: Array
    saturated: NDArray[np.bool_]
    trace: NDArray[np.float32]
    rank: NDArray[np.int64]


def read_stations(events: ak.Array) -> Stations:
    """The stations of calibrated events."""
    stations = events["stations"]
    counts = np.asarray(ak.num(stations), np.int64)
    total = int(counts.sum())

    def flat(name: str, dtype: type) -> NDArray:
        return nested_values(stations[name]).astype(dtype)

    event = np.repeat(np.arange(len(counts)), counts)
    signal = flat("signal", np.float64)
    first = np.cumsum(counts) - counts
    order = np.lexsort((np.arange(total), -signal, event))
    rank = np.empty(total, np.int64)
    rank[order] = np.arange(total) - first[event]
    trace = flat("trace", np.float32)
    return Stations(
        counts=counts,
        event=event,
        number=flat("station", np.int64),
        x=flat("x", np.float64),
        y=flat("y", np.float64),
        start=flat("start", np.float64),
        signal=signal,
        saturated=flat("saturated", np.bool_),
        trace=trace.reshape(total, -1) if total else trace.reshape(0, 1),
        rank=rank,
    )


def sum_by_event(stations: Stations, values: NDArray) -> Array:
    """Sum of a number of each station, (m,), over an event's stations, one after another: (n,)."""
    return np.asarray(np.bincount(stations.event, weights=values, minlength=len(stations.counts)), np.float64)


def block_of(
    stations: Stations, half: Array, begin: int, events: int, places: int, rings: int, observatory: ObservatorySettings
) -> dict[str, Array]:
    """A block of events as arrays with the event as last axis, (s, events): first the triggered stations, then others.

    Positions are in km and times in µs, relative to the event's hottest station, so that all numbers are of order 1.
    Events beyond the last one are empty.

    Args:
        stations: of all events.
        half: T50 of all stations, in ns, (m,).
        begin: first event.
        events: in the block.
        places: for triggered stations; those with the smallest signals are left out.
        rings: of silent stations around the hottest one.
        observatory: the array.

    Returns:
        ``x``, ``y``, ``time``, ``half``, ``signal``, ``measured``, ``saturated`` and ``silent`` with
        ``places + number of silent places`` rows, and the hottest station's ``origin_x``, ``origin_y`` in m and
        ``origin_time`` in ns, (events,).
    """
    around = footprint(observatory, rings)
    rows = places + around.shape[1]
    inside = (stations.event >= begin) & (stations.event < begin + events) & (stations.rank < places)
    row, column = stations.rank[inside], stations.event[inside] - begin
    top = row == 0

    def origin(values: Array) -> Array:
        found = np.zeros(events)
        found[column[top]] = values[inside][top]
        return found

    def filled(values: Array) -> Array:
        block = np.zeros((rows, events))
        block[row, column] = values
        return block

    hottest = np.full(events, -1, np.int64)
    hottest[column[top]] = stations.number[inside][top]
    where = positions(observatory)
    origin_x, origin_y, origin_time = origin(stations.x), origin(stations.y), origin(stations.start)
    x = filled((stations.x[inside] - origin_x[column]) * 1e-3)
    y = filled((stations.y[inside] - origin_y[column]) * 1e-3)
    # a station is silent if it exists and is not among the event's stations, those without a place included
    triggered = np.zeros((len(where) + 1, events), np.bool_)
    all_inside = (stations.event >= begin) & (stations.event < begin + events)
    triggered[stations.number[all_inside], stations.event[all_inside] - begin] = True
    candidates = np.where(hottest[:, None] >= 0, around[hottest], -1).T
    quiet = (candidates >= 0) & ~np.take_along_axis(triggered, candidates, axis=0)
    x[places:] = np.where(quiet, (where[candidates, 0] - origin_x) * 1e-3, 0.0)
    y[places:] = np.where(quiet, (where[candidates, 1] - origin_y) * 1e-3, 0.0)
    silent = np.zeros((rows, events))
    silent[places:] = quiet
    return {
        "x": x,
        "y": y,
        "time": filled((stations.start[inside] - origin_time[column]) * 1e-3),
        "half": filled(half[inside] * 1e-3),
        "signal": filled(stations.signal[inside]),
        "measured": filled((~stations.saturated[inside]).astype(np.float64)),
        "saturated": filled(stations.saturated[inside].astype(np.float64)),
        "silent": silent,
        "origin_x": origin_x,
        "origin_y": origin_y,
        "origin_time": origin_time,
    }
