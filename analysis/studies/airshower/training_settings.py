"""Settings of the network's inputs."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["FeatureSettings"]


@dataclass(frozen=True)
class FeatureSettings:
    """Settings of the network's inputs.

    Args:
        observatory: the array.
        rings: of the hexagon of stations around the hottest one that the network sees.
        samples: of each trace that the network sees, from before the signal's start.
        primaries: name and mass number of each class, in the order of the labels.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    rings: int = 1
    samples: int = 120
    primaries: tuple[tuple[str, int], ...] = (("proton", 1), ("helium", 4), ("nitrogen", 14), ("iron", 56))
