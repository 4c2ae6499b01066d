"""Uncertainties as figures show them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, gammaincinv, ndtr

from analysis.inference.rounding import decimals, measured_text

__all__ = ["poisson_interval", "signed", "with_interval", "with_uncertainty"]

_ONE_SIGMA = float(ndtr(1.0) - ndtr(-1.0))


def poisson_interval(counts: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances to the ends of the central 68.27 % confidence interval of a Poisson mean.

    F. Garwood, Biometrika 28 (1936) 437: the ends are chi-square quantiles with 2 n and 2 (n + 1) degrees of freedom.

    Args:
        counts: n, not negative, any shape.

    Returns:
        Lengths of the lower and of the upper error bar, of the same shape; (0, 1.84) for no event.

    Examples:
        >>> lower, upper = poisson_interval(np.array([0, 1, 100]))
        >>> lower.round(3), upper.round(3)
        (array([0.   , 0.827, 9.983]), array([ 1.841,  2.3  , 11.033]))
    """
    counts = np.asarray(counts, np.float64)
    tail = (1.0 - _ONE_SIGMA) / 2.0
    # no degree of freedom: the quantile is not defined, the interval begins at 0
    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 1e-9), tail), 0.0)
    high = chdtri(2.0 * (counts + 1.0), tail) / 2.0
    return counts - low, high - counts


def with_uncertainty(value: float, uncertainty: float) -> str:
    """A value and its uncertainty, rounded to two significant digits of the uncertainty.

    Args:
        value: any finite number.
        uncertainty: not negative.

    Examples:
        >>> with_uncertainty(91.24078, 0.0322), with_uncertainty(3.0966813, 0.000576), with_uncertainty(5, 0)
        ('91.241 ± 0.032', '3.09668 ± 0.00058', '5 ± 0')
    """
    if uncertainty == 0.0 or not math.isfinite(uncertainty):
        return f"{value:g} ± {uncertainty:g}"
    return measured_text(value, ("", (uncertainty, uncertainty)))


def with_interval(value: float, down: float, up: float) -> str:
    """A value and its uncertainties, in LaTeX, rounded to two significant digits of the larger one.

    Args:
        value: any finite number.
        down: length of the lower error bar, not negative.
        up: of the upper one.

    Examples:
        >>> print(with_interval(0.97312, 0.0412, 0.0478), with_interval(1, 0, 0.5))
        $0.973^{+0.048}_{-0.041}$ $1.00^{+0.50}_{-0.00}$
    """
    return f"${value:.{_digits_of(down, up)}f}{signed(down, up)[1:]}"


def signed(down: float, up: float) -> str:
    """Uncertainties alone, as :func:`with_interval` writes them.

    Examples:
        >>> print(signed(0.0412, 0.0478))
        $^{+0.048}_{-0.041}$
    """
    digits = _digits_of(down, up)
    return f"$^{{+{up:.{digits}f}}}_{{-{down:.{digits}f}}}$"


def _digits_of(down: float, up: float) -> int:
    sizes = [size for size in (down, up) if size > 0.0 and math.isfinite(size)]
    return max(0, decimals(sizes)) if sizes else 2
