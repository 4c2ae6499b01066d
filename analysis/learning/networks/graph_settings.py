"""Settings of the dynamic graph network; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.validated import require

__all__ = ["GraphSettings"]


@dataclass(frozen=True)
class GraphSettings(DenseSettings):
    """Shape of the dynamic graph network ``analysis.learning.networks.graph:build``.

    Args:
        hidden: width of each hidden layer behind the graph.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature of other blocks; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds to what that one says.
        blocks: names of the blocks that the network takes, with that of the particles; none for all of them.
        particles: name of the block of particles.
        coordinates: which features of a particle, counted from 0, say where it is; the first graph joins those that are
            near each other there.
        neighbours: of a particle, at most.
        widths: of the edge convolutions, one after the other.
        layers: of each edge convolution.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    dropout: float = 0.0
    particles: str = "particles"
    coordinates: tuple[int, ...] = (0, 1)
    neighbours: int = 16
    widths: tuple[int, ...] = (32, 64)
    layers: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        distinct = len(set(self.coordinates)) == len(self.coordinates) > 0
        require(self, "coordinates", distinct and min(self.coordinates) >= 0, "different numbers of features")
        require(self, "widths", len(self.widths) > 0 and min(self.widths) >= 1, "one or more widths of at least 1")
        for name in ("neighbours", "layers"):
            require(self, name, getattr(self, name) >= 1, "at least 1")
