"""Space points of an event, sorted into grids and filled up to a size class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.studies.tracking.automaton.geometry import NONE, Geometry
from analysis.studies.tracking.automaton.sizes import Size

__all__ = ["MARGIN", "Points", "needed", "pack", "smallest_class"]

MARGIN = 0.3
"""Space points this near to phi = ±pi in rad stand at both ends, so that no window has to go around."""


class Points(NamedTuple):
    """Space points in the order of the fine grid, each array with the length of the size class.

    Args:
        x: and y, z, mm.
        r: distance from the beam, mm.
        phi: in rad, beyond ±pi for those that stand there a second time.
        layer: index of the layer.
        place: place in the event, -1 of filling.
        cell: of the fine grid, the number of its cells for filling.
        coarse: places in the order of the coarse grid.
        coarse_cell: of the coarse grid, in that order.
        starts: places of those that tracks begin in, -1 for filling.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: NDArray[np.float32]
    r: NDArray[np.float32]
    phi: NDArray[np.float32]
    layer: NDArray[np.int32]
    place: NDArray[np.int32]
    cell: NDArray[np.int32]
    coarse: NDArray[np.int32]
    coarse_cell: NDArray[np.int32]
    starts: NDArray[np.int32]


def needed(
    x: NDArray[np.float32], y: NDArray[np.float32], layer: NDArray[np.int32], geometry: Geometry
) -> tuple[int, int]:
    """Number of space points, those at both ends twice, and of those that tracks begin in."""
    twice = (x < 0) & (np.abs(y) < np.float32(np.tan(MARGIN)) * -x)
    return len(x) + int(np.count_nonzero(twice)), int(np.count_nonzero(np.any(geometry.starts >= 0, axis=1)[layer]))


def smallest_class(points: int, starts: int, sizes: Sequence[Size]) -> int | None:
    """The first size class that has room for so many space points, None where there is none."""
    return next((i for i, size in enumerate(sizes) if points <= size.points and starts <= size.starts), None)


def pack(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    z: NDArray[np.float32],
    layer: NDArray[np.int32],
    geometry: Geometry,
    size: Size,
) -> Points:
    """Sort the space points of an event into both grids and fill them up.

    Args:
        x: and y, z, relative to the beam spot, mm.
        layer: index of the layer of each.
        geometry: the layers.
        size: a size class with room for them (``needed``).
    """
    phi, index = np.arctan2(y, x), np.arange(len(x), dtype=np.int32)
    above, below = np.flatnonzero(phi < MARGIN - np.pi), np.flatnonzero(phi > np.pi - MARGIN)
    turn = np.float32(2 * np.pi)
    index = np.concatenate([index, index[above], index[below]])
    phi = np.concatenate([phi, phi[above] + turn, phi[below] - turn]).astype(np.float32)
    x, y, z, layer = x[index], y[index], z[index], layer[index]
    r = np.hypot(x, y)
    along = np.where(geometry.disk[layer], r, z)
    share = (along - geometry.low[layer]) / (geometry.high - geometry.low)[layer]
    width = np.float32((2 * np.pi + 2 * MARGIN) / size.sectors)
    sector = np.clip(((phi + np.float32(np.pi + MARGIN)) / width).astype(np.int32), 0, size.sectors - 1)

    def cells(rows: int) -> NDArray[np.int32]:
        row = np.clip((share * rows).astype(np.int32), 0, rows - 1)
        return ((layer * rows + row) * size.sectors + sector).astype(np.int32)

    cell = cells(size.rows)
    order = np.argsort(cell, kind="stable")
    first = order < len(order) - len(above) - len(below)
    coarse_cell = cells(size.coarse)[order]
    coarse = np.argsort(coarse_cell, kind="stable")
    starts = np.flatnonzero(np.any(geometry.starts >= 0, axis=1)[layer[order]] & first)
    layers = len(geometry.position)

    def fill(values: NDArray[Any], value: float, length: int = size.points) -> NDArray[Any]:
        filled = np.full(length, value, values.dtype)
        filled[: len(values)] = values
        return filled

    return Points(
        x=fill(x[order], 1.0),
        y=fill(y[order], 1.0),
        z=fill(z[order], 1.0),
        r=fill(r[order], 1.0),
        phi=fill(phi[order], 1.0),
        layer=fill(layer[order].astype(np.int32), 0),
        place=fill(index[order], NONE),
        cell=fill(cell[order], layers * size.rows * size.sectors),
        coarse=fill(coarse.astype(np.int32), 0),
        coarse_cell=fill(coarse_cell[coarse], layers * size.coarse * size.sectors),
        starts=fill(starts.astype(np.int32), NONE, size.starts),
    )
