"""Exposure of a surface array in closed form (P. Sommers, Astropart. Phys. 14 (2001) 271)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["INCLINED", "LATITUDE", "VERTICAL", "cumulative", "declinations", "relative_exposure"]

LATITUDE = -35.2
"""Geographic latitude of the Pierre Auger Observatory, in degrees."""

VERTICAL, INCLINED = (0.0, 60.0), (60.0, 80.0)
"""Zenith angles of the two reconstructions, in degrees; with 95,700 and 26,300 km2 sr yr."""

_GRID = 4001


def relative_exposure(declination: NDArray[np.float64], zenith: tuple[float, float]) -> NDArray[np.float64]:
    """Compute the exposure of a fully efficient flat array, integrated over a sidereal day.

    Sommers' Eq. 2 and 3: cos(latitude) cos(declination) sin(a) + a sin(latitude) sin(declination), where a is the hour
    angle at which the declination passes the largest zenith angle; of a range of zenith angles, the difference.

    Args:
        declination: rad, any shape.
        zenith: smallest and largest zenith angle, degrees.

    Returns:
        The exposure in units of its own, never negative, in the same shape.

    Examples:
        >>> south, north = relative_exposure(np.radians([-80.0, 50.0]), VERTICAL)
        >>> bool(south > 0), float(north)
        (True, 0.0)
    """
    return np.maximum(_within(declination, zenith[1]) - _within(declination, zenith[0]), 0.0)


def _within(declination: NDArray[np.float64], zenith: float) -> NDArray[np.float64]:
    if zenith <= 0.0:
        return np.zeros_like(declination)
    latitude = np.radians(LATITUDE)
    along, across = np.sin(latitude) * np.sin(declination), np.cos(latitude) * np.cos(declination)
    # at the poles the zenith angle is the same all day
    position = (np.cos(np.radians(zenith)) - along) / np.maximum(across, 1e-12)
    hour = np.arccos(np.clip(position, -1.0, 1.0))
    return across * np.sin(hour) + hour * along


def cumulative(zenith: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Integrate the exposure over the sine of the declination.

    Args:
        zenith: range, degrees.

    Returns:
        Sines of declinations, rising, and the share of the exposure below each: from 0 to 1.
    """
    sine = np.linspace(-1.0, 1.0, _GRID)
    exposure = relative_exposure(np.arcsin(sine), zenith)
    share = np.concatenate([[0.0], np.cumsum(0.5 * (exposure[1:] + exposure[:-1]))])
    return sine, share / share[-1]


def declinations(uniform: NDArray[np.float64], zenith: tuple[float, float]) -> NDArray[np.float64]:
    """Draw sines of declinations of an isotropic flux.

    Args:
        uniform: random numbers in [0, 1).
        zenith: range, degrees.
    """
    sine, share = cumulative(zenith)
    first = int(np.searchsorted(share, 0.0, side="right")) - 1
    last = int(np.searchsorted(share, 1.0, side="left")) + 1
    return np.interp(uniform, share[first:last], sine[first:last])
