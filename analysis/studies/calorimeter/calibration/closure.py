"""Closure: derived constants against the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.results import Number
from analysis.studies.calorimeter.simulation.readout import channels

if TYPE_CHECKING:
    from analysis.calibration import SavedCalibration
    from analysis.studies.calorimeter.calibration.settings import ClosureSettings

__all__ = ["close"]


def close(calibration: SavedCalibration, settings: ClosureSettings) -> dict[str, Any]:
    """Compare gains with the true ones, which differ by what leaves the block, and by their uncertainties.

    Args:
        calibration: derived constants.
        settings: what is true.

    Returns:
        ``numbers``, ``headline``; ``true`` and ``derived`` gains.
    """
    derived, uncertainty = calibration.curves["gain"], calibration.curves["gain_uncertainty"]
    true = channels(len(derived), settings.readout).gain
    ratio = derived / true
    pulls = (ratio / ratio.mean() - 1) / (uncertainty / derived)
    width, number = float(ratio.std() / ratio.mean()), len(ratio)
    numbers = [
        Number(
            "gain_closure",
            "width of derived over true gains",
            100 * width,
            (100 * width / np.sqrt(2 * number),) * 2,
            None,
            "%",
            "all channels",
            "simulation",
        ),
        Number(
            "gain_pulls",
            "width of the pulls of derived gains",
            float(pulls.std()),
            (float(pulls.std()) / np.sqrt(2 * number),) * 2,
            None,
            "",
            "all channels",
            "simulation",
        ),
    ]
    return {
        "numbers": [one.as_json() for one in numbers],
        "headline": {"derived over true gains": f"width {100 * width:.2f} %, pulls {pulls.std():.2f}"},
        "true": true.tolist(),
        "derived": derived.tolist(),
    }
