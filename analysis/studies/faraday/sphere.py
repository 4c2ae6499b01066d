"""Geometry on the sphere: directions, neighbours, groups, and pixels of HEALPix maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["chord", "directions", "linked", "nearest", "pixel_latitudes", "separation"]


def directions(longitude: NDArray, latitude: NDArray) -> NDArray:
    """Convert Galactic coordinates into unit vectors.

    Args:
        longitude: in degrees, shape (n,).
        latitude: in degrees, shape (n,).

    Returns:
        Unit vectors, shape (n, 3).

    Examples:
        >>> directions(np.array([90.0]), np.array([0.0])).round(6).tolist()
        [[0.0, 1.0, 0.0]]
    """
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def chord(angle: float) -> float:
    """Length of the chord between two directions that are an angle in degrees apart, on the unit sphere."""
    return float(2.0 * np.sin(np.radians(angle) / 2.0))


def separation(length: NDArray) -> NDArray:
    """Angle in degrees between directions whose chord on the unit sphere has a length."""
    return np.degrees(2.0 * np.arcsin(np.clip(np.asarray(length) / 2.0, 0.0, 1.0)))


def nearest(known: NDArray, wanted: NDArray, number: int) -> tuple[NDArray, NDArray]:
    """Find the nearest of some directions.

    Args:
        known: unit vectors, shape (n, 3).
        wanted: unit vectors, shape (m, 3).
        number: how many neighbours, not more than n.

    Returns:
        Separations in degrees, ascending, and indices of the neighbours, both of shape (m, number).
    """
    from scipy.spatial import cKDTree

    lengths, indices = cKDTree(known).query(wanted, k=np.arange(1, number + 1))
    return separation(lengths), indices


def pixel_latitudes(nside: int) -> NDArray:
    """Galactic latitudes of the pixels of a map in degrees, shape (12 nside^2,)."""
    import healpy

    _, latitude = healpy.pix2ang(nside, np.arange(healpy.nside2npix(nside)), lonlat=True)
    return np.asarray(latitude)


def linked(vectors: NDArray, angle: float, label: NDArray | None = None, alike: float = 0.0) -> NDArray:
    """Label groups of directions that are linked by steps of no more than an angle.

    Args:
        vectors: unit vectors, shape (n, 3).
        angle: in degrees.
        label: of each direction, shape (n,); directions with the same label are linked by ``alike``, not ``angle``.
        alike: in degrees, not more than ``angle``.

    Returns:
        Number of each one's group, shape (n,).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(vectors).query_pairs(chord(angle), output_type="ndarray")
    if label is not None:
        far = np.linalg.norm(vectors[pairs[:, 0]] - vectors[pairs[:, 1]], axis=1) > chord(alike)
        pairs = pairs[~(far & (label[pairs[:, 0]] == label[pairs[:, 1]]))]
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(vectors), len(vectors)))
    return np.asarray(connected_components(links, directed=False)[1])
