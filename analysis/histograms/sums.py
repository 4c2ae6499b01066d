"""Sums of weights that do not depend on the order of the events, to the last bit.

Every weight is rounded to a multiple of 2^-50, about 1e-15, and sums of such numbers are kept without any rounding, as
an unevaluated pair: the nearest float64, and what it lacks (T. J. Dekker, Numerische Mathematik 18 (1971) 224). So the
parts of a data set can be summed in any order and however it is cut into chunks. This holds as long as no sum exceeds
2^31, about 2e9; beyond, sums are as precise as those of float64 are in general.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["add", "split", "sum_by_bin"]

Array = NDArray[np.float64]
Limbs = tuple[Array, Array]

# float64 adds whole numbers below 2^53 exactly: coarse ones of sums up to 2^31, and 2^26 fine ones, each below 2^27
_COARSE = 2.0**22
_FINE = 2.0**50


def split(weights: Array) -> Limbs:
    """Weights as whole numbers of two units: coarse ones of 2^-22 and fine ones of 2^-50.

    Args:
        weights: (n,), finite.

    Returns:
        (n,) and (n,), whole numbers.

    Examples:
        >>> coarse, fine = split(np.array([0.1, 1.0]))
        >>> coarse / 2**22 + fine / 2**50
        array([0.1, 1. ])
    """
    coarse = np.rint(weights * _COARSE)
    return coarse, np.rint((weights - coarse / _COARSE) * _FINE)


def sum_by_bin(index: NDArray[np.intp], limbs: Limbs, size: int) -> tuple[Array, Array]:
    """Sums of the weights in each bin.

    Args:
        index: (n,), each weight's bin; what is not below ``size`` is left out. At most 2^26 weights.
        limbs: of the weights, from :func:`split`.
        size: number b of bins.

    Returns:
        (b,) the sums, and (b,) what they lack.

    Examples:
        >>> sums, rest = sum_by_bin(np.array([0, 0, 1, 0]), split(np.array([1e9, 0.1, 2.0, -1e9])), 2)
        >>> sums, rest
        (array([0.1, 2. ]), array([0., 0.]))
    """
    sums = [
        np.bincount(index, limb, size)[:size] / unit if limb.any() else np.zeros(size)
        for limb, unit in zip(limbs, (_COARSE, _FINE), strict=True)
    ]
    return _two_sum(*sums)


def add(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
    """The sum of two pairs of sums and what they lack; all of one shape.

    Examples:
        >>> add((np.array([1.0]), np.array([2.0**-60])), (np.array([-1.0]), np.array([0.0])))[0] == 2.0**-60
        array([ True])
    """
    total, rest = _two_sum(first[0], second[0])
    return _two_sum(total, rest + first[1] + second[1])


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The rounded sum, and its rounding error exactly (D. E. Knuth, The Art of Computer Programming 2, 4.2.2)."""
    total = a + b
    shadow = total - a
    return total, (a - (total - shadow)) + (b - shadow)
