"""Truth matching: which particles have seeds, and which seeds belong to none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.studies.tracking.performance.settings import PerformanceSettings

__all__ = ["Counts", "Particles", "match", "particles_of"]


@dataclass(frozen=True, eq=False)
class Particles:
    """Particles of some events.

    Args:
        pt: transverse momentum, GeV; likewise the following, (n,).
        eta: pseudorapidity.
        radius: distance from the beam spot where it begins, mm.
        hits: number of its hits.
        first: number of the first particle of each event, and of all, (events + 1,).
    """

    pt: NDArray[np.float64]
    eta: NDArray[np.float64]
    radius: NDArray[np.float64]
    hits: NDArray[np.int64]
    first: NDArray[np.int64]

    def accepted(self, settings: PerformanceSettings) -> NDArray[np.bool_]:
        """Particles with enough hits in the acceptance, of any momentum."""
        return (self.hits >= settings.hits) & (np.abs(self.eta) < settings.eta)

    def wanted(self, settings: PerformanceSettings) -> NDArray[np.bool_]:
        """Particles that are to be found."""
        return self.accepted(settings) & (self.pt > settings.pt)


@dataclass(frozen=True, eq=False)
class Counts:
    """Particles that have seeds, and seeds of none.

    Args:
        found: whether a particle has a seed, (n,).
        seeds: number of seeds.
        pure: number of those whose hits are of one particle.
        fakes: number of the others, those of the same hits once.
    """

    found: NDArray[np.bool_]
    seeds: int
    pure: int
    fakes: int

    @property
    def fake_share(self) -> float:
        """Fakes among fakes and found particles, so that duplicates count once."""
        return self.fakes / max(self.fakes + int(self.found.sum()), 1)

    @property
    def duplicates(self) -> float:
        """Seeds of one particle beyond its first, of all seeds of particles."""
        return 1.0 - int(self.found.sum()) / max(self.pure, 1)


def particles_of(truth: ak.Array, middle: tuple[float, float]) -> Particles:
    """Describe the particles of events.

    Args:
        truth: of the simulation.
        middle: x and y of the beam spot, mm.
    """
    flat, numbers = ak.flatten(truth.particles), ak.to_numpy(ak.num(truth.particles))
    x, y, px, py, pz = (np.asarray(flat[name], np.float64) for name in ("x", "y", "px", "py", "pz"))
    first = np.concatenate([[0], np.cumsum(numbers)])
    owner = _owners(truth, first)
    pt = np.hypot(px, py)
    return Particles(
        pt,
        np.arcsinh(pz / pt),
        np.hypot(x - middle[0], y - middle[1]),
        np.bincount(owner[owner >= 0], minlength=first[-1]),
        first,
    )


def match(truth: ak.Array, seeds: Any, particles: Particles) -> Counts:
    """Match seeds to particles: a seed is a particle's if all of its hits are.

    ACTS does the same for seeds (``TrackTruthMatcher`` with a matching ratio of 1).

    Args:
        truth: of the simulation; a true hit has the number of its space point.
        seeds: lists of seeds of each event, each a list of numbers of space points.
        particles: of the same events.
    """
    of_event = ak.to_numpy(ak.num(seeds))
    offset = np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(truth.hits)))])[:-1]
    flat = ak.flatten(seeds)
    hits = np.asarray(ak.flatten(flat)).astype(np.int64)
    lengths = ak.to_numpy(ak.num(flat))
    begin = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    hits = hits + np.repeat(np.repeat(offset, of_event), lengths)
    owner = _owners(truth, particles.first)[hits]
    number = np.zeros(len(particles.pt), np.bool_)
    if not len(begin):
        return Counts(number, 0, 0, 0)
    low, high = np.minimum.reduceat(owner, begin), np.maximum.reduceat(owner, begin)
    pure = (low == high) & (low >= 0)
    number[low[pure]] = True
    padded = ak.to_numpy(
        ak.fill_none(ak.pad_none(ak.sort(ak.unflatten(hits, lengths)), int(lengths.max()), clip=True), -1)
    )
    return Counts(number, len(begin), int(pure.sum()), len(np.unique(padded[~pure], axis=0)))


def _owners(truth: ak.Array, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the particle of each hit, over all events; -1 of none."""
    own = np.asarray(ak.flatten(truth.hits.particle)).astype(np.int64)
    start = np.repeat(first[:-1], ak.to_numpy(ak.num(truth.hits)))
    return np.where(own < 0, -1, own + start)
