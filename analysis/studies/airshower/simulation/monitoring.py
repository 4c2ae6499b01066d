"""Monitoring data: each minute's histograms of background particles, and their truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from analysis.errors import DataError
from analysis.events.columns import nested_values
from analysis.events.identity import identify
from analysis.events.noise import generator
from analysis.studies.airshower.array import number_of_stations
from analysis.studies.airshower.simulation.detector import peak_share, photomultipliers
from analysis.studies.airshower.simulation.randomness import MONITORING

if TYPE_CHECKING:
    from analysis.studies.airshower.simulation.settings import MinuteSettings

__all__ = ["generate", "simulate"]

# nobody takes data for longer without a break, in intervals; the number of an identity is looked for up to here
_LONGEST = 1 << 20


def generate(identity: NDArray[np.uint64], settings: MinuteSettings) -> ak.Array:
    """Generate photomultipliers' true constants in some intervals; an interval's number follows from its identity.

    Args:
        identity: from :func:`analysis.events.identity.identify` with the name of the data set, shape (n,).
        settings: of detector and intervals.

    Returns:
        Records with ``identity``; ``time`` (s since the begin of data taking, begin of the interval); ``station``, a
        list; ``charge`` and ``peak`` (VEM, ADC counts of the high gain) and ``ratio`` (high to low gain), lists of
        stations x photomultipliers, in the middle of the interval.

    Raises:
        DataError: an identity is of another data set.
    """
    identity = np.asarray(identity, dtype=np.uint64)
    constants = photomultipliers(settings.observatory, settings.detector)
    stations = number_of_stations(settings.observatory)
    time = settings.histograms.interval * _number(identity, settings.dataset)
    station = np.tile(np.arange(stations), len(identity))
    middle = np.repeat(time + settings.histograms.interval / 2.0, stations)
    charge = constants.charge_at(station, middle, settings.detector)
    values = {
        "charge": charge,
        "peak": charge * peak_share(constants.decay[station, None], settings.observatory, settings.detector),
        "ratio": constants.ratio[station],
    }
    number = np.full(len(identity), stations)
    lists = {
        name: ak.unflatten(ak.from_numpy(of.astype(np.float32), regulararray=True), number)
        for name, of in values.items()
    }
    return ak.zip(
        {"identity": identity, "time": time, "station": ak.unflatten(station.astype(np.int32), number), **lists},
        depth_limit=1,
    )


def simulate(truth: ak.Array, settings: MinuteSettings) -> ak.Array:
    """Histograms and sums that the stations send, as in Bertou et al., NIM A 568 (2006) 839, section 3.

    Background particles of an interval: muons with a log-normal distribution of signals, and an exponentially falling
    electromagnetic background. The maximum of their sum is at ``charge_hump`` VEM charges (``peak_hump`` VEM peaks).
    Dead photomultipliers count nothing; noisy ones see a wider hump over more background. The gain ratio is measured
    with sums over pulses that both gains see without saturation; these sums have the electronic noise of all samples.

    Args:
        truth: from :func:`generate`.
        settings: of detector and intervals.

    Returns:
        Records with ``identity``; ``time`` (s, begin of the interval); ``station``, a list; ``charge`` and ``peak``,
        lists of stations x photomultipliers x bins (entries); ``ratio``, a list of stations x photomultipliers of
        records ``high`` and ``low`` (ADC counts above the baselines, summed over samples and pulses) and ``pulses``
        (their number).
    """
    observatory, detector, histograms = settings.observatory, settings.detector, settings.histograms
    constants = photomultipliers(observatory, detector)
    shape = (number_of_stations(observatory), observatory.photomultipliers)
    n = len(truth)
    fields = ("charge", "peak", "ratio")
    true = {name: nested_values(truth[name]).astype(np.float64).reshape(n, *shape) for name in fields}
    random = [generator(one, MONITORING) for one in ak.to_numpy(truth.identity)]

    counts = {}
    for name, bins, width, hump in (
        ("charge", histograms.charge_bins, histograms.charge_width, histograms.charge_hump),
        ("peak", histograms.peak_bins, histograms.peak_width, histograms.peak_hump),
    ):
        edges = width * np.arange(bins + 1)
        counts[name] = np.zeros((n, *shape, bins), dtype=np.uint16)
        for source, unit, of in zip(random, true[name], counts[name], strict=True):
            mean = _entries(edges / unit[:, :, None], hump, constants.noisy, settings)
            of[:] = source.poisson(np.where(constants.dead[:, :, None], 0.0, mean))

    sums = {name: np.zeros((n, *shape), dtype=np.int32) for name in ("high", "low", "pulses")}
    for i, source in enumerate(random):
        drawn = _large_pulses(source, true["charge"][i], true["ratio"][i], constants.noise, settings)
        for name, values in drawn.items():
            sums[name][i] = np.where(constants.dead, 0, values)

    number = np.full(n, shape[0])
    ratio = ak.zip({name: _lists(values, number) for name, values in sums.items()})
    return ak.zip(
        {
            "identity": ak.to_numpy(truth.identity),
            "time": ak.to_numpy(truth.time),
            "station": truth.station,
            "charge": _lists(counts["charge"], number),
            "peak": _lists(counts["peak"], number),
            "ratio": ratio,
        },
        depth_limit=1,
    )


def _number(identity: NDArray[np.uint64], dataset: str) -> NDArray[np.int64]:
    """Numbers of events that have these identities in a data set."""
    known = 1 << 10
    while True:
        table = identify(dataset, 0, known)
        order = np.argsort(table)
        place = order[np.minimum(np.searchsorted(table, identity, sorter=order), known - 1)]
        missing = table[place] != identity
        if not missing.any():
            return place
        if known >= _LONGEST:
            raise DataError(
                f"{identity[missing][0]} is no identity of an event of the data set {dataset!r}",
                cure="MinuteSettings.dataset must be the name of the data set that the settings are used for",
            )
        known *= 32


def _entries(
    edges: NDArray[np.float64], hump: float, noisy: NDArray[np.bool_], settings: MinuteSettings
) -> NDArray[np.float64]:
    """Mean numbers of entries between edges in VEM, shape (..., bins + 1) to (..., bins)."""
    decay, threshold = settings.electromagnetic_decay, settings.threshold
    spread = settings.hump_spread * np.where(noisy, settings.noisy_spread, 1.0)[:, :, None]
    background = settings.electromagnetic * np.where(noisy, settings.noisy_electromagnetic, 1.0)[:, :, None]
    above = np.maximum(edges, threshold)
    muons = settings.muons * ndtr(np.log(above / _mode(hump, settings)) / spread - spread)
    return np.diff(muons - background * np.exp((threshold - above) / decay), axis=-1)


def _mode(hump: float, settings: MinuteSettings) -> float:
    """Most probable signal of a background muon in VEM, so that the sum with the background is largest at the hump."""
    spread = settings.hump_spread

    def slope(mode: float) -> float:
        deviation = np.log(hump / mode) / spread - spread
        muons = settings.muons * np.exp(-(deviation**2) / 2.0) / (np.sqrt(2.0 * np.pi) * spread * hump)
        falling = settings.electromagnetic * np.exp((settings.threshold - hump) / settings.electromagnetic_decay)
        return -muons * (1.0 + deviation / spread) / hump - falling / settings.electromagnetic_decay**2

    return brentq(slope, hump, hump * 1.2)


def _large_pulses(
    random: np.random.Generator,
    charge: NDArray[np.float64],
    ratio: NDArray[np.float64],
    noise: NDArray[np.float64],
    settings: MinuteSettings,
) -> dict[str, NDArray[np.float64]]:
    """Sums over large pulses of one interval; all photomultipliers of a station see the same ones."""
    low, high = settings.pulse_signal
    pulses = random.poisson(settings.pulses, len(charge))[:, None]
    # so many of them that sums are normally distributed
    signal = pulses * (low + high) / 2.0
    signal = signal + np.sqrt(pulses * (high - low) ** 2 / 12.0) * random.standard_normal(pulses.shape)
    seen = signal + np.sqrt(signal / settings.detector.photoelectrons) * random.standard_normal(charge.shape)
    # of every sample: electronic noise and rounding
    spread = np.sqrt(pulses * settings.pulse_samples * (noise**2 + 1.0 / 12.0))
    return {
        "high": np.rint(charge * seen + spread * random.standard_normal(charge.shape)),
        "low": np.rint(charge / ratio * seen + spread * random.standard_normal(charge.shape)),
        "pulses": np.broadcast_to(pulses, charge.shape),
    }


def _lists(values: NDArray, number: NDArray[np.int64]) -> ak.Array:
    """Values of events x stations x ... as lists of stations."""
    return ak.unflatten(ak.from_numpy(values.reshape(-1, *values.shape[2:]), regulararray=True), number)
