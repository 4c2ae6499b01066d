"""Settings of networks whose features tell simulation and data apart as little as they can; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.step import Step
from analysis.validated import check_types, require

__all__ = ["ReversalSettings"]


@dataclass(frozen=True)
class ReversalSettings:
    """Shape of the network ``analysis.learning.networks.reversal:build``.

    Args:
        hidden: width of each hidden layer of the extractor; the last one is the number of the features.
        head: width of each hidden layer of the head, which tells the outputs by the features.
        domain: width of each hidden layer of the classifier of simulation and data.
        activation: after each hidden layer.
        extractor: what builds a network that extracts the features in place of hidden layers, such as
            ``analysis.learning.networks.hexagonal:build`` with its settings; only the last width of ``hidden`` counts
            then.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (64, 64)
    head: tuple[int, ...] = (64,)
    domain: tuple[int, ...] = (64,)
    activation: Literal["relu", "gelu", "silu", "elu", "tanh"] = "silu"
    extractor: Step | None = None

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("hidden", "head", "domain"):
            require(self, name, all(width >= 1 for width in getattr(self, name)), "widths of at least 1")
        require(self, "hidden", bool(self.hidden), "at least one layer")
