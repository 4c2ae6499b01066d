"""Settings of refiners of simulated events with their critics; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.validated import check_types, require

__all__ = ["RefinerSettings", "TraceRefinerSettings"]


@dataclass(frozen=True)
class RefinerSettings:
    """Shape of the networks of ``analysis.learning.networks.refiner:build``.

    Args:
        block: name of the block of features that is refined, whose features have no names: they are to be of order one.
        hidden: width of each hidden layer of the refiner.
        critic: width of each hidden layer of the critic.
        activation: after each hidden layer.
        noise: name of a block of standard normal numbers that the refiner may use; empty for none. In training, they
            are drawn anew in each update.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    block: str = "refined"
    hidden: tuple[int, ...] = (64, 64)
    critic: tuple[int, ...] = (128, 128)
    activation: Literal["relu", "gelu", "silu", "elu", "tanh"] = "silu"
    noise: str = ""

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("hidden", "critic"):
            require(self, name, all(width >= 1 for width in getattr(self, name)), "widths of at least 1")


@dataclass(frozen=True)
class TraceRefinerSettings:
    """Shape of the networks of ``analysis.learning.networks.trace_refiner:build``.

    Args:
        block: name of the block of traces (places, samples) that is refined.
        scale: of the traces, in their unit: where their compression goes over from linear to logarithmic.
        window: samples before and after each one that decide about its change.
        channels: width of the hidden layers of the refiner.
        encoder: width of each layer of the critic that sees one trace.
        critic: width of each layer of the critic that sees the event.
        noise: name of a block of standard normal numbers, one a sample, that the refiner may use; empty for none. In
            training, they are drawn anew in each update.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    block: str = "traces"
    scale: float = 0.1
    window: int = 4
    channels: int = 16
    encoder: tuple[int, ...] = (64, 32)
    critic: tuple[int, ...] = (64,)
    noise: str = ""

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "scale", self.scale > 0, "greater than 0")
        require(self, "window", self.window >= 0, "at least 0")
        require(self, "channels", self.channels >= 1, "at least 1")
        for name in ("encoder", "critic"):
            widths = getattr(self, name)
            require(self, name, bool(widths) and all(width >= 1 for width in widths), "some widths of at least 1")
