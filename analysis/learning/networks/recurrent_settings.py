"""Settings of the recurrent network; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.validated import require

__all__ = ["RecurrentSettings"]


@dataclass(frozen=True)
class RecurrentSettings(DenseSettings):
    """Shape of the recurrent network ``analysis.learning.networks.recurrent:build``.

    Args:
        hidden: width of each hidden layer behind the recurrent ones.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature of other blocks; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds to what that one says.
        blocks: names of the blocks that the network takes, with that of the traces; none for all of them.
        trace: name of the block of traces.
        places: whether the first axis of that block counts places (detectors, channels of readout) with a trace each,
            (places, samples) or (places, samples, channels); otherwise it is (samples,) or (samples, channels).
        scale: of the traces, in their unit: where their compression goes over from linear to logarithmic; 0 for none.
        cell: long short-term memory or gated recurrent unit.
        patch: samples in one step.
        width: size of the state.
        layers: of recurrent cells, each of which reads the states of the one before it.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    dropout: float = 0.0
    trace: str = "trace"
    places: bool = False
    scale: float = 0.0
    cell: Literal["lstm", "gru"] = "gru"
    patch: int = 1
    width: int = 32
    layers: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "scale", self.scale >= 0, "at least 0")
        for name in ("patch", "width", "layers"):
            require(self, name, getattr(self, name) >= 1, "at least 1")
