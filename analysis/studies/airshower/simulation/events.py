"""What the array records of showers: raw traces of triggered stations."""

from __future__ import annotations

from collections.abc import Mapping

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.array import number_of_stations, positions
from analysis.studies.airshower.simulation.detector import Photomultipliers, peak_share, photomultipliers
from analysis.studies.airshower.simulation.geometry import geometry
from analysis.studies.airshower.simulation.ground import signals
from analysis.studies.airshower.simulation.random import DETECTION, generator
from analysis.studies.airshower.simulation.settings import SimulationSettings
from analysis.studies.airshower.simulation.times import arrival, shares
from analysis.studies.airshower.simulation.traces import deposits, digitise, light
from analysis.studies.airshower.simulation.triggers import event_trigger, station_trigger, triangles

__all__ = ["simulate"]

# samples between the beginning of what is simulated of a trace, less the pretrigger samples, and the shower front
_LEAD = 8

_Arrays = dict[str, NDArray]


def simulate(truth: ak.Array, settings: SimulationSettings) -> ak.Array:
    """Raw events of the showers that the array triggers on, in their order.

    A station that expects less signal than ``settings.signals.minimum`` is not simulated. A raw event's time is that of
    the first sample of its earliest trace.

    Args:
        truth: showers, as from :func:`analysis.studies.airshower.simulation.showers.generate`.
        settings: of detector and triggers.

    Returns:
        Records with ``identity``; ``time`` (s); ``fd_energy`` (eV, missing where there is none); ``stations``, a list of
        ``station``, ``start`` (ns, of the trace's first sample relative to the event's time), ``trigger`` (bit 0:
        threshold, bit 1: time over threshold), ``high`` and ``low`` (ADC counts, photomultipliers x samples).
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
    # in this order, so that an event's fluorescence measurement does not depend on its stations
    fluorescence = np.array([(source.random(), source.standard_normal()) for source in random]).reshape(-1, 2)

    event, station, expected = _reached(showers, settings)
    counts = np.bincount(event, minlength=len(random))
    ends = np.cumsum(counts)
    slices = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]

    phase = _drawn(random, slices, lambda source, n: source.random(n))
    clock = detector.clock * _drawn(random, slices, lambda source, n: source.standard_normal(n))
    begin = expected["front"] - (observatory.pretrigger + _LEAD + phase) * observatory.sampling
    deposited = _deposited(random, slices, event, expected, begin, showers, settings)

    shape = (len(event), observatory.photomultipliers, deposited.shape[1])
    bits = np.zeros((2, *shape), dtype=np.uint16)
    for source, where in zip(random, slices, strict=True):
        n = where.stop - where.start
        bits[:, where] = source.integers(0, 65536, size=(2, n, *shape[1:]), dtype=np.uint16)
    pulses = light(deposited, bits[0], observatory, detector)
    dead, noise = constants.dead[station], constants.noise[station]
    gain = np.where(dead, 0.0, constants.charge_at(station, showers["time"][event], detector))
    high = digitise(pulses, gain, constants.baseline_high[station], noise, bits[1], observatory)

    # the station's electronics know the gains and baselines they were set up with
    nominal = constants.charge[station] * peak_share(observatory, detector)
    above = (high - constants.baseline_high[station].astype(np.float32)[:, :, None]) / nominal.astype(np.float32)[
        :, :, None
    ]
    trigger, sample = station_trigger(above, dead, observatory.pretrigger, settings.triggers)
    fired = np.zeros((len(random), number_of_stations(observatory)), dtype=bool)
    fired[event, station] = trigger > 0
    recorded = event_trigger(fired, triangles(observatory))

    kept = (trigger > 0) & recorded[event]
    bits = np.zeros((int(kept.sum()), *shape[1:]), dtype=np.uint16)
    number = np.bincount(event[kept], minlength=len(random))
    for source, end, n in zip(random, np.cumsum(number), number, strict=True):
        bits[end - n : end] = source.integers(0, 65536, size=(n, *shape[1:]), dtype=np.uint16)
    low = digitise(
        pulses[kept],
        (gain / constants.ratio[station])[kept],
        constants.baseline_low[station][kept],
        noise[kept],
        bits,
        observatory,
    )
    first = sample[kept] - observatory.pretrigger
    start = begin[kept] + observatory.sampling * first + clock[kept]
    window = (first[:, None] + np.arange(observatory.samples))[:, None, :]
    high, low = (np.take_along_axis(channel, window, axis=2) for channel in (high[kept], low))

    number = number[recorded]
    earliest = np.minimum.reduceat(start, np.cumsum(number) - number) if len(number) else np.zeros(0)
    fd_energy = showers["energy"] * (1.0 + settings.fluorescence_resolution * fluorescence[:, 1])
    measured = fluorescence[recorded, 0] < settings.fluorescence_share
    return ak.zip(
        {
            "identity": showers["identity"][recorded],
            "time": showers["time"][recorded] + 1e-9 * earliest,
            "fd_energy": ak.Array(
                ak.contents.ByteMaskedArray(
                    ak.index.Index8(measured.astype(np.int8)),
                    ak.contents.NumpyArray(np.where(measured, fd_energy[recorded], 0.0)),
                    valid_when=True,
                )
            ),
            "stations": ak.unflatten(
                ak.zip(
                    {
                        "station": station[kept].astype(np.int32),
                        "start": start - np.repeat(earliest, number),
                        "trigger": trigger[kept],
                        "high": ak.from_numpy(high, regulararray=True),
                        "low": ak.from_numpy(low, regulararray=True),
                    },
                    depth_limit=1,
                ),
                number,
            ),
        },
        depth_limit=1,
    )


def _reached(
    showers: Mapping[str, NDArray], settings: SimulationSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64], _Arrays]:
    """Pairs of event and station with enough expected signal, ordered by event; what is expected there."""
    place = positions(settings.observatory)
    n, s = len(showers["energy"]), len(place)
    every = {name: np.repeat(values, s) for name, values in showers.items()}
    east, north = (np.tile(place[:, i], n) - every[name] for i, name in enumerate(("x_core", "y_core")))
    seen = geometry(east, north, every["zenith"], every["azimuth"], every["xmax"], settings.observatory)
    em, muon = signals(every["energy"], every["muons"], seen.distance, seen.beyond, settings.signals)
    times = arrival(seen, every["zenith"], every["xmax"], settings.observatory, settings.times)
    index = np.flatnonzero(em + muon > settings.signals.minimum)
    expected = {name: values[index] for name, values in vars(times).items()} | {"em": em[index], "muon": muon[index]}
    return index // s, index % s, expected


def _drawn(random, slices, draw) -> NDArray[np.float64]:
    parts = [draw(source, where.stop - where.start) for source, where in zip(random, slices, strict=True)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _deposited(
    random: list[np.random.Generator],
    slices: list[slice],
    event: NDArray[np.int64],
    expected: _Arrays,
    begin: NDArray[np.float64],
    showers: Mapping[str, NDArray],
    settings: SimulationSettings,
) -> NDArray[np.float32]:
    """Signals in the water, in VEM, shape (n, samples), from ``begin`` on."""
    observatory, detector = settings.observatory, settings.detector
    samples = observatory.samples + settings.triggers.search
    edges = (begin - expected["front"])[:, None] + observatory.sampling * np.arange(samples + 1)
    em = expected["em"][:, None] * shares(edges, expected["em_median"], expected["em_spread"])
    muon = expected["muon"][:, None] * shares(edges, expected["muon_median"], expected["muon_spread"])
    # a muon's mean track is the water's volume by its projected area, in units of its height
    radius = np.sqrt(observatory.area / np.pi)
    sine, cosine = np.sin(showers["zenith"]), np.cos(showers["zenith"])
    track = observatory.area / (observatory.area * cosine + 2.0 * radius * observatory.height * sine)
    muon += detector.background_rate * observatory.sampling * 1e-9 * track[event, None]
    result = np.zeros((len(event), samples), dtype=np.float32)
    for source, where, mean in zip(random, slices, track, strict=True):
        result[where] = deposits(source, em[where], muon[where], mean, detector)
    return result
