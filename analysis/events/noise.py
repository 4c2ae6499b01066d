"""Random numbers that belong to events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.events.identity import STEP, mix

__all__ = ["generator", "normal_numbers"]

# sets these numbers apart from identities, which are made in the same way
_OTHER = np.uint64(0xD1B54A32D192ED03)


def normal_numbers(identity: NDArray[np.uint64], size: int) -> NDArray[np.float32]:
    """Standard normal numbers that follow from events' identities, whichever events there are beside them.

    SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, Fig. 16), one sequence an event.

    Args:
        identity: (n,).
        size: numbers an event.

    Returns:
        Shape (n, size).

    Examples:
        >>> both, one = (normal_numbers(np.array(events, np.uint64), 3) for events in ([7, 8], [8]))
        >>> bool((both[1] == one[0]).all())
        True
    """
    # a sequence begins at a mixed identity: those of neighbouring numbers would be shifted against each other
    start = mix(identity ^ _OTHER)
    words = mix(start[:, np.newaxis] + np.arange(1, size + 1, dtype=np.uint64) * STEP)
    # the highest 52 bits, none of them 0 or 1 as a number
    uniform = ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return ndtri(uniform).astype(np.float32)


def generator(identity: int, stage: int) -> np.random.Generator:
    """Random numbers of one event in one stage of its simulation.

    Philox (J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11) with the identity as its key:
    events have independent sequences, whatever was simulated before them.

    Args:
        identity: of the event, 64 bits.
        stage: a number for each of a study's stages, so that a change in one leaves the others alone.

    Examples:
        >>> a, b = generator(7, 1), generator(7, 1)
        >>> bool(a.random() == b.random())
        True
    """
    return np.random.Generator(np.random.Philox(key=(stage << 64) | int(identity)))
