"""The published likelihood of catalogues (Pierre Auger Collaboration, ApJ 935 (2022) 170, Sec. 4.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scan", "profile", "scan"]

_STEPS = 12


def profile(ratio: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Maximise the likelihood of the anisotropic fraction a.

    TS = 2 sum ln(1 - a + a r), r the density of the sources over that of isotropy at each event. It is concave in a:
    Newton's method, kept within [0, 1].

    Args:
        ratio: r at the events, (..., n).

    Returns:
        TS, a, and the statistical uncertainty of a from the curvature, (...) each; TS and a are 0 where there are
        fewer events near the sources than isotropy gives.
    """
    excess = np.atleast_2d(ratio) - 1.0
    fraction, statistic = np.zeros(len(excess)), np.zeros(len(excess))
    uncertainty = 1.0 / np.sqrt(np.einsum("rn,rn->r", excess, excess))
    (left,) = np.nonzero(excess.sum(axis=1) > 0.0)
    found, excess = np.zeros(len(left)), excess[left]
    for _ in range(_STEPS):
        if not len(left):
            break
        weighed = excess / (1.0 + found[:, None] * excess)
        curvature = np.einsum("rn,rn->r", weighed, weighed)
        new = np.clip(found + weighed.sum(axis=1) / curvature, 0.0, 0.999)
        moved = np.max(np.abs(new - found) * np.sqrt(curvature))
        found = new
        # in standard deviations; what is left of TS is the square of it
        if moved < 1e-3:
            break
    if len(left):
        fraction[left], uncertainty[left] = found, 1.0 / np.sqrt(curvature)
        statistic[left] = 2.0 * np.sum(np.log1p(found[:, None] * excess), axis=1)
    shape = np.shape(ratio)[:-1]
    return np.maximum(statistic, 0.0).reshape(shape), fraction.reshape(shape), uncertainty.reshape(shape)


class Scan:
    """The likelihood of one catalogue at all thresholds and radii.

    Args:
        ratios: maps (t, r, pixels) of the density over that of isotropy.
        counts: (t,) events above each threshold; events are in the order of falling energy.
    """

    def __init__(self, ratios: NDArray[np.float32], counts: NDArray[np.int64]) -> None:
        # one row a pixel: what an event needs lies together
        self.rows = np.ascontiguousarray(np.moveaxis(ratios, 2, 1))
        self.counts = counts

    def __call__(self, pixels: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scan one sky.

        Args:
            pixels: (n,) of the events.

        Returns:
            TS and fraction, (t, r) each.
        """
        found = [
            profile(np.ascontiguousarray(rows[pixels[:count]].T, dtype=np.float64))[:2]
            for rows, count in zip(self.rows, self.counts, strict=True)
        ]
        return np.stack([one for one, _ in found]), np.stack([one for _, one in found])


def scan(
    pixels: NDArray[np.int64], ratios: NDArray[np.float32], counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scan one sky; see :class:`Scan`, which is faster for many."""
    return Scan(ratios, counts)(pixels)
