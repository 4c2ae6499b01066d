"""Arrival times of a shower's particles at a station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.studies.airshower.constants import SPEED_OF_LIGHT
from analysis.studies.airshower.simulation.atmosphere import altitude

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings
    from analysis.studies.airshower.simulation.geometry import Geometry
    from analysis.studies.airshower.simulation.settings import TimeSettings

__all__ = ["Arrival", "arrival", "shares"]


@dataclass(frozen=True)
class Arrival:
    """Arrival of particles at stations, each array of shape (n,).

    Args:
        front: first arrival, in ns after the plane through the core would pass the core.
        em_median: median delay of electromagnetic particles behind the front, in ns.
        em_spread: standard deviation of the logarithm of that delay.
        muon_median: as ``em_median``, for muons.
        muon_spread: as ``em_spread``, for muons.
    """

    front: NDArray[np.float64]
    em_median: NDArray[np.float64]
    em_spread: NDArray[np.float64]
    muon_median: NDArray[np.float64]
    muon_spread: NDArray[np.float64]


def arrival(
    geometry: Geometry,
    zenith: NDArray[np.float64],
    xmax: NDArray[np.float64],
    signal: NDArray[np.float64],
    fluctuation: NDArray[np.float64],
    observatory: ObservatorySettings,
    settings: TimeSettings,
) -> Arrival:
    """Arrival times that follow from where particles are made.

    A particle made at a distance D up the axis reaches a distance r from it with a delay of (sqrt(D^2 + r^2) - D) / c
    behind the plane front: L. Cazon et al., Astropart. Phys. 21 (2004) 71. The first ones come from high up and
    make the curved front. Muons come from production depths spread around a median somewhat above X_max (Pierre Auger
    Collaboration, PRD 90 (2014) 012012), and have a kinematic delay besides. Delays are log-normal, as there and in
    M. Ave et al., Astropart. Phys. 87 (2017) 23. Electromagnetic particles come later and over a longer time, which
    grows with the distance and shrinks with the way from X_max; its size is chosen so that rise times are like those
    that the Pierre Auger Collaboration measures (PRD 96 (2017) 122003).

    Args:
        geometry: n pairs of a shower and a station.
        zenith: of the shower, in rad, shape (n,).
        xmax: slant depth, in g/cm2, shape (n,).
        signal: expected in the station, in VEM, shape (n,).
        fluctuation: standard normal deviates: two of the shower, muonic and electromagnetic, and two of the station,
            shape (n, 4); 0 for the mean.
        observatory: the array.
        settings: the numbers.
    """
    cosine = np.cos(zenith)
    ground = float(altitude(np.array([observatory.depth]))[0])

    shift = settings.muon_fluctuation * fluctuation[:, 0]

    def way(offset: NDArray[np.float64] | float) -> NDArray[np.float64]:
        # nothing is made before the atmosphere begins
        made = _at_least(xmax + offset, 60.0, 40.0) * cosine
        return (altitude(made) - ground) / cosine - geometry.ahead

    def delay(offset: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return _delay(_at_least(way(offset), 500.0, 500.0), geometry.distance)

    front = delay(settings.front_depth)
    kinematic = settings.kinematic_delay * geometry.distance / 1000.0 + 1.0
    # a shower whose muons are made very far up: nothing comes before the front
    early, middle, late = (
        np.maximum(delay(settings.muon_depth + shift + number * settings.muon_depth_spread) - front, 0.0) + kinematic
        for number in (-1, 0, 1)
    )
    source = _at_least(way(0.0) + settings.em_distance, 1000.0, 1000.0)
    local = settings.local_fluctuation * np.sin(2.0 * zenith) / np.sqrt(signal)
    muonic, electromagnetic = (local[:, None] * fluctuation[:, 2:]).T
    em = _delay(source, np.full_like(source, 1000.0)) * (geometry.distance / 1000.0) ** settings.em_exponent
    em = em * np.exp(settings.em_fluctuation * fluctuation[:, 1])
    em_spread = np.full_like(em, settings.em_spread)
    muon_spread = np.sqrt(0.25 * np.log(late / early) ** 2 + settings.kinematic_spread**2)
    return Arrival(
        front=front - geometry.ahead / SPEED_OF_LIGHT,
        em_median=(settings.em_delay * em + kinematic) * np.exp(electromagnetic),
        em_spread=_stretched(em_spread, electromagnetic),
        muon_median=middle * np.exp(muonic),
        muon_spread=_stretched(muon_spread, muonic),
    )


def shares(edges: NDArray[np.float64], median: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of a log-normal distribution in bins.

    Args:
        edges: of the bins, ascending, in ns, shape (n, b + 1).
        median: in ns, shape (n,).
        spread: standard deviation of the logarithm, shape (n,).

    Returns:
        Shape (n, b).
    """
    logarithm = np.log(np.maximum(edges, 1e-3))
    return np.diff(ndtr((logarithm - np.log(median)[:, None]) / spread[:, None]), axis=1)


def _stretched(spread: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of logarithms whose median moves while the first particles (-2 of them) come as before."""
    change = 0.5 * shift / spread
    return spread * np.where(change < 0.0, np.exp(change), 1.0 + change)


def _delay(way: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a path from a point up the axis, in ns; without loss of precision where the way is long."""
    return distance**2 / (np.sqrt(way**2 + distance**2) + way) / SPEED_OF_LIGHT


def _at_least(value: NDArray[np.float64], minimum: float, softness: float) -> NDArray[np.float64]:
    """The value where it is well above the minimum, and smoothly never below."""
    above = value - minimum
    return minimum + 0.5 * (above + np.sqrt(above**2 + softness**2))
