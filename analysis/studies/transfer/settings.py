"""Names and settings of the study's own steps; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALL", "METHODS", "TENTH", "TEST", "ComparisonSettings"]

TENTH, ALL, TEST = "tenth", "all", "test"

METHODS = {
    "published": "published networks as they are",
    "tuned": "published networks tuned on a tenth",
    "nothing_tenth": "networks from nothing on a tenth",
    "nothing_all": "networks from nothing on all showers",
}
"""What says the depth, by the name in numbers."""


@dataclass(frozen=True)
class ComparisonSettings:
    """Settings of the comparison of networks on showers that none of them saw.

    Args:
        samples: number of bootstrap samples of the showers, for differences of resolutions.
        seed: of these samples.
        unit: of the depth.
    """

    samples: int = 400
    seed: int = 1
    unit: str = "g/cm2"
