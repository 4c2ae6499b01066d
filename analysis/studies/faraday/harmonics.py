"""Spherical harmonics as a transform that JAX compiles: from coefficients to values on rings, and at directions
between.

The transform of ``nifty.re`` calls ducc0 by the address of a function, so that no compiled program could be kept for
the next process; this one is two products of arrays and runs wherever JAX does. Tests compare it with healpy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_complex", "grid_interpolation", "legendre", "modes", "synthesise"]


def modes(lmax: int) -> tuple[NDArray, NDArray]:
    """Multipoles of real coefficients, and where they stand in a product of matrices.

    Real coefficients come in the order: m = 0; real parts of m > 0, m by m; imaginary parts in the same order.

    Args:
        lmax: largest multipole.

    Returns:
        Multipole of each coefficient, shape ((lmax + 1)^2,); and the index of the real and the imaginary part of each m
        and l = m + parity + 2 k, or one past the end where there is none, shape (2, 2, lmax + 1, lmax // 2 + 1) by
        part, parity, m and k.
    """
    size, positive = (lmax + 1) ** 2, lmax * (lmax + 1) // 2
    full = np.full((2, lmax + 1, 2 * lmax + 3), size)
    full[0, 0, : lmax + 1] = np.arange(lmax + 1)
    m, degree = np.triu_indices(lmax + 1)
    degree, m = degree[m > 0], m[m > 0]
    full[0, m, degree] = lmax + 1 + np.arange(positive)
    full[1, m, degree] = lmax + 1 + positive + np.arange(positive)
    orders = np.arange(lmax + 1)[:, None]
    chosen = [full[:, orders, orders + parity + 2 * np.arange(lmax // 2 + 1)] for parity in (0, 1)]
    return np.concatenate([np.arange(lmax + 1), degree, degree]), np.stack(chosen, axis=1)


def legendre(lmax: int, rings: int) -> NDArray:
    """Compute associated Legendre functions, normalised so that Y_lm = lambda_lm(theta) exp(i m phi).

    Recursion in l from l = m, which is stable (Press et al., Numerical Recipes, 3rd ed., section 6.7).

    Args:
        lmax: largest degree.
        rings: number of rings of the grid, even; the colatitude of ring t is (t + 1/2) pi / rings.

    Returns:
        lambda_lm with the Condon-Shortley phase on the northern half of the rings, for l = m + parity + 2 k, 0 beyond
        lmax,
        shape (2, lmax + 1, rings / 2, lmax // 2 + 1) by parity, m, ring and k. In the south the odd ones change sign.
    """
    theta = (np.arange(rings // 2) + 0.5) / rings * np.pi
    x, sine = np.cos(theta), np.sin(theta)
    found = np.zeros((2, lmax + 1, len(x), lmax // 2 + 1))
    diagonal = np.full(len(x), np.sqrt(0.25 / np.pi))
    for m in range(lmax + 1):
        if m:
            diagonal = -np.sqrt((2 * m + 1) / (2 * m)) * sine * diagonal
        before, last = np.zeros(len(x)), diagonal
        found[0, m, :, 0] = last
        for degree in range(m + 1, lmax + 1):
            a = np.sqrt((4 * degree**2 - 1) / (degree**2 - m**2))
            b = np.sqrt(max((degree - 1) ** 2 - m**2, 0) / (4 * (degree - 1) ** 2 - 1))
            before, last = last, a * (x * last - b * before)
            step = degree - m
            found[step % 2, m, :, step // 2] = last
    return found


def synthesise(coefficients: Any, table: Any, index: Any) -> Any:
    """Evaluate a real field on rings of colatitude, at longitudes that begin at 0.

    Args:
        coefficients: real ones in the order of :func:`modes`, shape ((lmax + 1)^2,), JAX.
        table: of :func:`legendre`.
        index: of :func:`modes`.

    Returns:
        Values, shape (rings, 2 rings).
    """
    import jax.numpy as jnp

    _, orders, half, _ = table.shape
    padded = jnp.concatenate([coefficients, jnp.zeros(1)])
    parts = jnp.einsum("pmtk,cpmk->cptm", table, padded[index])
    north, south = parts[:, 0] + parts[:, 1], parts[:, 0] - parts[:, 1]
    rows = jnp.concatenate([north, south[:, ::-1]], axis=1)
    factor = jnp.full(orders, 0.5**0.5).at[0].set(1.0)
    return jnp.fft.irfft((rows[0] + 1j * rows[1]) * factor, n=4 * half, axis=1, norm="forward")


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
    """Convert real coefficients of :func:`modes` into the complex ones of healpy, shape ((lmax + 1) (lmax + 2) /
    2,).
    """
    lmax = round(np.sqrt(len(coefficients))) - 1
    positive = lmax * (lmax + 1) // 2
    real, imaginary = coefficients[lmax + 1 : lmax + 1 + positive], coefficients[lmax + 1 + positive :]
    return np.concatenate([coefficients[: lmax + 1], (real + 1j * imaginary) * 0.5**0.5])
