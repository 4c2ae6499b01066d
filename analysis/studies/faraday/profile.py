"""The latitude profile: how large rotation measures are, by latitude (Oppermann et al., A&A 542 (2012) A93)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError

__all__ = ["at_latitude", "latitude_profile"]

# median of the absolute value of a standard normal variable
_MEDIAN = 0.6744897501960817


def latitude_profile(
    latitude: NDArray, rm: NDArray, bins: int = 40, least: int = 10, smooth: float = 1.0
) -> tuple[NDArray, NDArray]:
    """Measure the typical size of rotation measures in bins of the sine of latitude.

    It is the median absolute value, scaled to the standard deviation of a normal distribution, smoothed in its
    logarithm; bins with few sources take what lies between their neighbours.

    Args:
        latitude: of the sources in degrees, shape (n,).
        rm: their rotation measures in rad/m2, shape (n,).
        bins: of equal area.
        least: sources that a bin needs.
        smooth: standard deviation of the smoothing in bins.

    Returns:
        Sines of latitudes at the centres of the bins, and the profile there in rad/m2, both of shape (bins,).

    Raises:
        DataError: no bin has enough sources.
    """
    from scipy.ndimage import gaussian_filter1d

    edges = np.linspace(-1.0, 1.0, bins + 1)
    centres = (edges[1:] + edges[:-1]) / 2.0
    place = np.clip(np.digitize(np.sin(np.radians(latitude)), edges) - 1, 0, bins - 1)
    median = np.array(
        [np.median(np.abs(rm[place == n])) if (place == n).sum() >= least else np.nan for n in range(bins)]
    )
    known = np.isfinite(median) & (median > 0)
    if not known.any():
        raise DataError(
            f"no latitude profile from {len(rm)} sources: no bin of {bins} has {least} of them",
            cure="take more sources, or fewer bins",
        )
    logarithm = np.interp(centres, centres[known], np.log(median[known]))
    return centres, np.exp(gaussian_filter1d(logarithm, smooth, mode="nearest")) / _MEDIAN


def at_latitude(profile: tuple[NDArray, NDArray], latitude: NDArray) -> NDArray:
    """Interpolate a profile in the sine of latitude, in rad/m2, shape (n,)."""
    return np.exp(np.interp(np.sin(np.radians(latitude)), profile[0], np.log(profile[1])))
