"""The measured events as arrays that simulations and tests need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["describe"]


def describe(events: dict[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Put the energies and zenith ranges of the measured events in the order of falling energy.

    No direction is in it: what is simulated and trained knows nothing of where the measured events come from.

    Args:
        events: of the measured data set, with ``energy`` (EeV) and ``zenith`` (degrees).

    Returns:
        ``energy`` (n,) in EeV and ``inclined`` (n,), 1 for zenith angles of 60 degrees and more.
    """
    (measured,) = events.values()
    energy, zenith = np.asarray(measured.energy, dtype=np.float64), np.asarray(measured.zenith, dtype=np.float64)
    order = np.lexsort((zenith, -energy))
    return {"energy": energy[order], "inclined": (zenith[order] >= 60.0).astype(np.float64)}
