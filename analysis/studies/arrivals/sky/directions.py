"""Directions on the sphere as unit vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["angle_between", "around", "galactic_rotation", "tangents", "to_angles", "unit_vectors"]

Vectors = NDArray[np.float64]


def unit_vectors(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> Vectors:
    """Turn angles in rad into unit vectors (..., 3)."""
    across = np.cos(latitude)
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=-1)


def to_angles(vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn unit vectors (..., 3) into longitude in [0, 2 pi) and latitude, both in rad."""
    longitude = np.arctan2(vectors[..., 1], vectors[..., 0]) % (2.0 * np.pi)
    return longitude, np.arcsin(np.clip(vectors[..., 2], -1.0, 1.0))


def angle_between(first: Vectors, second: Vectors) -> NDArray[np.float64]:
    """Compute angles in rad between unit vectors (..., 3), exact for small ones, too."""
    return 2.0 * np.arcsin(np.clip(0.5 * np.linalg.norm(first - second, axis=-1), 0.0, 1.0))


def galactic_rotation() -> NDArray[np.float64]:
    """Return the matrix (3, 3) with ``equatorial @ matrix`` in Galactic coordinates (astropy, ICRS)."""
    import astropy.units as u
    from astropy.coordinates import SkyCoord

    axes = SkyCoord(ra=[0.0, 90.0, 0.0] * u.deg, dec=[0.0, 0.0, 90.0] * u.deg, frame="icrs").galactic
    return unit_vectors(axes.l.rad, axes.b.rad)


def tangents(vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Return unit vectors (..., 3) eastwards and northwards at directions (..., 3)."""
    east = np.stack([-vectors[..., 1], vectors[..., 0], np.zeros_like(vectors[..., 0])], axis=-1)
    east /= np.maximum(np.linalg.norm(east, axis=-1, keepdims=True), 1e-12)
    return east, np.cross(vectors, east)


def around(
    centres: Vectors, concentration: NDArray[np.float64], uniform: NDArray[np.float64], turn: NDArray[np.float64]
) -> Vectors:
    """Draw directions from Fisher distributions (R. A. Fisher, Proc. R. Soc. A 217 (1953) 295).

    Args:
        centres: unit vectors (..., 3).
        concentration: k of the density exp(k cos(angle)), (...); for large k, 1 / k is the variance in each of the two
            directions, in rad2.
        uniform: random numbers in [0, 1), (...), of the distance.
        turn: random numbers in [0, 1), (...), of the direction around the centre.
    """
    # 1 - cos, without loss of digits where the spread is small
    away = -np.log1p(-uniform * -np.expm1(-2.0 * concentration)) / concentration
    away = np.clip(away, 0.0, 2.0)[..., None]
    along, turned = np.sqrt(away * (2.0 - away)), 2.0 * np.pi * turn[..., None]
    east, north = tangents(centres)
    return (1.0 - away) * centres + along * (np.cos(turned) * east + np.sin(turned) * north)
