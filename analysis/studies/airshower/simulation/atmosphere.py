"""Altitude and depth: the U.S. standard atmosphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["altitude", "depth"]

# T = a + b exp(-h / c): U.S. standard atmosphere as parametrised by J. Linsley; D. Heck et al., CORSIKA, report
# FZKA 6019 (1998). Lower edges of the upper layers in m; a, b in g/cm2; c in m. The uppermost, linear layer (above
# 100 km, 0.001 g/cm2) is left out.
_EDGES = np.array([4e3, 10e3, 40e3])
_A = np.array([-186.555305, -94.919, 0.61289, 0.0])
_B = np.array([1222.6562, 1144.9069, 1305.5948, 540.1778])
_C = np.array([9941.8638, 8781.5355, 6361.4304, 7721.7016])


def depth(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vertical depth in g/cm2 at an altitude above sea level in m (any shape); goes on below sea level.

    Examples:
        >>> depth(np.array([0.0, 1400.0])).round(1).tolist()
        [1036.1, 875.5]
    """
    layer = np.searchsorted(_EDGES, height, side="right")
    return _A[layer] + _B[layer] * np.exp(-height / _C[layer])


def altitude(vertical: NDArray[np.float64]) -> NDArray[np.float64]:
    """Altitude above sea level in m at a vertical depth in g/cm2 (any shape, above 0.01); goes on below sea level.

    Examples:
        >>> altitude(depth(np.array([1400.0, 8000.0, 20000.0]))).round(6).tolist()
        [1400.0, 8000.0, 20000.0]
    """
    layer = np.searchsorted(-_DEPTHS, -vertical, side="left")
    return -_C[layer] * np.log((vertical - _A[layer]) / _B[layer])


# the layers do not join exactly; a depth belongs to the layer that its altitude in the lower one points to
_DEPTHS = _A[1:] + _B[1:] * np.exp(-_EDGES / _C[1:])
