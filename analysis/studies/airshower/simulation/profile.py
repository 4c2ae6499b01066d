"""Longitudinal development."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["gaisser_hillas"]


def gaisser_hillas(beyond: NDArray[np.float64], width: float, decay: float) -> NDArray[np.float64]:
    """The profile of T. K. Gaisser and A. M. Hillas, Proc. 15th ICRC 8 (1977) 353, relative to its maximum.

    ((X - X0) / (Xmax - X0))^((Xmax - X0) / Lambda) exp((Xmax - X) / Lambda)

    Args:
        beyond: X - Xmax in g/cm2, any shape.
        width: Xmax - X0 in g/cm2.
        decay: Lambda in g/cm2.

    Returns:
        1 at the maximum, 0 before X0; shape as ``beyond``.

    Examples:
        >>> gaisser_hillas(np.array([-750.0, 0.0, 375.0]), 750.0, 70.0).round(3).tolist()
        [0.0, 1.0, 0.363]
    """
    age = np.maximum(1.0 + beyond / width, 1e-12)
    return np.exp((width / decay) * np.log(age) - beyond / decay)
