"""Settings of the triggers; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.step import PRESENTATION
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.settings import DetectorSettings
from analysis.validated import check_types, require

__all__ = ["CLASSICAL", "HEADINGS", "NETWORK", "TRIGGERS", "Occupancy", "TriggerSettings"]

CLASSICAL = {
    "threshold": "threshold",
    "over_threshold": "time over threshold",
    "short_window": "time over threshold, short window",
}
"""Titles of the classical triggers, by name."""

NETWORK = "network"
TRIGGERS = {**CLASSICAL, NETWORK: "network"}
"""Titles of all triggers, by name."""

HEADINGS = {name: title[0].upper() + title[1:] for name, title in TRIGGERS.items()}
"""The same for legends and columns."""


@dataclass(frozen=True)
class Occupancy:
    """A time over threshold: so many samples above a threshold within a window.

    Args:
        samples: above the threshold, in each of two photomultipliers.
        window: in samples.
    """

    samples: int
    window: int

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "samples", 1 <= self.samples <= self.window, "at least 1, and no more than the window")


@dataclass(frozen=True)
class TriggerSettings:
    """Conditions of the classical triggers, but for their thresholds, which follow from the rate.

    Args:
        observatory: the array.
        detector: stations and electronics.
        coincidence: thresholds of 1, 2 and 3 working photomultipliers over that of 3.
        over_threshold: the published one.
        short_window: the best one of twenty, of 9 to 20 samples in 40 to 120, at 20 Hz in this simulation.
        highest: threshold of a time over threshold, at most, in VEM peaks.
        halvings: of it, in which the largest threshold that a trace passes is found.
        block: counts that are looked at together; changes no result.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    # NIM A 613 (2010) 29, section 2.1
    coincidence: tuple[float, float, float] = (2.8 / 1.75, 2.0 / 1.75, 1.0)
    over_threshold: Occupancy = field(default_factory=lambda: Occupancy(13, 120))
    short_window: Occupancy = field(default_factory=lambda: Occupancy(13, 60))
    highest: float = 4.0
    halvings: int = 13
    block: int = field(default=2**22, metadata=PRESENTATION)

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "highest", self.highest > 0, "greater than 0")
        require(self, "halvings", 4 <= self.halvings <= 20, "4 to 20")
