"""Spherical harmonics as a transform that JAX compiles: from coefficients to values on rings, and at directions between.

The transform of ``nifty.re`` calls ducc0 by the address of a function, so that no compiled program could be kept for the next
process; this one is two products of arrays and runs wherever JAX does. Tests compare it with healpy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_complex", "grid_interpolation", "legendre", "modes", "synthesise"]


def modes(lmax: int) -> tuple[NDArray, NDArray]:
    """Multipoles of real coefficients, and where they stand in a triangle.

    Real coefficients come in the order: m = 0; real parts of m > 0, m by m; imaginary parts in the same order.

    Args:
        lmax: largest multipole.

    Returns:
        Multipole of each coefficient, shape ((lmax + 1)^2,), and for real and imaginary parts the index of the coefficient
        of m and l, or one past the end where there is none, shape (2, lmax + 1, lmax + 1).
    """
    size, positive = (lmax + 1) ** 2, lmax * (lmax + 1) // 2
    index = np.full((2, lmax + 1, lmax + 1), size)
    index[0, 0] = np.arange(lmax + 1)
    m, degree = np.triu_indices(lmax + 1)
    degree, m = degree[m > 0], m[m > 0]
    index[0, m, degree] = lmax + 1 + np.arange(positive)
    index[1, m, degree] = lmax + 1 + positive + np.arange(positive)
    return np.concatenate([np.arange(lmax + 1), degree, degree]), index


def legendre(lmax: int, cosine: NDArray) -> NDArray:
    """Compute associated Legendre functions, normalised so that Y_lm = lambda_lm(theta) exp(i m phi).

    Recursion in l from l = m, which is stable (Press et al., Numerical Recipes, 3rd ed., section 6.7).

    Args:
        lmax: largest degree.
        cosine: of the colatitudes, shape (n,).

    Returns:
        lambda_lm with the Condon-Shortley phase, 0 for l < m, shape (lmax + 1, n, lmax + 1) by m, colatitude and l.
    """
    x = np.asarray(cosine, dtype=np.float64)
    sine = np.sqrt(1.0 - x**2)
    found = np.zeros((lmax + 1, len(x), lmax + 1))
    diagonal = np.full(len(x), np.sqrt(0.25 / np.pi))
    for m in range(lmax + 1):
        if m:
            diagonal = -np.sqrt((2 * m + 1) / (2 * m)) * sine * diagonal
        found[m, :, m] = diagonal
        if m < lmax:
            found[m, :, m + 1] = np.sqrt(2 * m + 3) * x * diagonal
        for degree in range(m + 2, lmax + 1):
            a = np.sqrt((4 * degree**2 - 1) / (degree**2 - m**2))
            b = np.sqrt(((degree - 1) ** 2 - m**2) / (4 * (degree - 1) ** 2 - 1))
            found[m, :, degree] = a * (x * found[m, :, degree - 1] - b * found[m, :, degree - 2])
    return found


def synthesise(coefficients: Any, table: Any, index: Any) -> Any:
    """Evaluate a real field on rings of colatitude, at longitudes that begin at 0.

    Args:
        coefficients: real ones in the order of :func:`modes`, shape ((lmax + 1)^2,), JAX.
        table: :func:`legendre` at the colatitudes of the rings, shape (lmax + 1, rings, lmax + 1).
        index: of :func:`modes`.

    Returns:
        Values, shape (rings, 2 rings).
    """
    import jax.numpy as jnp

    rings = table.shape[1]
    padded = jnp.concatenate([coefficients, jnp.zeros(1)])
    parts = jnp.einsum("mtl,cml->ctm", table, padded[index])
    half = jnp.full(table.shape[0], 0.5**0.5).at[0].set(1.0)
    return jnp.fft.irfft((parts[0] + 1j * parts[1]) * half, n=2 * rings, axis=1, norm="forward")


def grid_interpolation(rings: int, longitude: NDArray, latitude: NDArray) -> tuple[NDArray, NDArray]:
    """Find the four points of a grid around each direction and their weights in bilinear interpolation.

    Args:
        rings: number of rings, at colatitudes (k + 1/2) pi / rings, with 2 rings points each.
        longitude: in degrees, shape (n,).
        latitude: in degrees, shape (n,).

    Returns:
        Indices into the flattened grid and weights, both of shape (4, n); weights of a direction add up to 1.
    """
    row = (90.0 - np.asarray(latitude)) / 180.0 * rings - 0.5
    column = np.mod(np.asarray(longitude), 360.0) / 360.0 * 2 * rings
    above, left = np.floor(row).astype(int), np.floor(column).astype(int)
    down, right = row - above, column - left
    found, weights = [], []
    for step, share in ((0, 1.0 - down), (1, down)):
        ring = above + step
        # beyond a pole, the ring goes on at the opposite longitude
        beyond = (ring < 0) | (ring >= rings)
        ring = np.where(ring < 0, -1 - ring, np.where(ring >= rings, 2 * rings - 1 - ring, ring))
        for shift, part in ((0, 1.0 - right), (1, right)):
            found.append(ring * 2 * rings + (left + shift + np.where(beyond, rings, 0)) % (2 * rings))
            weights.append(share * part)
    return np.stack(found), np.stack(weights)


def as_complex(coefficients: NDArray) -> NDArray:
    """Convert real coefficients of :func:`modes` into the complex ones of healpy, shape ((lmax + 1) (lmax + 2) / 2,)."""
    lmax = round(np.sqrt(len(coefficients))) - 1
    positive = lmax * (lmax + 1) // 2
    real, imaginary = coefficients[lmax + 1 : lmax + 1 + positive], coefficients[lmax + 1 + positive :]
    return np.concatenate([coefficients[: lmax + 1], (real + 1j * imaginary) * 0.5**0.5])
