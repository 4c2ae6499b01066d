"""Masks of photomultipliers that cannot be trusted, judged by their monitoring data alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.studies.airshower.calibration.derivation_settings import MaskSettings
    from analysis.studies.airshower.calibration.humps import HumpFits

__all__ = ["REASONS", "reasons"]

REASONS = (
    "",
    "no muon hump",
    "muon hump at an unusual place",
    "unusual width of the muon hump",
    "imprecise muon hump",
    "bad too often",
)
"""Why a photomultiplier is not used, by number; 0 if it is."""


def reasons(fits: dict[str, HumpFits], shape: tuple[int, int, int], settings: MaskSettings) -> NDArray[np.int8]:
    """Return the reasons why photomultipliers are not used.

    A dead photomultiplier has no hump; electronic noise adds to the width of a noisy one's. The widths are compared
    with the median of the array: all stations see the same muons.

    Args:
        fits: of the charge and of the peak histograms, s p i fits each.
        shape: numbers of stations, photomultipliers and intervals, (s, p, i).
        settings: limits.

    Returns:
        Numbers of :data:`REASONS`, (s, p, i).
    """
    reason = np.zeros(shape, np.int8)
    for fit in fits.values():
        good = fit.good.reshape(shape)
        position = np.where(fit.good, fit.position, 1.0)
        width = (fit.width / position).reshape(shape)
        if not good.any():
            reason[:] = 1
            continue
        away = np.abs(np.log(position.reshape(shape) / np.median(position[fit.good]))) > np.log(settings.position)
        unusual = np.abs(width - np.median(width[good])) > settings.width
        imprecise = (fit.uncertainty / position).reshape(shape) > settings.uncertainty
        for number, bad in ((4, imprecise & good), (3, unusual & good), (2, away & good), (1, ~good)):
            reason = np.where(bad & ((reason == 0) | (reason > number)), number, reason).astype(np.int8)
    hopeless = (reason > 0).mean(axis=2, keepdims=True) > settings.share
    return np.where(hopeless & (reason == 0), 5, reason).astype(np.int8)
