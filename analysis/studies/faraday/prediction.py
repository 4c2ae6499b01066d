"""Predictions of rotation measures at directions, from samples of the posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.harmonics import grid_interpolation, legendre, modes
from analysis.studies.faraday.model import scale_of
from analysis.studies.faraday.profile import at_latitude

__all__ = ["Predictive", "depths", "predictive"]


def depths(samples: Mapping[str, NDArray], longitude: NDArray, latitude: NDArray) -> NDArray:
    """Compute the Faraday depth of the Galaxy in each sample, as the model has it, in rad/m2, shape (samples, n).

    Args:
        samples: record of an inference.
        longitude: Galactic, in degrees, shape (n,).
        latitude: Galactic, in degrees, shape (n,).
    """
    lmax = samples["spectrum"].shape[1] - 1
    rings = 2 * lmax
    table, (_, index) = legendre(lmax, rings), modes(lmax)
    points, weights = grid_interpolation(rings, longitude, latitude)
    factor = np.full(lmax + 1, 0.5**0.5)
    factor[0] = 1.0
    found = []
    for coefficients in samples["coefficients"].astype(np.float64):
        parts = np.append(coefficients, 0.0)[index].transpose(1, 2, 3, 0)
        # by parity, m, ring and part: real and imaginary
        even, odd = np.matmul(table, parts)
        rows = np.concatenate([even + odd, (even - odd)[:, ::-1]], axis=1)
        spectrum = (rows[..., 0] + 1j * rows[..., 1]).T * factor
        grid = np.fft.irfft(spectrum, n=2 * rings, axis=1, norm="forward").reshape(-1)
        found.append((weights * grid[points]).sum(axis=0))
    return at_latitude((samples["profile"][0], samples["profile"][1]), latitude) * np.stack(found)


class Predictive:
    """Distribution of rotation measures: a mixture, one of Student's t distributions for each sample.

    Args:
        location: in rad/m2, shape (samples, n).
        scale: in rad/m2, shape (samples, n).
        degrees_of_freedom: of all of them.
    """

    def __init__(self, location: NDArray, scale: NDArray, degrees_of_freedom: float) -> None:
        self.location, self.scale, self.degrees_of_freedom = location, scale, degrees_of_freedom

    @property
    def mean(self) -> NDArray:
        """Posterior mean of the Faraday depth in rad/m2, shape (n,)."""
        return np.asarray(self.location.mean(axis=0))

    @property
    def deviation(self) -> NDArray:
        """Posterior standard deviation of the Faraday depth in rad/m2, shape (n,)."""
        return np.asarray(self.location.std(axis=0))

    def cumulative(self, rm: NDArray) -> NDArray:
        """Probability of a smaller rotation measure, shape (n,)."""
        from scipy.stats import t

        return np.asarray(t.cdf((rm - self.location) / self.scale, self.degrees_of_freedom).mean(axis=0))

    def density(self, rm: NDArray) -> NDArray:
        """Probability density of a rotation measure in m2/rad, shape (n,)."""
        from scipy.stats import t

        return np.asarray((t.pdf((rm - self.location) / self.scale, self.degrees_of_freedom) / self.scale).mean(axis=0))

    def draw(self, sample: int, seed: int) -> NDArray:
        """Draw a rotation measure at each place from one sample, in rad/m2, shape (n,)."""
        deviates = np.random.default_rng([seed, sample]).standard_t(self.degrees_of_freedom, self.location.shape[1])
        return np.asarray(self.location[sample] + self.scale[sample] * deviates)


def predictive(samples: Mapping[str, NDArray], sources: Mapping[str, Any], separation: NDArray) -> Predictive:
    """Predict rotation measures of sources.

    Args:
        samples: record of an inference, which says the degrees of freedom of the deviates.
        sources: ``longitude``, ``latitude``, ``uncertainty`` and ``catalogue``, shape (n,).
        separation: of the nearest other source that the inference saw, in degrees, shape (n,).
    """
    location = depths(samples, sources["longitude"], sources["latitude"])
    profile = at_latitude((samples["profile"][0], samples["profile"][1]), sources["latitude"])
    names = ("by_catalogue", "unresolved", "growth", "isolation")
    scale = [
        scale_of(
            {name: samples[name][row] for name in names},
            profile,
            sources["uncertainty"],
            sources["catalogue"],
            separation,
        )
        for row in range(len(location))
    ]
    return Predictive(location, np.stack(scale), float(samples["degrees_of_freedom"][0]))
