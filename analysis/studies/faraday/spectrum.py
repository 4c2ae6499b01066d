"""Slope of the angular power spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["PUBLISHED_SLOPE", "slopes"]

PUBLISHED_SLOPE = -2.14
"""Logarithmic slope of C_l of the Faraday sky without its latitude profile (Oppermann et al., A&A 542 (2012) A93)."""


def slopes(spectra: NDArray, first: int = 2, last: int | None = None) -> NDArray:
    """Fit power laws to angular power spectra.

    Args:
        spectra: C_l from l = 0 on, one row a sample, shape (samples, lmax + 1).
        first: least multipole of the fit.
        last: largest multipole; ``None`` for lmax.

    Returns:
        Logarithmic slope of each sample, shape (samples,): the straight line in ln l and ln C_l in which each multipole
        counts with its 2 l + 1 modes.
    """
    degree = np.arange(first, (last or spectra.shape[1] - 1) + 1)
    weights = 2.0 * degree + 1.0
    x = np.log(degree) - np.average(np.log(degree), weights=weights)
    return np.asarray(np.log(spectra[:, degree]) @ (weights * x) / np.sum(weights * x**2))
