"""The triangular grid of stations: where they stand, and which are neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.hexagon import coordinates

if TYPE_CHECKING:
    from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["footprint", "number_of_stations", "positions"]


def number_of_stations(observatory: ObservatorySettings) -> int:
    """Return the number of stations."""
    return 3 * observatory.rings * (observatory.rings + 1) + 1


def positions(observatory: ObservatorySettings) -> NDArray[np.float64]:
    """Return the positions of the stations, (s, 2): east and north of the central one, in m.

    Examples:
        >>> from analysis.studies.airshower.settings import ObservatorySettings
        >>> positions(ObservatorySettings(rings=1)).round().tolist()[1:3]
        [[1500.0, 0.0], [750.0, 1299.0]]
    """
    axial = coordinates(observatory.rings)
    east = axial[:, 0] + axial[:, 1] / 2.0
    north = axial[:, 1] * np.sqrt(3.0) / 2.0
    return observatory.spacing * np.stack([east, north], axis=1)


def footprint(observatory: ObservatorySettings, rings: int) -> NDArray[np.int64]:
    """Each station's surroundings as places of a hexagon: itself, then ring after ring, counter-clockwise from east.

    Args:
        observatory: the array.
        rings: of the hexagon; 1 for the six neighbours.

    Returns:
        (s, 3 rings (rings + 1) + 1): indices of stations, -1 where there is none.

    Examples:
        >>> from analysis.studies.airshower.settings import ObservatorySettings
        >>> footprint(ObservatorySettings(rings=1), 1)[:2].tolist()
        [[0, 1, 2, 3, 4, 5, 6], [1, -1, -1, 2, 0, 6, -1]]
    """
    axial, around = coordinates(observatory.rings), coordinates(rings)
    index = {tuple(place): number for number, place in enumerate(axial.tolist())}
    return np.array([[index.get(tuple(place), -1) for place in (own + around).tolist()] for own in axial])
