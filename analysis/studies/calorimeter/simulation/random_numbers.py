"""Random numbers that belong to particles, so that a shower does not depend on those simulated beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.events.identity import STEP, mix

__all__ = ["BEAM", "READOUT", "SHOWER", "child", "stream", "uniform"]

# stages of the simulation; each has random numbers of its own
BEAM, SHOWER, READOUT = 1, 2, 3


def stream(identity: NDArray[np.uint64], stage: int) -> NDArray[np.uint64]:
    """States of the random numbers of events' first particles, (n,)."""
    return mix(identity ^ mix(np.full(1, stage, np.uint64)))


def uniform(states: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Draw one number in (0, 1) for each particle, and advance the states in place.

    SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, Fig. 16), one sequence a particle.

    Examples:
        >>> both, one = np.array([7, 8], np.uint64), np.array([8], np.uint64)
        >>> bool(uniform(both)[1] == uniform(one)[0])
        True
    """
    states += STEP
    # 52 bits and a half: neither 0 nor 1
    return ((mix(states) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def child(states: NDArray[np.uint64], number: int) -> NDArray[np.uint64]:
    """States of particles that others have just made.

    Args:
        states: of their parents, (n,).
        number: 1 for the first that comes of an interaction, 2 for the second.
    """
    # SplitMix64 splits by a mixed state of a sequence with another step
    return mix((states + np.uint64(number)) * np.uint64(0xD1342543DE82EF95))
