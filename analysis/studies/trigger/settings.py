"""Settings of the triggers; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.step import PRESENTATION
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.settings import DetectorSettings
from analysis.validated import check_types, require

__all__ = ["TriggerSettings"]


@dataclass(frozen=True)
class TriggerSettings:
    """Conditions of the classical triggers, but for their thresholds, which follow from the rate.

    Args:
        observatory: the array.
        detector: stations and electronics.
        coincidence: thresholds of 1, 2 and 3 working photomultipliers over that of 3.
        occupancy: samples above its threshold that the time over threshold wants of two photomultipliers in a window.
        window: length of that window, in samples.
        highest: threshold of the time over threshold, at most, in VEM peaks.
        halvings: of it, in which the largest threshold that a trace passes is found.
        block: counts that are looked at together; changes no result.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    # NIM A 613 (2010) 29, section 2.1
    coincidence: tuple[float, float, float] = (2.8 / 1.75, 2.0 / 1.75, 1.0)
    occupancy: int = 13
    window: int = 120
    highest: float = 4.0
    halvings: int = 13
    block: int = field(default=2**22, metadata=PRESENTATION)

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "occupancy", 1 <= self.occupancy <= self.window, "at least 1, and no more than the window")
        require(self, "highest", self.highest > 0, "greater than 0")
        require(self, "halvings", 4 <= self.halvings <= 20, "4 to 20")
