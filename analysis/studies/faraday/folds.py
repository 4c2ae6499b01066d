"""Folds of sources: which of them an inference does not see."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from analysis.events.identity import fold_of
from analysis.studies.faraday.sphere import directions, linked

__all__ = ["folds_of"]

# lobes of one radio galaxy are rarely farther apart
_TOGETHER = 1.0 / 60.0


def folds_of(sources: Mapping[str, NDArray], folds: int) -> NDArray:
    """Assign sources to folds by a hash of their identities; sources within an arc minute of each other stay together.

    Args:
        sources: ``longitude``, ``latitude`` and ``identity``, shape (n,).
        folds: how many.

    Returns:
        Number of each one's fold, shape (n,).
    """
    group = linked(directions(sources["longitude"], sources["latitude"]), _TOGETHER)
    # a group is known by the least of its identities
    least = np.full(group.max() + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, group, np.asarray(sources["identity"], dtype=np.uint64))
    return fold_of(least, folds)[group]
