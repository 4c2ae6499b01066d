"""The measured events as arrays: with their directions, and without them for all that is simulated and trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.arrivals.sky.events import vectors
from analysis.studies.arrivals.sky.exposure import VERTICAL

__all__ = ["describe", "measure"]

Arrays = Mapping[str, NDArray[np.float64]]


def measure(events: dict[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Put the measured events in the order of falling energy, as simulated skies have them.

    Args:
        events: of the measured data set.

    Returns:
        ``energy`` (n,) in EeV; ``zenith`` and ``declination`` (n,) in degrees; ``directions`` (n, 3), equatorial unit
        vectors.
    """
    (measured,) = events.values()
    energy, zenith = np.asarray(measured.energy, dtype=np.float64), np.asarray(measured.zenith, dtype=np.float64)
    order = np.lexsort((zenith, -energy))
    return {
        "energy": energy[order],
        "zenith": zenith[order],
        "declination": np.asarray(measured.declination, dtype=np.float64)[order],
        "directions": vectors(measured)[order],
    }


def describe(measured: Arrays) -> dict[str, NDArray[np.float64]]:
    """Keep the energies and zenith ranges of the measured events, and none of their directions.

    What is simulated and trained gets this alone: it knows nothing of where the measured events come from.

    Args:
        measured: of :func:`measure`.

    Returns:
        ``energy`` (n,) in EeV and ``inclined`` (n,), 1 for zenith angles of 60 degrees and more.
    """
    return {"energy": measured["energy"], "inclined": (measured["zenith"] >= VERTICAL[1]).astype(np.float64)}
