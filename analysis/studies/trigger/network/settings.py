"""Settings of the network's inputs; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.trigger.settings import TriggerSettings
from analysis.validated import check_types, require

__all__ = ["LearningSettings", "WindowSettings"]


@dataclass(frozen=True)
class WindowSettings:
    """Window that the network sees at each sample: means of the last samples, bin by bin, in fixed point.

    Args:
        triggers: array and electronics.
        bins: inputs of the network.
        width: of a bin, in samples.
        fraction: bits behind the point of a bin's mean in VEM peaks.
        bits: of an input, without sign; larger ones saturate, negative ones are 0.
    """

    triggers: TriggerSettings = field(default_factory=TriggerSettings)
    bins: int = 32
    width: int = 2
    fraction: int = 4
    bits: int = 6

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


@dataclass(frozen=True)
class LearningSettings:
    """Choice of the windows that a network learns from, one of each event.

    Args:
        windows: what the network sees.
        front: sample of the first particle in traces of stations and of the background.
        late: samples before a shower's front at which windows begin, at most.
        around: the same, for the first particle of the background.
        aligned: share of the background's windows that begin there; the others are anywhere.
        signals: stations that expect such a signal are learned from, in VEM.
    """

    windows: WindowSettings = field(default_factory=WindowSettings)
    front: tuple[int, int] = (48, 8)
    late: int = 12
    around: int = 40
    aligned: float = 0.7
    signals: tuple[float, float] = (0.5, 8.0)

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("late", "around"):
            require(self, name, 1 <= getattr(self, name) <= self.windows.samples, "at least 1, at most a window")
        require(self, "aligned", 0 <= self.aligned <= 1, "between 0 and 1")
        require(self, "signals", self.signals[0] < self.signals[1], "two rising numbers")
