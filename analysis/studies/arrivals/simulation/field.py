"""Deflections in the coherent field of the Galactic halo (R. Jansson and G. R. Farrar, ApJ 757 (2012) 14, JF12)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.studies.arrivals.sky.directions import Vectors

__all__ = ["deflections", "halo_field"]

# JF12, Table 1; kpc and microgauss
_NORTH, _SOUTH, _RADIUS_NORTH, _RADIUS_SOUTH, _WIDTH, _SCALE = 1.4, -1.1, 9.22, 16.7, 0.20, 5.3
_DISK_HEIGHT, _DISK_WIDTH = 0.40, 0.27
_X, _X_ANGLE, _X_RADIUS, _X_SCALE = 4.6, np.radians(49.0), 4.8, 2.9
_SUN, _OUTER, _INNER = 8.5, 20.0, 1.0

# rad EV / (kpc microgauss): a proton of 1 EeV goes in a circle of 1.081 kpc across 1 microgauss
_TURN = 0.9252


def halo_field(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the coherent field of JF12's halo: the toroidal one (Eq. 6) and the X-shaped one (Eq. 7-10).

    The field of the disk is left out, and so are all turbulent ones.

    Args:
        place: (..., 3), kpc; origin at the Galactic centre, the Sun at (-8.5, 0, 0), z to the Galactic north.

    Returns:
        (..., 3), microgauss; 0 beyond 20 kpc and within 1 kpc of the centre.
    """
    x, y, z = np.moveaxis(place, -1, 0)
    radius = np.maximum(np.hypot(x, y), 1e-6)
    distance = np.sqrt(radius**2 + z**2)
    inside = (distance < _OUTER) & (distance > _INNER)

    disk = _logistic(np.abs(z), _DISK_HEIGHT, _DISK_WIDTH)
    north = z > 0
    edge = _logistic(radius, np.where(north, _RADIUS_NORTH, _RADIUS_SOUTH), _WIDTH)
    around = np.exp(-np.abs(z) / _SCALE) * disk * np.where(north, _NORTH, _SOUTH) * (1.0 - edge)
    toroidal = np.stack([-y / radius, x / radius, np.zeros_like(x)], axis=-1) * around[..., None]

    # field lines of constant elevation outside of the radius of the X, and of one that grows to the middle inside
    outer = radius - np.abs(z) / np.tan(_X_ANGLE)
    far = outer > _X_RADIUS
    foot = np.where(far, outer, radius * _X_RADIUS / (_X_RADIUS + np.abs(z) / np.tan(_X_ANGLE)))
    angle = np.where(far, _X_ANGLE, np.arctan2(np.abs(z), np.maximum(radius - foot, 1e-9)))
    weaker = np.where(far, foot / radius, (foot / radius) ** 2)
    strength = _X * np.exp(-foot / _X_SCALE) * weaker
    rising = np.where(z >= 0, 1.0, -1.0)
    across = strength * np.cos(angle) * rising
    shaped = np.stack([across * x / radius, across * y / radius, strength * np.sin(angle)], axis=-1)
    return np.where(inside[..., None], toroidal + shaped, 0.0)


def deflections(directions: Vectors, *, steps: int = 400) -> NDArray[np.float64]:
    """Integrate deflections along straight lines of sight.

    A cosmic ray of rigidity R that arrives from the direction n came to the Galaxy from n + d / R, as long as this is
    small: it flew with v = -n, which on its way had changed by the integral of v x B over R.

    Args:
        directions: unit vectors (n, 3) in Galactic coordinates, where the cosmic rays arrive from.
        steps: of the integral, up to where the field ends.

    Returns:
        d: (n, 3), rad EV, across the directions.
    """
    sun = np.array([-_SUN, 0.0, 0.0])
    # to the sphere of 20 kpc around the Galactic centre
    along = directions @ sun
    length = -along + np.sqrt(along**2 + _OUTER**2 - _SUN**2)
    total = np.zeros_like(directions)
    for step in range(steps):
        total += halo_field(sun + ((step + 0.5) / steps * length)[:, None] * directions)
    return _TURN * np.cross(total * (length / steps)[:, None], directions)


def _logistic(value: NDArray[np.float64], middle: NDArray[np.float64] | float, width: float) -> NDArray[np.float64]:
    """JF12, Eq. 5: from 0 to 1 at the middle."""
    return 1.0 / (1.0 + np.exp(np.clip(-2.0 * (np.abs(value) - middle) / width, -60.0, 60.0)))
