"""Random numbers that belong to one event."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

__all__ = ["DETECTION", "FLUORESCENCE", "GAUSSIAN", "GENERATION", "GROUND", "MONITORING", "bits"]

# stages of the simulation; each has random numbers of its own, so that a change in one leaves the other's showers alone
GENERATION, GROUND, DETECTION, MONITORING, FLUORESCENCE = 1, 2, 3, 4, 5

# quantiles of the normal distribution: one of them, drawn by 16 random bits, serves as a deviate where many are needed
# and tails beyond 4.2 standard deviations do not matter
GAUSSIAN: NDArray[np.float32] = ndtri((np.arange(65536) + 0.5) / 65536).astype(np.float32)


def bits(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """Numbers of 16 random bits: places in ``GAUSSIAN``.

    Args:
        random: where they come from.
        shape: of the result.
    """
    return np.frombuffer(random.bytes(2 * math.prod(shape)), dtype="<u2").reshape(shape)
