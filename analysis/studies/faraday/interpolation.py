"""Interpolations that know nothing of the Galaxy: what a map has to be better than."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.sphere import nearest

__all__ = ["interpolate"]


def interpolate(known: NDArray, rm: NDArray, wanted: NDArray, neighbours: int = 20) -> dict[str, NDArray]:
    """Interpolate rotation measures from the sources around.

    Args:
        known: directions of sources, unit vectors, shape (n, 3).
        rm: their rotation measures in rad/m2, shape (n,).
        wanted: directions, unit vectors, shape (m, 3).
        neighbours: of each, for the mean that is weighted by inverse squared distances.

    Returns:
        By name, in rad/m2, shape (m,): ``nearest``, ``median_of_five`` and ``inverse_distance``; and the
        ``separation`` of the nearest source in degrees.
    """
    distance, index = nearest(known, wanted, neighbours)
    # closer than an arc second, positions tell nothing
    weights = 1.0 / np.maximum(distance, 1.0 / 3600.0) ** 2
    around = rm[index]
    return {
        "nearest": around[:, 0],
        "median_of_five": np.median(around[:, :5], axis=1),
        "inverse_distance": (weights * around).sum(axis=1) / weights.sum(axis=1),
        "separation": distance[:, 0],
    }
