"""Settings of a conditional generator with its critic; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.validated import check_types, require

__all__ = ["AdversarialSettings"]


@dataclass(frozen=True)
class AdversarialSettings:
    """Shape of the networks of ``analysis.learning.networks.adversarial:build``.

    Args:
        hidden: width of each hidden layer of the generator.
        critic: width of each hidden layer of the critic.
        activation: after each hidden layer.
        noise: name of the block that holds the generator's random numbers, of a standard normal distribution, so that
            an event is generated the same wherever that is done. In training, they are drawn anew in each update.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (128, 128)
    critic: tuple[int, ...] = (128, 128)
    activation: Literal["relu", "gelu", "silu", "elu", "tanh"] = "silu"
    noise: str = "noise"

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("hidden", "critic"):
            require(self, name, all(width >= 1 for width in getattr(self, name)), "widths of at least 1")
