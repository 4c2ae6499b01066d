"""Settings of the recurrent network on a hexagonal grid; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["HexagonalSettings"]


@dataclass(frozen=True)
class HexagonalSettings:
    """Shape of the recurrent network on a hexagonal grid ``analysis.learning.networks.hexagonal:build``.

    Args:
        scale: of the traces, in their unit: where their compression goes over from linear to logarithmic.
        reach: largest size of a standardised feature, in standard deviations; what lies beyond counts as this.
        patch: samples in one step of the recurrent encoder.
        hidden: size of the encoder's state.
        width: of the layers of the stations.
        exchanges: how often neighbouring stations exchange what they know.
        head: width of the head's layer.
        dropout: share of the head's values set to zero in training, in [0, 1).

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    scale: float = 0.1
    reach: float = 2.0
    patch: int = 12
    hidden: int = 16
    width: int = 48
    exchanges: int = 1
    head: int = 64
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "scale", self.scale > 0, "greater than 0")
        require(self, "reach", self.reach > 0, "greater than 0")
        for name in ("patch", "hidden", "width", "head"):
            require(self, name, getattr(self, name) >= 1, "at least 1")
        require(self, "exchanges", self.exchanges >= 0, "at least 0")
        require(self, "dropout", 0 <= self.dropout < 1, "in [0, 1)")
