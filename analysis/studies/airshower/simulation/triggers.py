"""Triggers of stations and of the array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.array import footprint

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings
    from analysis.studies.airshower.simulation.settings import TriggerSettings

__all__ = ["OVER_THRESHOLD", "THRESHOLD", "event_trigger", "station_trigger", "triangles"]

# bits of a station's trigger
THRESHOLD, OVER_THRESHOLD = 1, 2


def station_trigger(
    high: NDArray[np.uint16],
    baseline: NDArray[np.float64],
    peak: NDArray[np.float64],
    dead: NDArray[np.bool_],
    pretrigger: int,
    settings: TriggerSettings,
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Whether and where stations trigger (Pierre Auger Collaboration, NIM A 613 (2010) 29, section 2.1).

    Threshold: all working photomultipliers pass a threshold in the same sample. Time over threshold: in a window, two
    photomultipliers (one, where no more work) each pass a low threshold in at least so many samples; the samples need
    not be the same. The station triggers at the first sample of the coincidence or of the window; a window begins with
    a sample above the low threshold.

    Args:
        high: ADC counts of the high gain, shape (n, photomultipliers, samples).
        baseline: as the station knows it, in ADC counts, shape (n, photomultipliers).
        peak: VEM peak as the station knows it, in ADC counts, shape (n, photomultipliers).
        dead: which photomultipliers do not work, as the station knows, shape (n, photomultipliers).
        pretrigger: samples in front, in which no trigger is looked for.
        settings: conditions.

    Returns:
        Bits ``THRESHOLD`` and ``OVER_THRESHOLD``, 0 without a trigger; and the sample, shape (n,) each.
    """
    begin, end = pretrigger, pretrigger + settings.search
    working = (~dead).sum(axis=1)
    threshold = np.array([np.inf, *settings.threshold])[working]
    level = _level(baseline, peak, threshold[:, None], dead)
    # dead photomultipliers take no part in the coincidence, and none is found where all are dead
    passed = ((high[:, :, begin:end] >= level[:, :, None]) | (dead & (working > 0)[:, None])[:, :, None]).all(axis=1)
    large, first = passed.any(axis=1), passed.argmax(axis=1)

    level = _level(baseline, peak, np.full((len(high), 1), settings.occupancy_threshold), dead)
    over = high[:, :, begin:] >= level[:, :, None]
    count = np.zeros((*over.shape[:2], over.shape[2] + 1), dtype=np.int16)
    np.cumsum(over, axis=2, out=count[:, :, 1:])
    places = np.arange(settings.search)
    last = np.minimum(places + settings.window, over.shape[2])
    occupied = count[:, :, last] - count[:, :, : settings.search] >= settings.occupancy
    begins = (occupied & over[:, :, : settings.search]).any(axis=1)
    fulfilled = (occupied.sum(axis=1) >= np.clip(working, 1, 2)[:, None]) & begins
    long, second = fulfilled.any(axis=1), fulfilled.argmax(axis=1)

    place = np.minimum(np.where(large, first, settings.search), np.where(long, second, settings.search)) + begin
    return (THRESHOLD * large + OVER_THRESHOLD * long).astype(np.int8), np.where(large | long, place, begin)


def _level(
    baseline: NDArray[np.float64], peak: NDArray[np.float64], threshold: NDArray[np.float64], dead: NDArray[np.bool_]
) -> NDArray[np.uint16]:
    """The lowest ADC counts above a threshold, one that no counts reach for dead photomultipliers."""
    counts = np.where(dead, np.inf, baseline + threshold * peak)
    return np.ceil(np.minimum(counts, 65535.0)).astype(np.uint16)


def triangles(observatory: ObservatorySettings) -> NDArray[np.int64]:
    """All triangles of mutually neighbouring stations, shape (t, 3).

    Examples:
        >>> from analysis.studies.airshower.settings import ObservatorySettings
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
    return np.any(np.all(triggered[:, corners], axis=2), axis=1)
