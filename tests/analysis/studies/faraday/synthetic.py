"""Synthetic Faraday skies: what a test knows the truth of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.harmonics import modes
from analysis.studies.faraday.prediction import depths

PROFILE = (np.array([-0.95, 0.0, 0.95]), np.array([20.0, 120.0, 20.0]))


def spectrum(lmax: int, slope: float) -> NDArray:
    """C_l of a power law from l = 1 on, of a field with unit variance, shape (lmax + 1,)."""
    degree = np.arange(1, lmax + 1)
    shape = degree.astype(float) ** slope
    return np.append(0.0, shape * 4 * np.pi / np.sum((2 * degree + 1) * shape))


def sky(lmax: int, slope: float, seed: int) -> dict[str, NDArray]:
    """A sky as the record of an inference with one sample that is the truth."""
    power = spectrum(lmax, slope)
    degree, _ = modes(lmax)
    coefficients = np.random.default_rng(seed).normal(size=len(degree)) * np.sqrt(power[degree])
    return {"coefficients": coefficients[None], "spectrum": power[None], "profile": np.stack(PROFILE)}


def measurements(truth: dict[str, NDArray], number: int, scatter: float, seed: int) -> dict[str, NDArray]:
    """Rotation measures of sources all over the sky, with Gaussian uncertainties and a heavy-tailed scatter."""
    random = np.random.default_rng(seed)
    longitude, latitude = random.uniform(0, 360, number), np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    uncertainty = random.uniform(1.0, 5.0, number)
    catalogue = random.integers(0, 3, number)
    scale = np.hypot(uncertainty, scatter * np.array([0.5, 1.0, 2.0])[catalogue])
    depth = depths(truth, longitude, latitude)[0]
    return {
        "longitude": longitude,
        "latitude": latitude,
        "rm": depth + scale * random.standard_t(3.0, number),
        "uncertainty": uncertainty,
        "catalogue": catalogue,
        "identity": random.integers(0, 2**64 - 1, number, dtype=np.uint64),
        "depth": depth,
    }
