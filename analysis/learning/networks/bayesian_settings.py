"""Settings of networks that draw their parameters; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.validated import check_types, require

__all__ = ["BayesianSettings"]


@dataclass(frozen=True)
class BayesianSettings:
    """Shape of the network ``analysis.learning.networks.bayesian:build``.

    Args:
        hidden: width of each hidden layer.
        activation: after each hidden layer.
        segments: number of segments of the piecewise linear encoding of each feature; 0 for none.
        blocks: names of the blocks that it takes; empty for all.
        prior: width of the prior of the kernels, in units of that of the distribution that they start from.
        start: width of the kernels' own distribution before the training, in the same units.
        draws: of the kernels, outside training.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["relu", "gelu", "silu", "elu", "tanh"] = "silu"
    segments: int = 0
    blocks: tuple[str, ...] = ()
    prior: float = 1.0
    start: float = 0.1
    draws: int = 16

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "hidden", all(width >= 1 for width in self.hidden), "widths of at least 1")
        require(self, "segments", self.segments >= 0, "at least 0")
        for name in ("prior", "start"):
            require(self, name, getattr(self, name) > 0, "greater than 0")
        require(self, "draws", self.draws >= 2, "at least 2")
