"""Settings of the searches without catalogues; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["SearchSettings"]


@dataclass(frozen=True)
class SearchSettings:
    """Searches for an excess of events in a circle, as published.

    Args:
        thresholds: lowest and highest energy threshold, EeV, in steps of 1.
        radii: smallest and largest radius of the circle, degrees, in steps of 1.
        nside: centres of the blind search are pixels (HEALPix).
        right_ascension: of Centaurus A, degrees.
        declination: of Centaurus A, degrees.
        exposure_nside: of the map that expected events are summed on (HEALPix).
    """

    thresholds: tuple[int, int] = (32, 80)
    radii: tuple[int, int] = (1, 30)
    nside: int = 64
    right_ascension: float = 201.365
    declination: float = -43.019
    exposure_nside: int = 64

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("thresholds", "radii"):
            low, high = getattr(self, name)
            require(self, name, 0 < low <= high, "two rising positive numbers")
        require(self, "nside", self.nside in (16, 32, 64, 128), "16, 32, 64 or 128")
