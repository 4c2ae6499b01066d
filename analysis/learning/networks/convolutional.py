"""Convolutional network on images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.blocks import choose_blocks
from analysis.learning.networks.convolution import convolve, pool
from analysis.learning.networks.convolutional_settings import ConvolutionalSettings
from analysis.learning.networks.dense import Dense

__all__ = ["Convolutional", "ConvolutionalSettings", "build"]


class Convolution(nnx.Module):
    """A convolution, ReLU and the maximum over squares of 2 x 2 pixels.

    The kernel starts from He's normal distribution (arXiv:1502.01852), the bias from zero.

    Args:
        channels: before it, c.
        outputs: channels after it, o.
        size: of the windows in pixels.
        rngs: random numbers for the initial parameters (``params``).
    """

    def __init__(self, channels: int, outputs: int, size: int, rngs: nnx.Rngs) -> None:
        initial = nnx.initializers.he_normal()
        self.kernel = nnx.Param(initial(rngs.params(), (size, size, channels, outputs)))
        self.bias = nnx.Param(jnp.zeros(outputs))

    def __call__(self, images: jax.Array, there: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Images (b, h, w, c) and which pixels exist (b, h, w) -> (b, h/2, w/2, o) and (b, h/2, w/2), rounded up."""
        # beyond the lower and the right edge of an odd number of pixels there is none
        edges = ((0, 0), (0, images.shape[1] % 2), (0, images.shape[2] % 2))
        found = jnp.pad(convolve(images, self.kernel[...]), (*edges, (0, 0)))
        there = jnp.pad(there, edges)
        batch, height, width = there.shape
        squares = there.reshape(batch, height // 2, 2, width // 2, 2)
        return pool(found, self.bias[...], there), jnp.any(squares, axis=(2, 4))


class Convolutional(nnx.Module):
    """Convolutions of an image (LeCun et al., Proc. IEEE 86 (1998) 2278), and a fully connected network.

    After each convolution, ReLU and the maximum over squares of 2 x 2 pixels (at an edge: of those that are left).
    Pixels that are not there enter as zeros, like those beyond the edges, and nothing is computed for them; the
    maximum is that of the pixels that are there. In the end the mean over the pixels that are left, or all of them side
    by side, pass a fully connected network.

    Features of other blocks enter the fully connected network as in :class:`analysis.learning.networks.dense.Trunk`.

    Args:
        shapes: of the blocks by name, without the event axis; (h, w, channels) of the images.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a block is missing, or the images have another shape.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: ConvolutionalSettings
    ) -> None:
        others = choose_blocks(shapes, settings.blocks, "convolutional network")
        height, width, channels = _check(others.pop(settings.image, None), settings)
        self.settings = settings
        sizes = (channels, *settings.channels)
        self.convolutions = nnx.List(
            [
                Convolution(before, after, settings.kernel, rngs)
                for before, after in zip(sizes, settings.channels, strict=False)
            ]
        )
        for _ in settings.channels:
            height, width = -(-height // 2), -(-width // 2)
        learned = sizes[-1] * (height * width if settings.places else 1)
        self.trunk = Dense(others, outputs, rngs, replace(settings, blocks=()), learned)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: images (b, h, w, channels) as measured; of other blocks standardised features (b, ..., f). 0 where
                missing.
            present: (b, ...) by block, False where something is missing; (b,), (b, h, w) or (b, h, w, channels) of the
                images. A pixel is there if one of its channels is.

        Returns:
            (b, o).
        """
        images, there = values[self.settings.image], present[self.settings.image]
        if self.settings.scale:
            images = jnp.arcsinh(images / self.settings.scale)
        there = jnp.any(there, axis=-1) if there.ndim == 4 else there
        there = jnp.broadcast_to(there.reshape(there.shape[0], *(there.shape[1:] or (1, 1))), images.shape[:3])
        for convolution in self.convolutions:
            images, there = convolution(images, there)
        if self.settings.places:
            learned = images.reshape(images.shape[0], -1)
        else:
            number = jnp.sum(there, axis=(1, 2)).astype(images.dtype)
            learned = jnp.sum(images, axis=(1, 2)) / jnp.maximum(number, 1)[:, None]
        return self.trunk(values, present, learned)


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: ConvolutionalSettings
) -> nnx.Module:
    """A convolutional network on images; see :class:`Convolutional`.

    Examples:
        >>> shapes = {"event": (3,), "image": (9, 16, 2)}
        >>> network = build(shapes, 2, nnx.Rngs(0), ConvolutionalSettings(hidden=(8,), channels=(4, 8)))
        >>> values = {name: jnp.ones((5, *shape)) for name, shape in shapes.items()}
        >>> present = {"event": jnp.ones((5, 3), bool), "image": jnp.ones((5, 9, 16), bool)}
        >>> nnx.eval_shape(network, values, present).shape
        (5, 2)
    """
    return Convolutional(shapes, outputs, rngs, settings)


def _check(shape: tuple[int, ...] | None, settings: ConvolutionalSettings) -> tuple[int, int, int]:
    if shape is None:
        raise TrainingError(
            f"the convolutional network takes no block {settings.image!r} of images",
            cure="name the block of images in the settings",
        )
    if len(shape) != 3 or 0 in shape:
        raise TrainingError(
            f"the convolutional network is given images of shape {shape}", cure="give it (height, width, channels)"
        )
    height, width, channels = shape
    return height, width, channels
