from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from analysis.learning.networks import convolution
from analysis.learning.networks.convolution import convolve, pool

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quick_compilation")]


def draw(*shape, seed=1):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def of_xla(images, kernel):
    return jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def all_of(function, images, kernel, weight):
    """Value and gradients of a weighted sum of the output, and the output itself."""
    value, gradients = jax.value_and_grad(lambda *a: jnp.sum(weight * function(*a)), argnums=(0, 1))(images, kernel)
    return [value, *gradients, function(images, kernel)]


def same(found, expected):
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())


def test_a_convolution_is_a_sum_over_windows():
    images, kernel = draw(2, 4, 5, 3), draw(3, 3, 3, 2, seed=2)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = np.zeros((2, 4, 5, 2))
    for y in range(4):
        for x in range(5):
            expected[:, y, x] = np.einsum("bijc,ijco->bo", padded[:, y : y + 3, x : x + 3], kernel)
    assert np.allclose(convolve(images, kernel), expected, atol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("channels", [2, 12])
def test_values_and_gradients_are_those_of_xla(size, channels):
    images, kernel, weight = draw(6, 7, 8, channels), draw(size, size, channels, 3, seed=2), draw(6, 7, 8, 3, seed=3)
    same(all_of(convolve, images, kernel, weight), all_of(of_xla, images, kernel, weight))


def test_as_many_events_at_once_as_divide_the_batch(monkeypatch):
    """Six at once would fit: five of ten."""
    images, kernel, weight = draw(10, 4, 4, 2), draw(3, 3, 2, 3, seed=2), draw(10, 4, 4, 3, seed=3)
    monkeypatch.setattr(convolution, "CHUNK", 6 * 9 * 32)
    found = jax.make_jaxpr(jax.grad(lambda k: jnp.sum(weight * convolve(images, k))))(kernel)
    assert "length=2" in str(found)
    same(all_of(convolve, images, kernel, weight), all_of(of_xla, images, kernel, weight))


@pytest.mark.parametrize("channels", [2, 12])
def test_networks_side_by_side(channels):
    """With the same images, with other images, and with those of two seeds and two folds."""
    images, kernel, weight = draw(4, 5, 5, channels), draw(2, 3, 3, channels, 3, seed=2), draw(4, 5, 5, 3, seed=3)

    def every(function):
        def one(images, kernel):
            return all_of(function, images, kernel, weight)

        two, kernels = jnp.stack([images, -images]), jnp.stack([kernel, 2 * kernel])
        return [
            jax.vmap(one, in_axes=(None, 0))(images, kernel),
            jax.vmap(one)(two, kernel),
            jax.vmap(jax.vmap(one), in_axes=(None, 0))(two, kernels),
        ]

    same(jax.jit(lambda: every(convolve))(), jax.jit(lambda: every(of_xla))())


def pooled_by_hand(images, bias, there):
    """Of ReLU(pixel + bias), the definition."""
    active = np.maximum(np.asarray(images) + np.asarray(bias), 0) * np.asarray(there)[..., None]
    batch, height, width, channels = active.shape
    return active.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def test_pooling():
    images, bias = draw(3, 6, 4, 5), draw(5, seed=2)
    there = np.random.default_rng(3).random((3, 6, 4)) < 0.5
    there[0, :2, :2] = False
    assert np.allclose(pool(images, bias, jnp.asarray(there)), pooled_by_hand(images, bias, there), atol=1e-6)
    assert not pool(images, bias + 10, jnp.asarray(there))[0, 0, 0].any()


def test_gradients_of_pooling_are_those_of_its_definition():
    images, bias, weight = draw(3, 6, 4, 5), draw(5, seed=2), draw(3, 3, 2, 5, seed=4)
    there = jnp.asarray(np.random.default_rng(3).random((3, 6, 4)) < 0.5)

    def plain(images, bias):
        active = jax.nn.relu(images + bias) * there[..., None]
        return jnp.sum(
            weight * jax.lax.reduce_window(active, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        )

    found = jax.grad(lambda i, b: jnp.sum(weight * pool(i, b, there)), argnums=(0, 1))(images, bias)
    same(found, jax.grad(plain, argnums=(0, 1))(images, bias))


def test_of_equal_pixels_the_first_one_that_is_there_gets_the_gradient():
    there = jnp.array([[[False, True], [True, True]]])
    gradient = jax.grad(lambda images: pool(images, jnp.zeros(1), there)[0, 0, 0, 0])(jnp.ones((1, 2, 2, 1)))
    assert gradient[0, :, :, 0].tolist() == [[0, 1], [0, 0]]


def test_half_precision_stays_half_precision():
    images, kernel = draw(2, 4, 4, 2).astype(jnp.bfloat16), draw(3, 3, 2, 3, seed=2).astype(jnp.bfloat16)
    there = jnp.ones((2, 4, 4), bool)

    def size(images, kernel):
        return jnp.sum(pool(convolve(images, kernel), kernel[0, 0, 0], there))

    found = jax.eval_shape(jax.value_and_grad(size, argnums=(0, 1)), images, kernel)
    assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype(jnp.bfloat16)}
