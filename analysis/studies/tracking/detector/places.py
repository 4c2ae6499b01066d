"""From clusters on modules to places in space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError

__all__ = ["modules_of", "places_of"]


def modules_of(identifiers: NDArray[np.uint64], detector: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Numbers of modules.

    Raises:
        DataError: the detector has no such module.
    """
    known = detector["identifier"]
    number = np.minimum(np.searchsorted(known, identifiers), len(known) - 1)
    if (wrong := known[number] != identifiers).any():
        raise DataError(
            f"the detector has no module {int(identifiers[np.argmax(wrong)])}", cure="simulate with the same detector"
        )
    return number


def places_of(clusters: Any, number: NDArray[np.int64], detector: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Places of clusters in space, (n, 3) in mm.

    Args:
        clusters: flat records with ``u`` and ``v``.
        number: of their modules.
        detector: modules (:func:`analysis.studies.tracking.detector.modules.describe`).
    """
    u, v = (np.asarray(clusters[name], np.float64)[:, None] for name in ("u", "v"))
    places: NDArray[np.float64] = detector["centre"][number] + u * detector["u"][number] + v * detector["v"][number]
    return places
