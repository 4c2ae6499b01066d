"""Settings of the convolutional network; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.validated import require

__all__ = ["ConvolutionalSettings"]


@dataclass(frozen=True)
class ConvolutionalSettings(DenseSettings):
    """Shape of the convolutional network ``analysis.learning.networks.convolutional:build``.

    Args:
        hidden: width of each hidden layer behind the convolutions.
        activation: after each of these hidden layers.
        dropout: share of their values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature of other blocks; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds to what that one says.
        blocks: names of the blocks that the network takes, with that of the images; none for all of them.
        image: name of the block of images.
        scale: of the images, in their unit: where their compression goes over from linear to logarithmic; 0 for none.
        channels: of each convolution.
        kernel: width and height of the convolutions' windows in pixels, an odd number.
        places: whether the place of what is seen matters: the last pixels stand side by side; otherwise their mean
            counts.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    dropout: float = 0.0
    image: str = "image"
    scale: float = 0.0
    channels: tuple[int, ...] = (16, 32)
    kernel: int = 3
    places: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "scale", self.scale >= 0, "at least 0")
        some = len(self.channels) > 0 and min(self.channels) >= 1
        require(self, "channels", some, "one or more numbers of at least 1")
        require(self, "kernel", self.kernel >= 1 and self.kernel % 2 == 1, "an odd number of at least 1")
