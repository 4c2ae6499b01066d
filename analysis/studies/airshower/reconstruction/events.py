"""Energies of fitted showers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np

from analysis.events.columns import with_columns
from analysis.events.joining import joined

if TYPE_CHECKING:
    from correctionlib import CorrectionSet

    from analysis.calibration import SavedCalibration

__all__ = ["reconstruct"]


def reconstruct(calibrated: ak.Array, fitted: ak.Array, scale: SavedCalibration | CorrectionSet) -> ak.Array:
    """Bring S(1000) to 38° and to energy.

    Args:
        calibrated: n events.
        fitted: the same events with ``good``, ``zenith`` (rad) and ``s1000`` (VEM).
        scale: the corrections ``attenuation`` and ``energy``.

    Returns:
        The fields of both with ``s38`` in VEM and ``energy`` in eV, both 0 where the event is not good.

    Raises:
        DataError: the fits are of other events.
    """
    events = joined(calibrated, fitted)
    good = np.asarray(events["good"], np.bool_)
    zenith, size = (np.asarray(events[name], np.float64) for name in ("zenith", "s1000"))
    size_38 = np.where(good, size / scale["attenuation"].evaluate(zenith), 0.0)
    energy = np.where(good, scale["energy"].evaluate(np.where(good, size_38, 1.0)), 0.0)
    return with_columns(events, {"s38": size_38, "energy": energy})
