"""Settings of the graph network of stations; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.validated import require

__all__ = ["StationsSettings"]


@dataclass(frozen=True)
class StationsSettings(DenseSettings):
    """Shape of the graph network of stations ``analysis.learning.networks.stations:build``.

    Args:
        hidden: width of each hidden layer behind the graph.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature of the event; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds to what that one says.
        blocks: names of the blocks that the network takes, with ``traces`` and ``stations``; none for all of them.
        scale: of the traces, in their unit: where their compression goes over from linear to logarithmic; 0 for none.
        reach: largest size of a station's standardised feature, in standard deviations; what lies beyond counts as
            this.
        cell: long short-term memory or gated recurrent unit.
        patch: samples in one step of it.
        state: size of its state.
        coordinates: which features of a station, counted from 0, say where it is; the first graph joins those that are
            near each other there.
        neighbours: of a station, at most.
        widths: of the edge convolutions, one after the other.
        layers: of each edge convolution.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (64,)
    dropout: float = 0.0
    scale: float = 0.1
    reach: float = 2.0
    cell: Literal["lstm", "gru"] = "gru"
    patch: int = 12
    state: int = 16
    coordinates: tuple[int, ...] = (0, 1)
    neighbours: int = 6
    widths: tuple[int, ...] = (48, 48)
    layers: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "scale", self.scale >= 0, "at least 0")
        require(self, "reach", self.reach > 0, "greater than 0")
        distinct = len(set(self.coordinates)) == len(self.coordinates) > 0
        require(self, "coordinates", distinct and min(self.coordinates) >= 0, "different numbers of features")
        require(self, "widths", len(self.widths) > 0 and min(self.widths) >= 1, "one or more widths of at least 1")
        for name in ("patch", "state", "neighbours", "layers"):
            require(self, name, getattr(self, name) >= 1, "at least 1")
