"""From light in the water of single stations to raw events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.simulation.detector import photomultipliers
from analysis.studies.airshower.simulation.randomness import bits
from analysis.studies.airshower.simulation.traces import digitise, light

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings
    from analysis.studies.airshower.simulation.settings import DetectorSettings

__all__ = ["one_station", "read_out"]


def read_out(
    random: list[np.random.Generator],
    station: NDArray[np.int32],
    time: NDArray[np.float64],
    deposited: NDArray[np.floating],
    observatory: ObservatorySettings,
    detector: DetectorSettings,
) -> NDArray[np.uint16]:
    """Digitise the signals of n stations, the high gain.

    Args:
        random: of the events.
        station: (n,).
        time: (n,) from the begin of data taking, in s.
        deposited: (n, samples) in VEM, of a mean station.
        observatory: the array.
        detector: stations and electronics.

    Returns:
        ADC counts, (n, photomultipliers, samples).
    """
    constants = photomultipliers(observatory, detector)
    shape = (2, observatory.photomultipliers, deposited.shape[1])
    drawn = np.array([bits(source, shape) for source in random]).reshape(-1, *shape)
    seen = (deposited * constants.response[station, None]).astype(np.float32)
    pulses = light(seen, drawn[:, 0], constants.decay[station], observatory, detector)
    gain = np.where(constants.dead[station], 0.0, constants.charge_at(station.astype(np.int64), time, detector))
    baseline, noise = constants.baseline_high[station], constants.noise[station]
    return digitise(pulses, gain, baseline, noise, drawn[:, 1], observatory)


def one_station(identity: NDArray[np.uint64], station: NDArray[np.int32], high: ak.Array) -> ak.Array:
    """Raw events with one station each: ``stations``, a list of records ``station`` and ``high``, as in airshower."""
    stations = ak.zip({"station": station, "high": high}, depth_limit=1)
    return ak.zip(
        {"identity": identity, "stations": ak.unflatten(stations, np.ones(len(identity), np.int64))}, depth_limit=1
    )
