"""Raw events to energies in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from scipy.special import ndtr

from analysis.events.columns import values
from analysis.events.noise import normal_numbers

if TYPE_CHECKING:
    from correctionlib import CorrectionSet

    from analysis.calibration import SavedCalibration

__all__ = ["calibrate"]

# sets these numbers apart from those that events are generated with
_OTHER = np.uint64(0xA0761D6478BD642F)


def calibrate(raw: ak.Array, calibration: SavedCalibration | CorrectionSet) -> ak.Array:
    """Energies in all cells, of the same events in the same order.

    Nothing is cut here, so that energies of cells without signal are normal around 0; what counts as a hit is decided
    where cells are looked at (:mod:`analysis.studies.calorimeter.shapes.variables`). A count stands for any value that
    is rounded to it, one of which is drawn, the same for an event in any chunk: energies that lie on a comb would tell
    true events from generated ones (L. Theis, A. van den Oord and M. Bethge, arXiv:1511.01844, section 3.1).

    Args:
        raw: events with ``identity`` and ``counts``, one of each channel.
        calibration: the corrections ``pedestal`` (counts) and ``gain`` (counts/MeV) of a channel.

    Returns:
        Records with ``identity`` and ``cells`` (MeV).
    """
    counts = ak.to_numpy(raw["counts"])
    channel = np.arange(counts.shape[1])
    pedestal, gain = (np.asarray(calibration[name].evaluate(channel)) for name in ("pedestal", "gain"))
    identity = values(raw, "identity").astype(np.uint64)
    rounding = ndtr(normal_numbers(identity ^ _OTHER, counts.shape[1])) - 0.5
    cells = ((counts + rounding - pedestal) / gain).astype(np.float32)
    return ak.zip({"identity": identity, "cells": ak.from_numpy(cells, regulararray=True)}, depth_limit=1)
