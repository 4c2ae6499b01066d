"""Shapes of showers, from the hits in the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.calorimeter.simulation.lead_tungstate import RADIATION_LENGTH

if TYPE_CHECKING:
    from analysis.studies.calorimeter.shapes.settings import ShapeSettings

__all__ = ["hits_of", "shapes_of"]

Array = NDArray[np.float64]


def hits_of(cells: NDArray[np.float32], settings: ShapeSettings) -> Array:
    """Suppress cells without a hit: (n, c) in MeV."""
    return np.where(cells > settings.threshold, cells, 0.0).astype(np.float64)


def shapes_of(cells: NDArray[np.float32], energy: Array, settings: ShapeSettings) -> Array:
    """Shapes of n showers, of those in :func:`analysis.studies.calorimeter.shapes.settings.shape_names`.

    Means and widths are those of the energy in depth (radiation lengths) and across (cm), with the cells' middles.

    Args:
        cells: (n, c) in MeV.
        energy: of the particles, (n,), in GeV.
        settings: threshold and block.
    """
    block, hits = settings.block, hits_of(cells, settings)
    total = hits.sum(axis=1)
    # a shower without a hit has no shape
    grid = hits.reshape(-1, block.rows, block.rows, block.layers) / np.maximum(total, 1e-9)[:, None, None, None]
    across = block.width * (np.arange(block.rows) - (block.rows - 1) / 2)
    layers = grid.sum(axis=(1, 2))
    depth = block.length / block.layers / RADIATION_LENGTH * (np.arange(block.layers) + 0.5)
    mean_x, width_x = _moments(grid.sum(axis=(2, 3)), across)
    mean_y, width_y = _moments(grid.sum(axis=(1, 3)), across)
    mean_depth, length = _moments(layers, depth)
    columns = (
        *(total / (1000.0 * energy), mean_depth, length, mean_x, mean_y, width_x, width_y),
        *((hits > 0).mean(axis=1), grid.reshape(len(grid), -1).max(axis=1)),
    )
    return np.concatenate([np.stack(columns, axis=1), layers], axis=1)


def _moments(shares: Array, place: NDArray[Any]) -> tuple[Array, Array]:
    """Mean and width of places (k,), by shares (n, k)."""
    mean = (shares * place).sum(axis=1)
    return mean, np.sqrt(np.maximum((shares * place**2).sum(axis=1) - mean**2, 0.0))
