"""Settings of a conditional convolutional generator of images with its critic; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.learning.networks.adversarial_settings import AdversarialSettings
from analysis.validated import require

__all__ = ["ConvolutionalAdversarialSettings"]


@dataclass(frozen=True, kw_only=True)
class ConvolutionalAdversarialSettings(AdversarialSettings):
    """Shape of the networks of ``analysis.learning.networks.convolutional_adversarial:build``.

    Args:
        image: (height, width) of an image, or (height, width, channels), in the order of which its values are targets.
        channels: of the maps in the generator: the first is made of noise and conditions, each next one is twice as
            high and wide, and so is the image.
        critic_channels: of the maps in the critic, each half as high and wide as what is before it.
        kernel: width and height of the convolutions' windows in pixels, an odd number.
        hidden: width of each hidden layer before the generator's first map.
        critic: width of each hidden layer behind the critic's last map.
        activation: after each hidden layer and each map.
        noise: as of the fully connected networks.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    image: tuple[int, ...]
    channels: tuple[int, ...] = (32, 16)
    critic_channels: tuple[int, ...] = (16, 32)
    kernel: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = len(self.image) in (2, 3) and min(self.image) >= 1
        require(self, "image", sizes, "(height, width) or (height, width, channels)")
        for name in ("channels", "critic_channels"):
            channels = getattr(self, name)
            require(self, name, len(channels) > 0 and min(channels) >= 1, "one or more numbers of at least 1")
        require(self, "kernel", self.kernel >= 1 and self.kernel % 2 == 1, "an odd number of at least 1")
