"""Background of stations: continuous, but simulated only where there are particles.

Muons, electrons and photons come at random. Those that follow each other within a trigger's reach make a stretch;
between stretches there is nothing but noise, which :mod:`analysis.studies.trigger.evaluation.noise` bounds. Stretches
begin at the rate r exp(-m), where r is that of particles and m their mean number within the reach, and another one
follows with the probability 1 - exp(-m): counted with their weights, stretches are the continuous background of a
station.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import nested_values, values
from analysis.events.noise import generator
from analysis.studies.airshower.array import number_of_stations
from analysis.studies.airshower.simulation.particles import tracks
from analysis.studies.airshower.simulation.randomness import DETECTION, GENERATION
from analysis.studies.trigger.simulation.readout import one_station, read_out

if TYPE_CHECKING:
    from analysis.studies.trigger.simulation.settings import BackgroundSettings

__all__ = ["generate", "simulate", "zenith_quantiles"]

Array = NDArray[np.float64]
_PERIOD = 14400.0  # over which gains drift, in s; stretches come at any time of it


def zenith_quantiles(share: Array, settings: BackgroundSettings) -> Array:
    """Zenith angles, in rad, below which are such shares of the muons that hit a station.

    Their intensity goes with the squared cosine (Particle Data Group, cosmic rays); a station shows them the projected
    area of its water.
    """
    zenith = np.linspace(0.0, np.pi / 2.0, 1001)
    mean, _ = tracks(zenith[:-1], settings.observatory)
    # the mean track is volume by area
    density = np.append(np.cos(zenith[:-1]) ** 2 * np.sin(zenith[:-1]) / mean, 0.0)
    below = np.append(0.0, np.cumsum(density[1:] + density[:-1]))
    return np.interp(share, below / below[-1], zenith)


def generate(identity: NDArray[np.uint64], settings: BackgroundSettings) -> ak.Array:
    """Generate stretches of particles of some identities; each depends on its identity and on nothing else.

    Signals follow the gamma distributions of the study airshower: of a muon, that of tracks of its direction; of an
    electromagnetic particle, an exponential one.

    Args:
        identity: (n,).
        settings: of the background.

    Returns:
        Records with ``identity``; ``station``; ``time`` (s, from the begin of data taking); ``weight`` (Hz): the mean
        weight of generated stretches, counted where they trigger, is a station's rate; and ``particles``, a list of
        records ``delay`` (ns, from the first one), ``electromagnetic`` (1 or 0) and ``signal`` (VEM).
    """
    identity, most = np.asarray(identity, np.uint64), settings.most
    sources = [generator(one, GENERATION) for one in identity]
    uniform = np.array([source.random((4, most)) for source in sources]).reshape(-1, 4, most)
    choice, zenith, kind, gaps = uniform.swapaxes(0, 1)
    follows = -np.expm1(-settings.following)
    several = choice[:, 0] < settings.together
    # a geometric distribution; what reaches the limit counts as just that many
    beyond = np.floor(np.log(choice[:, 0] / settings.together) / np.log(follows))
    number = np.where(several, np.minimum(2.0 + np.maximum(beyond, 0.0), most), 1.0).astype(np.int64)
    weight = np.where(several, follows / settings.together, (1.0 - follows) / (1.0 - settings.together))

    electromagnetic = kind < settings.electromagnetic / (1.0 + settings.electromagnetic)
    mean, spread = (
        one.reshape(kind.shape) for one in tracks(zenith_quantiles(zenith, settings).ravel(), settings.observatory)
    )
    shape = np.where(electromagnetic, 1.0, 1.0 / (settings.detector.muon_spread**2 + spread**2))
    scale = np.where(electromagnetic, settings.detector.em_signal, mean / shape)
    drawn = np.array([source.standard_gamma(k) for source, k in zip(sources, shape, strict=True)]).reshape(kind.shape)
    # muons that come alone; electromagnetic particles leave too little to matter
    alone = ~several & ~electromagnetic[:, 0]
    drawn[alone & (choice[:, 1] < settings.stretched), 0] *= settings.stretch
    # density of stretched signals, by that of signals as they are
    excess = settings.stretch ** -shape[:, 0] * np.exp(drawn[:, 0] * (1.0 - 1.0 / settings.stretch))
    weight = np.where(alone, weight / (1.0 + settings.stretched * (excess - 1.0)), weight)

    delay = -np.log1p(-gaps * follows) / settings.following * settings.gap
    delay[:, 0] = 0.0
    inside = np.arange(most) < number[:, None]
    particles = {
        "delay": np.cumsum(delay, axis=1),
        "electromagnetic": electromagnetic.astype(np.int8),
        "signal": drawn * scale,
    }
    return ak.zip(
        {
            "identity": identity,
            # identities are random words
            "station": (identity % np.uint64(number_of_stations(settings.observatory))).astype(np.int32),
            "time": _PERIOD * choice[:, 2],
            "weight": settings.rate * np.exp(-settings.following) * weight,
            "particles": ak.unflatten(ak.zip({name: one[inside] for name, one in particles.items()}), number),
        },
        depth_limit=1,
    )


def simulate(truth: ak.Array, settings: BackgroundSettings) -> ak.Array:
    """Traces of stretches.

    Args:
        truth: of :func:`generate`.
        settings: of the background.

    Returns:
        Records with ``identity`` and ``stations``, a list of one record ``station`` and ``high`` (ADC counts,
        photomultipliers x samples), as the study airshower has them.
    """
    number = ak.to_numpy(ak.num(truth.particles))
    identity, station = values(truth, "identity"), values(truth, "station")
    parts, places = [], []
    for particles in np.unique(number):
        rows = np.flatnonzero(number == particles)
        counts = _traces(truth[rows], int(particles), settings)
        parts.append(ak.from_regular(ak.from_numpy(counts), axis=None))
        places.append(rows)
    order = np.argsort(np.concatenate(places)) if places else np.zeros(0, np.int64)
    high = ak.concatenate(parts)[order] if parts else ak.Array(np.zeros((0, 3, 0), np.uint16))
    return one_station(identity, station, high)


def _traces(truth: ak.Array, particles: int, settings: BackgroundSettings) -> NDArray[np.uint16]:
    """ADC counts of the high gain of n stretches of so many particles: (n, photomultipliers, samples)."""
    observatory, detector = settings.observatory, settings.detector
    station = values(truth, "station")
    random = [generator(one, DETECTION) for one in values(truth, "identity")]
    samples, n = settings.samples(particles), len(random)
    phase = np.array([source.random() for source in random])
    delay, signal = (nested_values(truth.particles[name]).reshape(n, particles) for name in ("delay", "signal"))
    sample = (settings.lead + phase[:, None] + delay / observatory.sampling).astype(np.int64)
    deposited = np.zeros((n, samples))
    np.add.at(deposited, (np.arange(n)[:, None], sample), signal)
    return read_out(random, station, values(truth, "time"), deposited, observatory, detector)
