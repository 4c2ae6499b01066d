"""Settings of the study that several of its parts share; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["Block"]


@dataclass(frozen=True)
class Block:
    """A block of crystals of lead tungstate, each read out in layers.

    Args:
        rows: of crystals, and crystals in a row; an odd number.
        layers: that each crystal is divided into.
        width: of a crystal, in cm.
        length: of a crystal, in cm.
    """

    rows: int = 5
    layers: int = 8
    width: float = 2.2
    length: float = 23.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "rows", self.rows % 2 == 1, "an odd number")
        for name in ("rows", "layers", "width", "length"):
            require(self, name, getattr(self, name) > 0, "greater than 0")

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows**2 * self.layers
