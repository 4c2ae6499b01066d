"""Traces of stations as their electronics know them: above the baseline, in units of a muon's peak."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import nested_values
from analysis.studies.airshower.simulation.detector import peak_share, photomultipliers

if TYPE_CHECKING:
    from analysis.studies.airshower.simulation.detector import Photomultipliers
    from analysis.studies.trigger.settings import TriggerSettings

__all__ = ["Traces", "electronics", "of_stations"]


@dataclass(frozen=True, eq=False)
class Traces:
    """Traces of equal length of n stations.

    Args:
        rows: (n,) places of the stations among all of the events.
        signal: (n, photomultipliers, samples) in VEM peaks, 0 for photomultipliers that do not work.
        working: (n, photomultipliers) which of them do, as the station knows.
    """

    rows: NDArray[np.int64]
    signal: NDArray[np.float32]
    working: NDArray[np.bool_]

    def mean(self) -> NDArray[np.float32]:
        """(n, samples) mean of the working photomultipliers, 0 where there are none."""
        number = np.maximum(self.working.sum(axis=1), 1).astype(np.float32)
        total: NDArray[np.float32] = self.signal.sum(axis=1) / number[:, None]
        return total


def electronics(settings: TriggerSettings) -> tuple[Photomultipliers, NDArray[np.float64], NDArray[np.bool_]]:
    """Photomultipliers as they were set up: their constants, the peak of a muon in counts, and which are in use.

    Those that are dead or noisy are not; the latter two are (stations, photomultipliers).
    """
    constants = photomultipliers(settings.observatory, settings.detector)
    peaks = constants.charge * peak_share(constants.decay[:, None], settings.observatory, settings.detector)
    return constants, peaks, ~(constants.dead | constants.noisy)


def of_stations(raw: ak.Array, settings: TriggerSettings) -> Iterator[Traces]:
    """Traces of all stations of some events, those of one length together, few enough at a time for the memory.

    Dead and noisy photomultipliers are out of use, and a station knows the baselines and gains it was set up with.

    Args:
        raw: events with ``stations``, records ``station`` and ``high``.
        settings: array and electronics.
    """
    observatory = settings.observatory
    constants, peaks, works = electronics(settings)
    station = nested_values(raw.stations.station).astype(np.int64)
    high = ak.flatten(raw.stations.high)
    counts, samples = nested_values(high), ak.to_numpy(ak.num(high, axis=2)[:, 0])
    ends = np.cumsum(samples * observatory.photomultipliers)
    for length in np.unique(samples):
        every = np.flatnonzero(samples == length)
        whole = length * observatory.photomultipliers
        step = max(settings.block // int(whole), 1)
        for rows in (every[start : start + step] for start in range(0, len(every), step)):
            place = (ends[rows] - whole)[:, None] + np.arange(whole)
            shape = (len(rows), observatory.photomultipliers, int(length))
            signal = counts[place].reshape(shape).astype(np.float32)
            signal -= constants.baseline_high[station[rows], :, None].astype(np.float32)
            signal /= peaks[station[rows], :, None].astype(np.float32)
            working = works[station[rows]]
            signal *= working[:, :, None]
            yield Traces(rows, signal, working)
