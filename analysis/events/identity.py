"""A stable number for every event, and the fold that follows from it."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["STEP", "fold_of", "identify", "mix"]

#: between the states of SplitMix64
STEP = np.uint64(0x9E3779B97F4A7C15)


def identify(dataset: str, start: int, count: int) -> NDArray[np.uint64]:
    """Identities of consecutive events of a data set.

    The identity depends on the data set's name and on the event's number in it, and on nothing else: neither on how the
    events are cut into chunks nor on the machine. It is SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable
    pseudorandom number generators", OOPSLA 2014, Fig. 16) at position ``number`` of the sequence that begins at the
    first 64 bits of the name's SHA-256, so no two events of one data set share an identity.

    Args:
        dataset: name of the data set.
        start: number of the first event, counted from 0 over all files of the data set.
        count: number of events.

    Returns:
        Shape (count,).

    Examples:
        >>> identify("DYJetsToLL", 0, 2)
        array([17398114093582533192,  7079736314970547084], dtype=uint64)
        >>> bool(identify("DYJetsToLL", 1, 1)[0] == identify("DYJetsToLL", 0, 2)[1])
        True
    """
    seed = np.uint64(int.from_bytes(hashlib.sha256(dataset.encode()).digest()[:8], "big"))
    number = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    return mix(seed + number * STEP)


def mix(states: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Make random words of the states of SplitMix64, of any shape; no two states give the same."""
    # unsigned integers of arrays wrap around, as they should here
    mixed = (states ^ (states >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def fold_of(identity: NDArray[np.uint64], folds: int) -> NDArray[np.int32]:
    """The fold of each event: uniform over ``0 ... folds - 1``.

    Args:
        identity: from ``identify``, shape (n,).
        folds: number of folds, at least 1 and less than 2**32.

    Returns:
        Shape (n,).

    Examples:
        >>> fold_of(identify("DYJetsToLL", 0, 6), 5)
        array([4, 1, 3, 0, 0, 4], dtype=int32)
    """
    # multiply and shift instead of the remainder: uniform to 2**-32 for any number of folds
    return (((identity >> np.uint64(32)) * np.uint64(folds)) >> np.uint64(32)).astype(np.int32)
