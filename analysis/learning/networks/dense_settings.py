"""Settings of the fully connected network; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from analysis.validated import check_types, require

__all__ = ["DenseSettings"]


@dataclass(frozen=True)
class DenseSettings:
    """Shape of the fully connected network ``analysis.learning.networks.dense:build``.

    Args:
        hidden: width of each hidden layer.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds its share to what that one says.
        blocks: names of the blocks of features that the network takes; none for all of them.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["relu", "gelu", "silu", "elu", "tanh"] = "silu"
    dropout: float = 0.3
    segments: int = 4
    residual: bool = False
    blocks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "hidden", all(width >= 1 for width in self.hidden), "widths of at least 1")
        require(self, "dropout", 0 <= self.dropout < 1, "in [0, 1)")
        require(self, "segments", self.segments >= 0, "at least 0")
        shortcut = any(before == after for before, after in pairwise(self.hidden))
        require(self, "residual", shortcut or not self.residual, "false where no hidden layer is as wide as the last")
