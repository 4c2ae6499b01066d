"""Simulation of the array's events: raw traces of triggered stations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.noise import generator
from analysis.studies.airshower.array import number_of_stations, positions
from analysis.studies.airshower.simulation.detector import Photomultipliers, peak_share, photomultipliers
from analysis.studies.airshower.simulation.fluorescence import measured_depth
from analysis.studies.airshower.simulation.geometry import geometry
from analysis.studies.airshower.simulation.ground import signals
from analysis.studies.airshower.simulation.particles import Expectation, deposits, tracks
from analysis.studies.airshower.simulation.randomness import DETECTION, GROUND, bits
from analysis.studies.airshower.simulation.times import arrival
from analysis.studies.airshower.simulation.traces import digitise, light
from analysis.studies.airshower.simulation.triggers import event_trigger, station_trigger, triangles

if TYPE_CHECKING:
    from analysis.studies.airshower.simulation.settings import SimulationSettings

__all__ = ["simulate"]

# samples between the beginning of what is simulated of a trace, less the pretrigger samples, and the shower front
_LEAD = 8


def simulate(truth: ak.Array, settings: SimulationSettings) -> ak.Array:
    """Raw events of the showers that the array triggers on, in their order.

    A station that expects less signal than ``settings.signals.minimum`` is not simulated. A raw event's time is that of
    the first sample of its earliest trace.

    Args:
        truth: showers, as from :func:`analysis.studies.airshower.simulation.showers.generate`.
        settings: of detector and triggers.

    Returns:
        Records with ``identity``; ``time`` (s); ``fd_energy`` (eV) and ``fd_xmax`` (g/cm2), missing where no telescope
        saw the shower; ``stations``, a list of records ``station``, ``start`` (ns, of the trace's first sample relative
        to the event's time), ``trigger`` (bit 0: threshold, bit 1: time over threshold), ``high`` and ``low`` (ADC
        counts, photomultipliers x samples).
    """
    fields = ("identity", "time", "energy", "zenith", "azimuth", "x_core", "y_core", "xmax", "muons")
    showers = {name: ak.to_numpy(truth[name]) for name in fields}
    constants = photomultipliers(settings.observatory, settings.detector)
    blocks = [
        _block({name: values[start : start + settings.block] for name, values in showers.items()}, constants, settings)
        for start in range(0, max(len(truth), 1), settings.block)
    ]
    return ak.concatenate(blocks) if len(blocks) > 1 else blocks[0]


def _block(showers: Mapping[str, NDArray], constants: Photomultipliers, settings: SimulationSettings) -> ak.Array:
    observatory, detector = settings.observatory, settings.detector
    random = [generator(one, DETECTION) for one in showers["identity"]]
    # first of all, so that an event's fluorescence measurement does not depend on its stations
    fluorescence = np.array([(source.random(), source.standard_normal()) for source in random]).reshape(-1, 2)

    event, station, expected = _expectation(random, showers, settings)
    samples = observatory.samples + settings.triggers.search
    deposited = deposits(random, _slices(event, len(random)), expected, samples, observatory, detector)
    deposited *= constants.response.astype(np.float32)[station, None]
    heard = deposited.sum(axis=1) > detector.silent
    event, station, deposited = event[heard], station[heard], deposited[heard]
    begin = (expected.begin + expected.arrival.front)[heard]

    shape = (observatory.photomultipliers, samples)
    pulses = light(deposited, _bits(random, event, shape), constants.decay[station], observatory, detector)
    dead, noise = constants.dead[station], constants.noise[station]
    gain = np.where(dead, 0.0, constants.charge_at(station, showers["time"][event], detector))
    high = digitise(pulses, gain, constants.baseline_high[station], noise, _bits(random, event, shape), observatory)
    # the station's electronics know the gains and baselines they were set up with
    nominal = constants.charge[station] * peak_share(constants.decay[station, None], observatory, detector)
    trigger, sample = station_trigger(
        high, constants.baseline_high[station], nominal, dead, observatory.pretrigger, settings.triggers
    )
    fired = np.zeros((len(random), number_of_stations(observatory)), dtype=bool)
    fired[event, station] = trigger > 0
    recorded = event_trigger(fired, triangles(observatory))

    kept = np.flatnonzero((trigger > 0) & recorded[event])
    event, station, sample = event[kept], station[kept], sample[kept]
    first = sample - observatory.pretrigger
    low = digitise(
        _windows(pulses, kept, first, observatory.samples),
        gain[kept] / constants.ratio[station],
        constants.baseline_low[station],
        noise[kept],
        _bits(random, event, (observatory.photomultipliers, observatory.samples)),
        observatory,
    )
    clock = detector.clock * _each(random, event, lambda source, n: source.standard_normal(n))
    start = begin[kept] + observatory.sampling * first + clock
    number = np.bincount(event, minlength=len(random))[recorded]
    earliest = np.minimum.reduceat(start, np.cumsum(number) - number) if len(number) else np.zeros(0)
    fd_energy = showers["energy"] * (1.0 + settings.fluorescence_resolution * fluorescence[:, 1])
    fd_xmax = measured_depth(showers["identity"], showers["energy"], showers["xmax"], settings.fluorescence_depth)
    measured = recorded & (fluorescence[:, 0] < settings.fluorescence_share)
    stations = {
        "station": station.astype(np.int32),
        "start": start - np.repeat(earliest, number),
        "trigger": trigger[kept],
        "high": ak.from_numpy(_windows(high, kept, first, observatory.samples), regulararray=True),
        "low": ak.from_numpy(low, regulararray=True),
    }
    return ak.zip(
        {
            "identity": showers["identity"][recorded],
            "time": showers["time"][recorded] + 1e-9 * earliest,
            "fd_energy": ak.mask(fd_energy, measured)[recorded],
            "fd_xmax": ak.mask(fd_xmax, measured)[recorded],
            "stations": ak.unflatten(ak.zip(stations, depth_limit=1), number),
        },
        depth_limit=1,
    )


def _expectation(
    random: list[np.random.Generator], showers: Mapping[str, NDArray], settings: SimulationSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64], Expectation]:
    """Pairs of event and station with enough expected signal, ordered by event, and what is expected there."""
    observatory, place = settings.observatory, positions(settings.observatory)
    n, s = len(random), len(place)
    every = {name: np.repeat(values, s) for name, values in showers.items()}
    east, north = (np.tile(place[:, i], n) - every[name] for i, name in enumerate(("x_core", "y_core")))
    seen = geometry(east, north, every["zenith"], every["azimuth"], every["xmax"], observatory)
    em, muon = signals(every["energy"], every["muons"], seen.distance, seen.beyond, settings.signals)
    index = np.flatnonzero(em + muon > settings.signals.minimum)
    event, zenith = index // s, every["zenith"][index]
    ground = [generator(one, GROUND) for one in showers["identity"]]
    fluctuation = np.empty((len(event), 4))
    for source, where in zip(ground, _slices(event, n), strict=True):
        fluctuation[where, :2] = source.standard_normal(2)
        fluctuation[where, 2:] = source.standard_normal((where.stop - where.start, 2))
    shower = zenith, every["xmax"][index], (em + muon)[index]
    times = arrival(seen.select(index), *shower, fluctuation, observatory, settings.times)
    # stations take their samples at any time
    phase = _each(random, event, lambda source, n: source.random(n))
    begin = -(observatory.pretrigger + _LEAD + phase) * observatory.sampling
    track, spread = tracks(zenith, observatory)
    return event, index % s, Expectation(em[index], muon[index], track, spread, begin, times)


def _windows(traces: NDArray, kept: NDArray[np.int64], first: NDArray[np.int64], samples: int) -> NDArray:
    """So many samples of some stations' traces, each from its first one on."""
    return np.lib.stride_tricks.sliding_window_view(traces, samples, axis=2)[kept, :, first]


def _slices(event: NDArray[np.int64], events: int) -> list[slice]:
    """Return the slice of each event's stations in a list ordered by event."""
    ends = np.searchsorted(event, np.arange(1, events + 1)).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _each(
    random: list[np.random.Generator],
    event: NDArray[np.int64],
    draw: Callable[[np.random.Generator, int], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """One number for each station, drawn by its event."""
    result = np.zeros(len(event))
    for source, where in zip(random, _slices(event, len(random)), strict=True):
        result[where] = draw(source, where.stop - where.start)
    return result


def _bits(random: list[np.random.Generator], event: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """Random bits for each station, drawn by its event, shape (n, *shape)."""
    result = np.empty((len(event), *shape), dtype=np.uint16)
    for source, where in zip(random, _slices(event, len(random)), strict=True):
        result[where] = bits(source, (where.stop - where.start, *shape))
    return result
