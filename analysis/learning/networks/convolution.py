"""Convolution and pooling of images in forms that are fast on a processor."""

from __future__ import annotations

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import sequential_vmap

__all__ = ["convolve", "pool", "windows"]

CHUNK = 75_000  # values of the windows that are computed at once; with their gradient they fit into a core's cache
FEW = 8  # channels up to which all windows of a batch take about as much memory as what comes out


@jax.custom_vjp
def convolve(images: jax.Array, kernel: jax.Array) -> jax.Array:
    """Sums over windows, with zeros beyond the edges: out[y, x] = sum_ij in[y + i - r, x + j - r] kernel[i, j].

    The forward pass and the gradient of the images are XLA's convolution. The gradient of the kernel, which XLA:CPU has
    at a fifth of the speed, is one matrix product of all windows and the gradient of the output, a few events at a
    time. So is the forward pass in training, where there are few channels. Several networks side by side (``vmap``)
    take turns: XLA:CPU has no fast form of a convolution in groups.

    Args:
        images: (b, h, w, c).
        kernel: (2 r + 1, 2 r + 1, c, o).

    Returns:
        (b, h, w, o).
    """
    return _convolve(images, kernel)


@sequential_vmap
def _convolve(images: jax.Array, kernel: jax.Array) -> jax.Array:
    return _plain(images, kernel)


def _plain(images: jax.Array, kernel: jax.Array) -> jax.Array:
    return jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _forward(images: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _train(images, kernel), (images, kernel)


@sequential_vmap
def _train(images: jax.Array, kernel: jax.Array) -> jax.Array:
    if images.shape[-1] > FEW:
        return _plain(images, kernel)

    def product_of_windows(images: jax.Array, kernel: jax.Array) -> jax.Array:
        columns = windows(images, len(kernel))
        found = jnp.einsum("kn,ko->no", columns, kernel.reshape(len(columns), -1))
        return found.reshape(*images.shape[:3], -1)

    return jax.lax.platform_dependent(images, kernel, cpu=product_of_windows, default=_plain)


def _backward(held: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    images, kernel = held
    turned = jnp.swapaxes(kernel[::-1, ::-1], 2, 3)
    return _convolve(gradient, turned), _kernel_gradient(images, kernel, gradient)


@sequential_vmap
def _kernel_gradient(images: jax.Array, kernel: jax.Array, gradient: jax.Array) -> jax.Array:
    def product_of_windows(images: jax.Array, kernel: jax.Array, gradient: jax.Array) -> jax.Array:
        batch, size = images.shape[0], kernel.shape[0] ** 2 * images[0].size
        together = max(1, CHUNK // size)
        while batch % together:
            together -= 1

        def add(total: jax.Array, some: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            few, of_few = some
            return total + windows(few, len(kernel)) @ of_few.reshape(-1, kernel.shape[-1]), None

        chunks = [array.reshape(-1, together, *array.shape[1:]) for array in (images, gradient)]
        nothing = jnp.zeros((kernel[..., 0].size, kernel.shape[-1]), kernel.dtype)
        total, _ = jax.lax.scan(add, nothing, tuple(chunks))
        return total.reshape(kernel.shape)

    def of_xla(images: jax.Array, kernel: jax.Array, gradient: jax.Array) -> jax.Array:
        return jax.vjp(lambda kernel: _plain(images, kernel), kernel)[1](gradient)[0]

    return jax.lax.platform_dependent(images, kernel, gradient, cpu=product_of_windows, default=of_xla)


convolve.defvjp(_forward, _backward)


def windows(images: jax.Array, size: int, step: int = 1) -> jax.Array:
    """Windows around every ``step``-th pixel, one in a column: (size size c, b h/step w/step), rounded up.

    Columns rather than rows: each of the shifted copies is then one piece of memory.

    Args:
        images: (b, h, w, c).
        size: width and height of the windows in pixels, an odd number; zeros beyond the edges.
        step: pixels from one window to the next one.
    """
    _, height, width, channels = images.shape
    around = size // 2
    padded = jnp.pad(jnp.transpose(images, (3, 0, 1, 2)), ((0, 0), (0, 0), (around, around), (around, around)))
    shifted = [padded[:, :, i : i + height : step, j : j + width : step] for i, j in product(range(size), repeat=2)]
    return jnp.concatenate(shifted).reshape(size * size * channels, -1)


@jax.custom_vjp
def pool(images: jax.Array, bias: jax.Array, there: jax.Array) -> jax.Array:
    """ReLU(maximum over squares of 2 x 2 pixels + bias), the same as the maximum of ReLU(pixel + bias).

    Of equal maxima, the first pixel gets the gradient.

    Args:
        images: (b, 2 h, 2 w, c).
        bias: (c,).
        there: (b, 2 h, 2 w) bool, which pixels exist; the others do not count.

    Returns:
        (b, h, w, c), 0 where no pixel exists.
    """
    largest = jnp.max(jnp.stack(_corners(images, there)), axis=0)
    return jax.nn.relu(largest + bias)


def _corners(images: jax.Array, there: jax.Array) -> list[jax.Array]:
    """The four pixels of each square, each (b, h, w, c); minus infinity where there is none."""
    seen = jnp.where(there[..., None], images, -jnp.inf)
    batch, height, width, channels = images.shape
    squares = seen.reshape(batch, height // 2, 2, width // 2, 2, channels)
    return [squares[:, :, i, :, j] for i, j in product(range(2), repeat=2)]


def _pool_forward(images: jax.Array, bias: jax.Array, there: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    pooled = pool(images, bias, there)
    return pooled, (images, there, pooled)


def _pool_backward(held: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, jax.Array, np.ndarray]:
    images, there, pooled = held
    corners = _corners(images, there)
    largest = jnp.max(jnp.stack(corners), axis=0)
    first = jnp.full(largest.shape, 3, jnp.int32)
    for number in (2, 1, 0):
        first = jnp.where(corners[number] == largest, number, first)
    active = jnp.where(pooled > 0, gradient, 0)
    number_of_pixel = 2 * np.arange(2)[:, None, None, None] + np.arange(2)[:, None]
    hit = first[:, :, None, :, None] == number_of_pixel
    of_images = jnp.where(hit, active[:, :, None, :, None], 0).reshape(images.shape)
    # a product, as the last bits of XLA's sum depend on the number of the processor's cores
    of_bias = jnp.ones((1, active[..., 0].size), active.dtype) @ active.reshape(-1, active.shape[-1])
    return of_images, of_bias[0], np.zeros(there.shape, jax.dtypes.float0)


pool.defvjp(_pool_forward, _pool_backward)
