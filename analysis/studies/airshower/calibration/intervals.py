"""The monitoring data of all minutes, combined into the intervals for which constants hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import nested_values
from analysis.studies.airshower.array import number_of_stations

if TYPE_CHECKING:
    from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings

__all__ = ["Intervals", "combine"]


@dataclass(frozen=True, eq=False)
class Intervals:
    """Monitoring data of i intervals of all s stations with p photomultipliers.

    Args:
        edges: of the intervals, in s since the begin of data taking, (i + 1,).
        charge: entries of the charge histograms, (s, p, i, charge bins).
        peak: entries of the peak histograms, (s, p, i, peak bins).
        sums: of large pulses that saturate neither gain, as :func:`.gains.gain_ratio` wants them, each (s, p, i).
        minutes: that a station has sent, (s, i).
    """

    edges: NDArray[np.float64]
    charge: NDArray[np.int64]
    peak: NDArray[np.int64]
    sums: dict[str, NDArray[np.float64]]
    minutes: NDArray[np.int64]


def combine(minutes: ak.Array, settings: DerivationSettings) -> Intervals:
    """Add up the minutes of each interval.

    Args:
        minutes: n monitoring events, in any order: ``time`` (s), and lists of ``station``, ``charge``, ``peak`` and
            ``ratio``.
        settings: of the derivation.

    Raises:
        DataError: there are no minutes, an interval within them has none, or their histograms have other bins.
    """
    if not len(minutes):
        raise DataError("there are no monitoring data to derive a calibration from", cure="generate some minutes")
    # the order of additions must not depend on the order of the minutes
    minutes = minutes[np.argsort(np.asarray(minutes["time"]), kind="stable")]
    time = np.asarray(minutes["time"], np.float64)
    first, last = (int(np.floor(time[place] / settings.interval)) for place in (0, -1))
    edges = settings.interval * np.arange(first, last + 2)
    interval = np.searchsorted(edges, time, side="right") - 1
    stations, tubes = number_of_stations(settings.observatory), settings.observatory.photomultipliers
    count = np.asarray(ak.num(minutes["station"], axis=1))
    # a place for every station and interval
    place = nested_values(minutes["station"]).astype(np.int64) * (last - first + 1) + np.repeat(interval, count)
    shape = (stations, last - first + 1)
    number = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    if not number.sum(axis=0).all():
        gap = int(np.flatnonzero(number.sum(axis=0) == 0)[0])
        raise DataError(
            f"there are no monitoring data from {edges[gap]:.0f} s to {edges[gap + 1]:.0f} s",
            cure="generate all minutes of the period, or derive the calibration for longer intervals",
        )

    def added(name: str, bins: int) -> NDArray[np.int64]:
        flat = nested_values(minutes[name])
        if flat.size != len(place) * tubes * bins:
            raise DataError(
                f"the {name} histograms of the monitoring data do not have {tubes} x {bins} bins a station",
                cure="give the derivation the MonitoringSettings that the data were made with",
            )
        total = np.zeros((shape[0] * shape[1], tubes, bins), np.int64)
        np.add.at(total, place, flat.reshape(-1, tubes, bins))
        return total.reshape(*shape, tubes, bins).swapaxes(1, 2)

    def summed(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros((shape[0] * shape[1], tubes))
        np.add.at(total, place, numbers)
        return total.reshape(*shape, tubes).swapaxes(1, 2)

    high, low = (
        nested_values(minutes["ratio", gain]).reshape(-1, tubes).astype(np.float64) for gain in ("high", "low")
    )
    sums = {"high": high, "low": low, "high_high": high**2, "high_low": high * low, "low_low": low**2}
    return Intervals(
        edges=edges.astype(np.float64),
        charge=added("charge", settings.monitoring.charge_bins),
        peak=added("peak", settings.monitoring.peak_bins),
        sums={name: summed(column) for name, column in (sums | {"minutes": np.ones_like(high)}).items()},
        minutes=number,
    )
