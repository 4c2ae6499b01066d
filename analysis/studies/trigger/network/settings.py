"""Settings of the network's inputs; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.trigger.settings import TriggerSettings
from analysis.validated import check_types, require

__all__ = ["WindowSettings"]


@dataclass(frozen=True)
class WindowSettings:
    """What the network sees at each sample: sums of the last samples, bin by bin, in fixed point.

    Args:
        triggers: array and electronics.
        bins: inputs of the network.
        width: of a bin, in samples.
        fraction: bits behind the point of a bin's mean in VEM peaks.
        bits: of an input, without sign; larger ones saturate, negative ones are 0.
    """

    triggers: TriggerSettings = field(default_factory=TriggerSettings)
    bins: int = 16
    width: int = 8
    fraction: int = 5
    bits: int = 8

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "bins", self.bins >= 1, "at least 1")
        require(self, "width", self.width >= 1, "at least 1")
        require(self, "fraction", 0 <= self.fraction <= 12, "0 to 12")
        require(self, "bits", 1 <= self.bits <= 16, "1 to 16")

    @property
    def samples(self) -> int:
        """Length of the window."""
        return self.bins * self.width
