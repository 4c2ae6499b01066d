"""Hexagonal grids: their places, ring after ring, and which of them are neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["coordinates", "neighbours", "rings_of"]

# axial coordinates of a place's six neighbours, counter-clockwise from the first axis
_STEPS = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))


def coordinates(rings: int) -> NDArray[np.int64]:
    """Axial coordinates of a hexagon's places: the middle, then ring after ring, each counter-clockwise.

    Args:
        rings: around the middle.

    Returns:
        (3 rings (rings + 1) + 1, 2): the position is ``a (1, 0) + b (1/2, sqrt(3)/2)`` for the coordinates a and b.

    Examples:
        >>> coordinates(1).tolist()
        [[0, 0], [1, 0], [0, 1], [-1, 1], [-1, 0], [0, -1], [1, -1]]
    """
    places = [(0, 0)]
    for ring in range(1, rings + 1):
        for side in range(6):
            start, along = _STEPS[side], _STEPS[(side + 2) % 6]
            places += [(ring * start[0] + k * along[0], ring * start[1] + k * along[1]) for k in range(ring)]
    return np.array(places, dtype=np.int64)


def neighbours(rings: int) -> NDArray[np.int64]:
    """The six neighbours of each place, counter-clockwise from the first axis.

    Args:
        rings: around the middle.

    Returns:
        (p, 6), -1 where the hexagon ends.

    Examples:
        >>> neighbours(1)[:2].tolist()
        [[1, 2, 3, 4, 5, 6], [-1, -1, 2, 0, 6, -1]]
    """
    places = coordinates(rings).tolist()
    index = {tuple(place): number for number, place in enumerate(places)}
    return np.array([[index.get((a + one, b + other), -1) for one, other in _STEPS] for a, b in places])


def rings_of(places: int) -> int:
    """Return the number of rings of a hexagon with a number of places.

    Raises:
        ValueError: no hexagon has so many.

    Examples:
        >>> rings_of(1), rings_of(7), rings_of(19)
        (0, 1, 2)
    """
    rings = 0
    while 3 * rings * (rings + 1) + 1 < places:
        rings += 1
    if 3 * rings * (rings + 1) + 1 != places:
        raise ValueError(f"no hexagon has {places} places; some have 1, 7, 19, 37")
    return rings
