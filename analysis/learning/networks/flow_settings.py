"""Settings of the normalizing flow; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.step import Step
from analysis.validated import check_types, require

__all__ = ["FlowSettings"]


@dataclass(frozen=True)
class FlowSettings:
    """Shape of the normalizing flow ``analysis.learning.networks.flow:build``.

    Args:
        layers: number of couplings; half of the targets change in each.
        hidden: width of each hidden layer of the networks that tell how.
        activation: after each hidden layer.
        bins: pieces of each spline.
        reach: targets within so many standard deviations are changed by splines, others stay.
        draws: number of draws that mean and standard deviation of an event's targets are computed from.
        noise: name of the block of standard normal numbers, one a target, that targets are drawn with
            (``Likelihood(drawn=True)``); none for means and standard deviations.
        extractor: what builds a network that reads the features for all couplings, such as
            ``analysis.learning.networks.hexagonal:build`` with its settings; none where couplings see the features.
        latent: number of values that the extractor learns of an event.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    layers: int = 6
    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["relu", "gelu", "silu", "elu", "tanh"] = "silu"
    bins: int = 8
    reach: float = 5.0
    draws: int = 64
    noise: str = ""
    extractor: Step | None = None
    latent: int = 32

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "hidden", all(width >= 1 for width in self.hidden), "widths of at least 1")
        for name, least in (("layers", 1), ("bins", 2), ("draws", 2), ("latent", 1)):
            require(self, name, getattr(self, name) >= least, f"at least {least}")
        require(self, "reach", self.reach > 0, "greater than 0")
