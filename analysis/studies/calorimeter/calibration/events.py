"""Raw events to energies in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np

from analysis.events.columns import values

if TYPE_CHECKING:
    from correctionlib import CorrectionSet

    from analysis.calibration import SavedCalibration

__all__ = ["calibrate"]


def calibrate(raw: ak.Array, calibration: SavedCalibration | CorrectionSet) -> ak.Array:
    """Energies in all cells, of the same events in the same order.

    Nothing is cut here, so that energies of cells without signal are normal around 0; what counts as a hit is decided
    where cells are looked at (:mod:`analysis.studies.calorimeter.shapes.shapes`).

    Args:
        raw: events with ``identity`` and ``counts``, one of each channel.
        calibration: the corrections ``pedestal`` (counts) and ``gain`` (counts/MeV) of a channel.

    Returns:
        Records with ``identity`` and ``cells`` (MeV).
    """
    counts = ak.to_numpy(raw["counts"])
    channel = np.arange(counts.shape[1])
    pedestal, gain = (np.asarray(calibration[name].evaluate(channel)) for name in ("pedestal", "gain"))
    cells = ((counts - pedestal) / gain).astype(np.float32)
    identity = values(raw, "identity").astype(np.uint64)
    return ak.zip({"identity": identity, "cells": ak.from_numpy(cells, regulararray=True)}, depth_limit=1)
