"""Conditional generator of images by convolutions, and the critic that it is trained against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.adversarial import Adversarial, Shapes, dense_settings
from analysis.learning.networks.convolution import convolve, windows
from analysis.learning.networks.convolutional_adversarial_settings import ConvolutionalAdversarialSettings
from analysis.learning.networks.dense import ACTIVATIONS, Dense
from analysis.learning.networks.layer import Layer

__all__ = ["ConvolutionalAdversarial", "ConvolutionalAdversarialSettings", "build"]

Blocks = Mapping[str, jax.Array]


class Upsampling(nnx.Module):
    """Each pixel four times, and a convolution with a bias.

    The kernel starts from He's normal distribution (arXiv:1502.01852) where an activation follows, else from LeCun's;
    the bias from zero.

    Args:
        channels: before it, c.
        outputs: channels after it, o.
        size: of the windows in pixels.
        rngs: random numbers for the initial parameters (``params``).
        activated: whether an activation follows.
    """

    def __init__(self, channels: int, outputs: int, size: int, rngs: nnx.Rngs, *, activated: bool) -> None:
        initial = nnx.initializers.he_normal() if activated else nnx.initializers.lecun_normal()
        self.kernel = nnx.Param(initial(rngs.params(), (size, size, channels, outputs)))
        self.bias = nnx.Param(jnp.zeros(outputs))

    def __call__(self, maps: jax.Array, height: int, width: int) -> jax.Array:
        """Maps (b, h/2, w/2, c), rounded up -> (b, h, w, o) of this height h and width w."""
        larger = jnp.repeat(jnp.repeat(maps, 2, axis=1), 2, axis=2)[:, :height, :width]
        return convolve(larger, self.kernel[...]) + self.bias[...]


class Generator(nnx.Module):
    """A fully connected network from noise and conditions to a small map, then :class:`Upsampling` to the image.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        rngs: random numbers for the initial parameters (``params``).
        settings: shape of the networks.
    """

    def __init__(self, shapes: Shapes, rngs: nnx.Rngs, settings: ConvolutionalAdversarialSettings) -> None:
        height, width, outputs = _image(settings)
        self.sizes: tuple[tuple[int, int], ...] = ((height, width),)
        for _ in settings.channels:
            height, width = -(-height // 2), -(-width // 2)
            self.sizes = ((height, width), *self.sizes)
        self.activation = settings.activation
        first = math.prod(self.sizes[0]) * settings.channels[0]
        self.dense = Dense(shapes, first, rngs, dense_settings(settings.hidden, settings))
        last = len(settings.channels) - 1
        self.upsamplings = nnx.List(
            [
                Upsampling(before, after, settings.kernel, rngs, activated=number < last)
                for number, (before, after) in enumerate(pairwise((*settings.channels, outputs)))
            ]
        )

    def __call__(self, values: Blocks, present: Blocks) -> jax.Array:
        """Images (b, h w channels); arguments as of :class:`analysis.learning.networks.adversarial.Adversarial`."""
        found = self.dense(values, present)
        maps = found.reshape(found.shape[0], *self.sizes[0], -1)
        for upsampling, size in zip(self.upsamplings, self.sizes[1:], strict=True):
            maps = upsampling(ACTIVATIONS[self.activation](maps), *size)
        return maps.reshape(found.shape[0], -1)


class Critic(nnx.Module):
    """Convolutions of an image with steps of two pixels, whose last map a fully connected network sees by conditions.

    Each is a product of all windows and a kernel: the gradient penalty needs second derivatives, which
    :func:`analysis.learning.networks.convolution.convolve` has not. With XLA:CPU's own convolution, the gradient of a
    penalty took one to four times as long (images of 5 x 5 to 16 x 16 pixels, three folds side by side).

    Args:
        conditions: shapes of the blocks of features by name, without the event axis.
        rngs: random numbers for the initial parameters (``params``).
        settings: shape of the networks.
    """

    def __init__(self, conditions: Shapes, rngs: nnx.Rngs, settings: ConvolutionalAdversarialSettings) -> None:
        self.image = _image(settings)
        self.kernel, self.activation = settings.kernel, settings.activation
        channels = (self.image[-1], *settings.critic_channels)
        self.layers = nnx.List(
            [Layer(settings.kernel**2 * before, after, rngs, activated=True) for before, after in pairwise(channels)]
        )
        height, width, _ = self.image
        for _ in settings.critic_channels:
            height, width = -(-height // 2), -(-width // 2)
        learned = height * width * channels[-1]
        self.dense = Dense(conditions, 1, rngs, dense_settings(settings.critic, settings), learned)

    def __call__(self, values: Blocks, present: Blocks, targets: jax.Array) -> jax.Array:
        """The rating (b, 1) of images (b, h w channels)."""
        maps = targets.reshape(-1, *self.image)
        for layer in self.layers:
            maps = self.convolve(maps, layer)
        return self.dense(values, present, maps.reshape(maps.shape[0], -1))

    def convolve(self, maps: jax.Array, layer: Layer) -> jax.Array:
        """Maps (b, h, w, c) -> (b, h/2, w/2, o), rounded up."""
        events, height, width, _ = maps.shape
        found = ACTIVATIONS[self.activation](layer(windows(maps, self.kernel, step=2)))
        return jnp.moveaxis(found.reshape(-1, events, -(-height // 2), -(-width // 2)), 0, -1)


class ConvolutionalAdversarial(Adversarial):
    """A generator of images (h, w, channels) given features, and a critic of images given the same features.

    Convolutions in both (Radford, Metz and Chintala, arXiv:1511.06434), but nearest neighbours and a convolution in
    place of a transposed one (Odena, Dumoulin and Olah, doi:10.23915/distill.00003), and no normalisation over events,
    which a gradient penalty forbids the critic (Gulrajani et al., arXiv:1704.00028, section 4). Calorimeter showers,
    whose layers are channels here, as images: Paganini, de Oliveira and Nachman, arXiv:1712.10321.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of targets, which is that of an image's values, in the order (h, w, channels).
        rngs: random numbers for the initial parameters (``params``) and the generator's noise (``dropout``).
        settings: shape of the networks.

    Raises:
        TrainingError: there is no block of random numbers, or the targets are no image.
    """

    def networks(
        self, shapes: Shapes, conditions: Shapes, outputs: int, rngs: nnx.Rngs, settings: Any
    ) -> tuple[Any, Any]:
        """The generator, of all blocks, and the critic, of the conditions and the image."""
        if math.prod(settings.image) != outputs:
            raise TrainingError(
                f"the generator makes images {settings.image} of {math.prod(settings.image)} values, and the events "
                f"have {outputs} targets",
                cure="set image to the height, width and channels of which the targets are the values",
            )
        return Generator(shapes, rngs, settings), Critic(conditions, rngs, settings)


def build(shapes: Shapes, outputs: int, rngs: nnx.Rngs, settings: ConvolutionalAdversarialSettings) -> nnx.Module:
    """A conditional generator of images and its critic; see :class:`ConvolutionalAdversarial`.

    Examples:
        >>> shapes = {"energy": (1,), "noise": (4,)}
        >>> settings = ConvolutionalAdversarialSettings(image=(5, 5, 8), channels=(4,), critic_channels=(4,))
        >>> networks = build(shapes, 200, nnx.Rngs(0), settings)
        >>> values = {name: jnp.zeros((3, *shape)) for name, shape in shapes.items()}
        >>> present = {name: jnp.ones((3, *shape), bool) for name, shape in shapes.items()}
        >>> networks.eval()
        >>> nnx.eval_shape(networks, values, present).shape
        (3, 200)
    """
    return ConvolutionalAdversarial(shapes, outputs, rngs, settings)


def _image(settings: ConvolutionalAdversarialSettings) -> tuple[int, int, int]:
    """Height, width and channels."""
    height, width, *channels = settings.image
    return height, width, math.prod(channels)
