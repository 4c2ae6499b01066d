"""Settings of the autoencoder; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.validated import require

__all__ = ["AutoencoderSettings"]


@dataclass(frozen=True)
class AutoencoderSettings(DenseSettings):
    """Shape of the autoencoder ``analysis.learning.networks.autoencoder:build``.

    Args:
        hidden: width of each hidden layer of the encoder; the decoder has them in the opposite order.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds to what that one says.
        blocks: names of the blocks that are encoded and reconstructed; none for all of them.
        bottleneck: numbers that an event is reduced to.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    dropout: float = 0.0
    segments: int = 0
    bottleneck: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "bottleneck", self.bottleneck >= 1, "at least 1")
