"""Single stations in showers, at any distance from the core, whether anything triggers or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import values
from analysis.events.noise import generator
from analysis.studies.airshower.array import number_of_stations
from analysis.studies.airshower.simulation import showers
from analysis.studies.airshower.simulation.geometry import Geometry, geometry
from analysis.studies.airshower.simulation.ground import signals
from analysis.studies.airshower.simulation.particles import Expectation, deposits, tracks
from analysis.studies.airshower.simulation.randomness import DETECTION, GROUND
from analysis.studies.airshower.simulation.times import arrival
from analysis.studies.trigger.simulation.readout import one_station, read_out

if TYPE_CHECKING:
    from analysis.studies.airshower.simulation.settings import SimulationSettings
    from analysis.studies.trigger.simulation.settings import StationSettings

__all__ = ["generate", "simulate"]

# nothing of a shower is weaker, in VEM: times are those of a station with a signal
_FAINTEST = 1e-3


def generate(identity: NDArray[np.uint64], settings: StationSettings) -> ak.Array:
    """Generate showers and what a station in their middle is expected to see.

    Args:
        identity: (n,).
        settings: of showers and stations.

    Returns:
        Showers of the study airshower, whose cores are around the station, with ``station``, ``distance`` of it to the
        axis (m), ``signal`` that it is expected to see and ``muonic``, the part of it that is of muons (VEM).
    """
    identity = np.asarray(identity, np.uint64)
    truth = showers.generate(identity, settings.showers)
    shower, simulation = _numbers(truth), settings.simulation
    seen = _seen(shower, simulation)
    em, muon = signals(shower["energy"], shower["muons"], seen.distance, seen.beyond, simulation.signals)
    # identities are random words
    station = (identity % np.uint64(number_of_stations(simulation.observatory))).astype(np.int32)
    found = {"station": station, "distance": seen.distance, "signal": em + muon, "muonic": muon}
    return ak.zip({**{name: truth[name] for name in truth.fields}, **found})


def simulate(truth: ak.Array, settings: SimulationSettings) -> ak.Array:
    """Traces of the stations, as the study airshower makes them of triggered ones.

    Args:
        truth: of :func:`generate`.
        settings: of the study airshower.

    Returns:
        Records with ``identity`` and ``stations``, a list of one record ``station`` and ``high`` (ADC counts,
        photomultipliers x samples).
    """
    parts = [
        _traces(truth[start : start + settings.block], settings)
        for start in range(0, max(len(truth), 1), settings.block)
    ]
    high = ak.from_regular(ak.from_numpy(np.concatenate(parts)), axis=None)
    return one_station(values(truth, "identity"), values(truth, "station"), high)


def _traces(truth: ak.Array, settings: SimulationSettings) -> NDArray[np.uint16]:
    observatory, detector = settings.observatory, settings.detector
    shower, identity = _numbers(truth), values(truth, "identity")
    ground, random = ([generator(one, stage) for one in identity] for stage in (GROUND, DETECTION))
    n, signal = len(identity), np.maximum(shower["signal"], _FAINTEST)
    fluctuation = np.array([source.standard_normal(4) for source in ground]).reshape(n, 4)
    seen = _seen(shower, settings)
    times = arrival(seen, shower["zenith"], shower["xmax"], signal, fluctuation, observatory, settings.times)
    phase = np.array([source.random() for source in random])
    begin = -(observatory.pretrigger + phase) * observatory.sampling
    track, spread = tracks(shower["zenith"], observatory)
    em, muon = shower["signal"] - shower["muonic"], shower["muonic"]
    expected = Expectation(em, muon, track, spread, begin, times)
    slices = [slice(row, row + 1) for row in range(n)]
    deposited = deposits(random, slices, expected, observatory.samples, observatory, detector)
    return read_out(random, values(truth, "station"), shower["time"], deposited, observatory, detector)


def _numbers(truth: ak.Array) -> dict[str, NDArray[np.float64]]:
    return {name: values(truth, name).astype(np.float64) for name in truth.fields if name != "identity"}


def _seen(shower: Mapping[str, NDArray[np.float64]], settings: SimulationSettings) -> Geometry:
    """The station as the shower sees it, from its core."""
    angles = (shower["zenith"], shower["azimuth"], shower["xmax"])
    return geometry(-shower["x_core"], -shower["y_core"], *angles, settings.observatory)
