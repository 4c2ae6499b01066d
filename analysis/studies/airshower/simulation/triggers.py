"""Triggers of stations and of the array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.array import footprint
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.settings import TriggerSettings

__all__ = ["OVER_THRESHOLD", "THRESHOLD", "event_trigger", "station_trigger", "triangles"]

# bits of a station's trigger
THRESHOLD, OVER_THRESHOLD = 1, 2


def station_trigger(
    trace: NDArray[np.float32], dead: NDArray[np.bool_], pretrigger: int, settings: TriggerSettings
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Whether and where stations trigger (Pierre Auger Collaboration, NIM A 613 (2010) 29, section 2.1).

    Threshold: all working photomultipliers pass a threshold in the same sample. Time over threshold: in a window, two
    photomultipliers (one, where no more work) each pass a low threshold in at least so many samples; the samples need
    not be the same. The station triggers at the first sample that passes the fulfilled condition's threshold.

    Args:
        trace: of photomultipliers without their baselines, in nominal VEM peaks, shape (n, photomultipliers, samples).
        dead: which of them do not work, as the station knows, shape (n, photomultipliers).
        pretrigger: samples in front, in which no trigger is looked for.
        settings: conditions.

    Returns:
        Bits ``THRESHOLD`` and ``OVER_THRESHOLD``, 0 without a trigger; and the sample, shape (n,) each.
    """
    n, _, samples = trace.shape
    begin, end = pretrigger, min(pretrigger + settings.search, samples)
    working = (~dead).sum(axis=1)
    level = np.array([np.inf, *settings.threshold], dtype=np.float32)[working]
    # dead ones take no part in the coincidence
    lowest = np.where(dead[:, :, None], np.float32(np.inf), trace[:, :, begin:end]).min(axis=1)
    passed = lowest > level[:, None]
    bits, first = passed.any(axis=1), passed.argmax(axis=1)

    over = trace[:, :, begin:] > np.float32(settings.occupancy_threshold)
    over &= ~dead[:, :, None]
    count = np.zeros((n, trace.shape[1], over.shape[2] + 1), dtype=np.int16)
    np.cumsum(over, axis=2, out=count[:, :, 1:])
    last = np.minimum(np.arange(end - begin) + settings.window, over.shape[2])
    occupied = count[:, :, last] - count[:, :, : end - begin] >= settings.occupancy
    enough = np.minimum(2, np.maximum(working, 1))[:, None]
    # a window begins with a sample above threshold in one photomultiplier that takes part
    starts = (occupied & over[:, :, : end - begin]).any(axis=1)
    fulfilled = (occupied.sum(axis=1) >= enough) & starts
    long, second = fulfilled.any(axis=1), fulfilled.argmax(axis=1)

    never = samples
    place = np.minimum(np.where(bits, first, never), np.where(long, second, never)) + begin
    return (THRESHOLD * bits + OVER_THRESHOLD * long).astype(np.int8), np.where(bits | long, place, 0)


def triangles(observatory: ObservatorySettings) -> NDArray[np.int64]:
    """All triangles of mutually neighbouring stations, shape (t, 3).

    Examples:
        >>> len(triangles(ObservatorySettings(rings=1)))
        6
    """
    around = footprint(observatory, 1)
    found = {
        tuple(sorted((row[0], row[i], row[i % 6 + 1])))
        for row in around.tolist()
        for i in range(1, 7)
        if row[i] >= 0 and row[i % 6 + 1] >= 0
    }
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 3)


def event_trigger(triggered: NDArray[np.bool_], corners: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether three mutually neighbouring stations triggered (NIM A 613 (2010) 29, section 2.2).

    Args:
        triggered: shape (n, stations).
        corners: from :func:`triangles`.

    Returns:
        Shape (n,).
    """
    return triggered[:, corners].all(axis=2).any(axis=1)
