"""Stations as a shower sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.simulation.atmosphere import altitude, depth

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["Geometry", "geometry"]


@dataclass(frozen=True)
class Geometry:
    """Pairs of a shower and a station, each array of shape (n,).

    Args:
        distance: of the station to the shower axis, in m.
        ahead: of the station towards the shower's origin, along the axis from the core, in m; positive on the early
            side of an inclined shower.
        beyond: slant depth between X_max and the station's place along the axis, in g/cm2.
    """

    distance: NDArray[np.float64]
    ahead: NDArray[np.float64]
    beyond: NDArray[np.float64]

    def select(self, index: NDArray[np.int64]) -> Geometry:
        """Some of the pairs."""
        return Geometry(self.distance[index], self.ahead[index], self.beyond[index])


def geometry(
    east: NDArray[np.float64],
    north: NDArray[np.float64],
    zenith: NDArray[np.float64],
    azimuth: NDArray[np.float64],
    xmax: NDArray[np.float64],
    observatory: ObservatorySettings,
) -> Geometry:
    """Return the positions of stations with respect to shower axes, over a flat ground.

    Args:
        east: of the station from the core, in m; all arrays have the same shape.
        north: of the station from the core, in m.
        zenith: of the shower, in rad.
        azimuth: of the shower, counter-clockwise from east, in rad.
        xmax: slant depth, in g/cm2.
        observatory: the array.
    """
    cosine = np.cos(zenith)
    ahead = np.sin(zenith) * (np.cos(azimuth) * east + np.sin(azimuth) * north)
    distance = np.sqrt(np.maximum(east**2 + north**2 - ahead**2, 0.0))
    ground = float(altitude(np.array([observatory.depth]))[0])
    place = ground + ahead * cosine
    return Geometry(
        distance=distance,
        ahead=ahead,
        beyond=depth(place) / cosine - xmax,
    )
