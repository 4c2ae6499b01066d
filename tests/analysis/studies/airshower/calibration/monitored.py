"""What the tests' monitoring data are."""

from __future__ import annotations

from dataclasses import dataclass

import awkward as ak

from analysis.calibration import Calibration
from analysis.studies.airshower.simulation.settings import DetectorSettings

# more bad photomultipliers than the study has, so that all kinds of stations are there
DETECTOR = DetectorSettings(dead=0.04, noisy=0.04)
MINUTES = 40


@dataclass(frozen=True, eq=False)
class Monitored:
    """Minutes with their truth, and what was derived from them."""

    truth: ak.Array
    raw: ak.Array
    calibration: Calibration
