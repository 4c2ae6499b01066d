"""Particles in the water of stations: how many, when, and what signal each leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.simulation.randomness import GAUSSIAN, bits
from analysis.studies.airshower.simulation.times import Arrival, shares

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings
    from analysis.studies.airshower.simulation.settings import DetectorSettings

__all__ = ["Expectation", "deposits", "tracks"]


@dataclass(frozen=True)
class Expectation:
    """Expected signals and arrivals in stations of a block of events, ordered by event, each array of shape (n,).

    Args:
        em: electromagnetic signal, in VEM.
        muon: muonic signal, in VEM.
        track: mean signal of a muon, in VEM.
        track_spread: relative standard deviation of the muons' track lengths.
        begin: of the simulated trace, in ns after the first arrival (negative).
        arrival: when particles come.
    """

    em: NDArray[np.float64]
    muon: NDArray[np.float64]
    track: NDArray[np.float64]
    track_spread: NDArray[np.float64]
    begin: NDArray[np.float64]
    arrival: Arrival


def tracks(
    zenith: NDArray[np.float64], observatory: ObservatorySettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean signal in VEM, and its relative standard deviation, of parallel muons that cross the water somewhere.

    The mean is the water's volume by its projected area and its height. A plane along the direction cuts the cylinder
    in a rectangle, whose chords are equally long but for those through a corner, where they shrink to nothing evenly.

    Args:
        zenith: of the muons, in rad, shape (n,).
        observatory: the array.

    Examples:
        >>> from analysis.studies.airshower.settings import ObservatorySettings
        >>> mean, spread = tracks(np.array([0.0, 1.0]), ObservatorySettings())
        >>> mean.round(3).tolist(), spread.round(3).tolist()
        ([1.0, 1.11], [0.0, 0.549])
    """
    radius, height = np.sqrt(observatory.area / np.pi), observatory.height
    cosine, sine = np.cos(zenith)[:, None], np.sin(zenith)[:, None]
    mean = observatory.area / (observatory.area * cosine + 2.0 * radius * height * sine)[:, 0]
    # planes at radius sin(angle) from the cylinder's axis, by the rule of Gauss and Legendre
    place, weight = np.polynomial.legendre.leggauss(24)
    angle = np.pi / 4.0 * (place + 1.0)
    width, weight = 2.0 * radius * np.cos(angle), weight * np.cos(angle)
    longest = np.minimum(height / cosine, width / np.maximum(sine, 1e-12))
    corner = np.minimum(width * cosine, height * sine)
    square = longest**2 * (np.abs(width * cosine - height * sine) + 2.0 / 3.0 * corner)
    ratio = (square * weight).sum(axis=1) / ((width * cosine + height * sine) * weight).sum(axis=1)
    return mean, np.sqrt(np.maximum(ratio / (mean * height) ** 2 - 1.0, 0.0))


def deposits(
    random: Sequence[np.random.Generator],
    slices: Sequence[slice],
    expected: Expectation,
    samples: int,
    observatory: ObservatorySettings,
    settings: DetectorSettings,
) -> NDArray[np.float32]:
    """Signals that particles leave in stations, sample by sample.

    Numbers of particles are Poisson-distributed. An electromagnetic particle leaves an exponentially distributed
    signal of a small mean, a muon that of its track: a gamma distribution about the mean track of its direction, as
    wide as tracks of that direction differ, and light from tracks of one length.
    Particles of a faint station are drawn one by one. In a bright station a sample's electromagnetic signal follows the
    gamma distribution with the mean and the variance of that sum (a shape of half the mean number), and its muons'
    signals add up to a gamma distribution too. Muons of the background come at any time.

    Args:
        random: of the events.
        slices: of each event's stations.
        expected: what stations expect.
        samples: of the trace.
        observatory: the array.
        settings: of the detector.

    Returns:
        In VEM, shape (n, samples).
    """
    bright = expected.em + expected.muon > settings.bright
    result = _bright(random, slices, expected, np.flatnonzero(bright), samples, observatory, settings)
    _faint(random, slices, expected, np.flatnonzero(~bright), result, observatory, settings)
    return result


def _parts(rows: NDArray[np.int64], slices: Sequence[slice]) -> list[slice]:
    """Return the slice of each event's stations among the chosen rows."""
    ends = np.searchsorted(rows, [where.stop for where in slices]).tolist()
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _shape(expected: Expectation, settings: DetectorSettings) -> NDArray[np.float64]:
    """Of the gamma distribution of a muon's signal, (n,)."""
    return 1.0 / (settings.muon_spread**2 + expected.track_spread**2)


def _bright(
    random: Sequence[np.random.Generator],
    slices: Sequence[slice],
    expected: Expectation,
    rows: NDArray[np.int64],
    samples: int,
    observatory: ObservatorySettings,
    settings: DetectorSettings,
) -> NDArray[np.float32]:
    """All stations' samples, those of bright stations filled."""
    result = np.zeros((len(expected.em), samples), dtype=np.float32)
    come = expected.arrival
    edges = expected.begin[rows, None] + observatory.sampling * np.arange(samples + 1)
    em = (expected.em[rows] / settings.em_signal / 2.0)[:, None] * shares(
        edges, come.em_median[rows], come.em_spread[rows]
    )
    muon = (expected.muon[rows] / expected.track[rows])[:, None] * shares(
        edges, come.muon_median[rows], come.muon_spread[rows]
    )
    shape = _shape(expected, settings)[rows, None]
    signal = expected.track[rows, None] / shape
    for source, part in zip(random, _parts(rows, slices), strict=True):
        if part.start == part.stop:
            continue
        some = em[part] > 1e-3
        here = np.zeros(some.shape)
        here[some] = (2.0 * settings.em_signal) * source.standard_gamma(em[part][some])
        some = muon[part] > 1e-5
        number = np.zeros(some.shape)
        number[some] = source.poisson(muon[part][some])
        some = number > 0.0
        number[some] = source.standard_gamma((shape[part] * number)[some])
        result[rows[part]] = here + signal[part] * number
    return result


def _faint(
    random: Sequence[np.random.Generator],
    slices: Sequence[slice],
    expected: Expectation,
    rows: NDArray[np.int64],
    result: NDArray[np.float32],
    observatory: ObservatorySettings,
    settings: DetectorSettings,
) -> None:
    """Fill samples of faint stations, and add the background of all stations."""
    come, samples = expected.arrival, result.shape[1]
    electrons = expected.em[rows] / settings.em_signal
    muons = expected.muon[rows] / expected.track[rows]
    background = settings.background_rate * observatory.sampling * samples * 1e-9
    shape = _shape(expected, settings)
    per_shape = expected.track / shape
    station: list[NDArray] = []
    delay: list[NDArray] = []
    signal: list[NDArray] = []
    for source, part, where in zip(random, _parts(rows, slices), slices, strict=True):
        here, all_here = rows[part], np.arange(where.start, where.stop)
        n_em, n_muon = source.poisson(electrons[part]), source.poisson(muons[part])
        n_other = source.poisson(background, len(all_here))
        of_em, of_muon, of_other = np.repeat(here, n_em), np.repeat(here, n_muon), np.repeat(all_here, n_other)
        deviate = GAUSSIAN[bits(source, (len(of_em) + len(of_muon),))].astype(np.float64)
        station += [of_em, of_muon, of_other]
        delay += [
            come.em_median[of_em] * np.exp(come.em_spread[of_em] * deviate[: len(of_em)]) - expected.begin[of_em],
            come.muon_median[of_muon] * np.exp(come.muon_spread[of_muon] * deviate[len(of_em) :])
            - expected.begin[of_muon],
            observatory.sampling * samples * source.random(len(of_other)),
        ]
        signal += [
            settings.em_signal * source.standard_exponential(len(of_em)),
            per_shape[of_muon] * source.standard_gamma(shape[of_muon]),
            per_shape[of_other] * source.standard_gamma(shape[of_other]),
        ]
    if not station:
        return
    sample = (np.concatenate(delay) / observatory.sampling).astype(np.int64)
    inside = sample < samples
    place = (np.concatenate(station) * samples + sample)[inside]
    # one after the other in the order of the events: a station's sums do not depend on other stations
    added = np.bincount(place, weights=np.concatenate(signal)[inside], minlength=result.size)
    result += added.reshape(result.shape).astype(np.float32)
