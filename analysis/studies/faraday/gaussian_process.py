"""A Gaussian process on the sphere as a rival of the map (Rasmussen and Williams, MIT Press 2006, chapter 2).

Rotation measures in units of the latitude profile have the covariance a^2 exp(-d / c) at the angle d, which is
positive definite on the sphere (Gneiting, Bernoulli 19 (2013) 1327), and independent noise. Amplitude, angle and
noise are those by which sources are predicted best from their neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.sphere import nearest

__all__ = ["fit_kernel", "predict"]

# what lies beyond so many units of the profile counts as that: the process has no heavy tails
_LARGEST = 4.0


def fit_kernel(
    directions: NDArray, values: NDArray, relative: NDArray, neighbours: int = 20, sources: int = 3000
) -> tuple[float, float, float]:
    """Find the kernel that predicts sources best from their neighbours, by the likelihood of leaving one out.

    Args:
        directions: unit vectors, shape (n, 3).
        values: rotation measures in units of the profile, shape (n,).
        relative: their uncertainties in the same units, shape (n,).
        neighbours: that each is predicted from.
        sources: number of sources that are predicted, evenly out of all.

    Returns:
        Amplitude a, angle c in degrees, and noise.
    """
    from scipy.optimize import minimize

    some = np.unique(np.linspace(0, len(values) - 1, min(sources, len(values))).astype(int))
    clipped = np.clip(values, -_LARGEST, _LARGEST)
    _, index = nearest(directions, directions[some], neighbours + 1)
    # the first one is the source itself
    around = index[:, 1:]

    def loss(logarithms: NDArray) -> float:
        mean, variance = _conditional(directions, clipped, relative, directions[some], around, np.exp(logarithms))
        variance = variance + np.exp(2.0 * logarithms[2]) + relative[some] ** 2
        return float(np.mean((clipped[some] - mean) ** 2 / variance + np.log(variance)))

    found = minimize(loss, np.log([1.0, 10.0, 0.5]), method="Nelder-Mead", options={"xatol": 0.02, "fatol": 1e-4})
    amplitude, angle, noise = np.exp(found.x)
    return float(amplitude), float(angle), float(noise)


def predict(
    directions: NDArray,
    values: NDArray,
    relative: NDArray,
    wanted: NDArray,
    kernel: tuple[float, float, float],
    neighbours: int = 100,
) -> NDArray:
    """Predict values at directions from the nearest sources, in units of the profile, shape (m,).

    Args:
        directions: unit vectors of the sources, shape (n, 3).
        values: in units of the profile, shape (n,).
        relative: their uncertainties in the same units, shape (n,).
        wanted: unit vectors, shape (m, 3).
        kernel: of :func:`fit_kernel`.
        neighbours: nearest sources that count.
    """
    _, index = nearest(directions, wanted, min(neighbours, len(values)))
    clipped, parameters = np.clip(values, -_LARGEST, _LARGEST), np.array(kernel)
    parts = [
        _conditional(directions, clipped, relative, wanted[rows], index[rows], parameters)[0]
        for rows in np.array_split(np.arange(len(wanted)), max(len(wanted) // 500, 1))
    ]
    return np.concatenate(parts)


def _conditional(
    directions: NDArray, values: NDArray, relative: NDArray, wanted: NDArray, around: NDArray, kernel: NDArray
) -> tuple[NDArray, NDArray]:
    """Mean and variance of the process at directions, given the sources around each."""
    amplitude, angle, noise = kernel

    def covariance(cosine: NDArray) -> NDArray:
        return amplitude**2 * np.exp(-np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))) / angle)

    places = directions[around]
    matrix = covariance(places @ places.transpose(0, 2, 1))
    matrix += np.eye(around.shape[1]) * (noise**2 + relative[around] ** 2)[:, None, :]
    cross = covariance(np.einsum("nkx,nx->nk", places, wanted))
    weights = np.linalg.solve(matrix, cross[:, :, None])[:, :, 0]
    return (weights * values[around]).sum(axis=1), amplitude**2 - (weights * cross).sum(axis=1)
