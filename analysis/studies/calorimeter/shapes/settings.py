"""Settings of the comparison of generated with simulated showers; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.learning.sample_settings import SampleEvaluation
from analysis.studies.calorimeter.settings import Block
from analysis.validated import check_types, require

__all__ = ["SHAPES", "ComparisonSettings", "ShapeSettings", "shape_names"]

SHAPES: dict[str, tuple[str, str]] = {
    "response": ("energy of all hits over the particle's", ""),
    "depth": ("mean depth", "X0"),
    "length": ("width in depth", "X0"),
    "centre_x": ("centre along the inclination", "cm"),
    "centre_y": ("centre across the inclination", "cm"),
    "width_x": ("width along the inclination", "cm"),
    "width_y": ("width across the inclination", "cm"),
    "hits": ("share of cells with a hit", ""),
    "largest": ("share of the largest hit", ""),
}
"""Titles and units of the shapes of a shower, beside the shares of the layers."""


def shape_names(block: Block) -> tuple[str, ...]:
    """Names of all shapes."""
    return (*SHAPES, *(f"layer_{number}" for number in range(1, block.layers + 1)))


@dataclass(frozen=True)
class ShapeSettings:
    """Settings of the shapes of showers.

    Args:
        block: of crystals.
        threshold: of a hit, in MeV; 3 times the noise.
        cells: whether a classifier sees all hits, or shapes alone.
    """

    block: Block = field(default_factory=Block)
    threshold: float = 4.5
    cells: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "threshold", self.threshold > 0, "greater than 0")


@dataclass(frozen=True)
class ComparisonSettings:
    """Settings of the comparison of generated with simulated showers.

    Args:
        shapes: of showers.
        measures: distances and their uncertainties.
        energies: edges of bins, in GeV.
        least: showers of a bin.
    """

    shapes: ShapeSettings = field(default_factory=ShapeSettings)
    measures: SampleEvaluation = field(default_factory=lambda: SampleEvaluation("shapes", directions=32))
    energies: tuple[float, ...] = (1.0, 1.5, 2.5, 4.0, 6.5, 10.0, 14.0, 20.0)
    least: int = 20

    def __post_init__(self) -> None:
        check_types(self)
        require(
            self, "energies", len(self.energies) > 1 and list(self.energies) == sorted(self.energies), "rising numbers"
        )
