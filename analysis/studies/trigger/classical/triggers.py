"""Threshold and time over threshold: the largest threshold at which a trace still triggers.

A station triggers if this is at least the threshold that it is set to, so all rates are known at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import nested_values, values
from analysis.studies.trigger.settings import CLASSICAL
from analysis.studies.trigger.traces import of_stations

if TYPE_CHECKING:
    from analysis.studies.trigger.settings import Occupancy, TriggerSettings
    from analysis.studies.trigger.traces import Traces

__all__ = ["largest_occupancy", "largest_threshold", "trigger"]


def largest_threshold(traces: Traces, settings: TriggerSettings) -> NDArray[np.float32]:
    """(n,) in VEM peaks: all working photomultipliers pass it in the same sample (NIM A 613 (2010) 29, section 2.1).

    Where fewer than three work, it is as much larger as the settings say; 0 where none do.
    """
    seen = np.where(traces.working[:, :, None], traces.signal, np.float32(np.inf)).min(axis=1).max(axis=1)
    number = traces.working.sum(axis=1)
    higher = np.array([1.0, *settings.coincidence], np.float32)[number]
    return np.where(number > 0, seen / higher, np.float32(0.0))


def largest_occupancy(traces: Traces, occupancy: Occupancy, settings: TriggerSettings) -> NDArray[np.float32]:
    """(n,) in VEM peaks: two photomultipliers (one, where no more work) are above it in enough samples of a window.

    Windows begin at any sample, also at the last ones; behind a trace, there is nothing. The threshold is found by
    halving an interval, from below.
    """
    needed = np.clip(traces.working.sum(axis=1), 1, 2)
    lower, step = np.zeros(len(needed), np.float32), np.float32(settings.highest)
    for _ in range(settings.halvings):
        step /= np.float32(2.0)
        passed = _occupied(traces.signal, lower + step, needed, occupancy)
        lower[passed] += step
    return lower


def _occupied(
    signal: NDArray[np.float32], level: NDArray[np.float32], needed: NDArray[np.int64], occupancy: Occupancy
) -> NDArray[np.bool_]:
    n, photomultipliers, samples = signal.shape
    count = np.zeros((n, photomultipliers, samples + 1), np.int16)
    np.cumsum(signal >= level[:, None, None], axis=2, out=count[:, :, 1:])
    last = np.minimum(np.arange(samples) + occupancy.window, samples)
    enough = count[:, :, last] - count[:, :, :samples] >= occupancy.samples
    found: NDArray[np.bool_] = (enough.sum(axis=1) >= needed[:, None]).any(axis=1)
    return found


def trigger(raw: ak.Array, settings: TriggerSettings) -> ak.Array:
    """Evaluate the classical triggers for all stations.

    Args:
        raw: events with ``stations``, records ``station`` and ``high``.
        settings: of the triggers.

    Returns:
        Records with ``identity`` and ``stations``, a list of records with ``station`` and, by trigger, the largest
        threshold at which it still triggers, in VEM peaks.
    """
    number = ak.to_numpy(ak.num(raw.stations))
    found = {name: np.zeros(number.sum(), np.float32) for name in CLASSICAL}
    for traces in of_stations(raw, settings):
        found["threshold"][traces.rows] = largest_threshold(traces, settings)
        for name in ("over_threshold", "short_window"):
            found[name][traces.rows] = largest_occupancy(traces, getattr(settings, name), settings)
    stations = ak.zip({"station": nested_values(raw.stations.station), **found})
    return ak.zip({"identity": values(raw, "identity"), "stations": ak.unflatten(stations, number)}, depth_limit=1)
