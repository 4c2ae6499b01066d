"""Findings of simulated skies of all data sets, gathered into one record."""

from __future__ import annotations

import awkward as ak
import numpy as np
from numpy.typing import NDArray

__all__ = ["gather"]


def gather(skies: dict[str, ak.Array]) -> dict[str, NDArray[np.float64]]:
    """Put what was found of skies into arrays ``<data set>.<name>``: numbers (n,), or lists of one length (n, m).

    Args:
        skies: by data set.
    """
    return {
        f"{dataset}.{name}": np.asarray(ak.to_numpy(some[name]), dtype=np.float64)
        for dataset, some in skies.items()
        for name in some.fields
        if name != "identity"
    }
