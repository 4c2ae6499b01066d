from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.learning.networks.edges import EdgeConvolution, nearest

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quick_compilation")]


def particles(events=4, number=9, features=5, seed=1):
    """A third of them is missing, and the last event has one only."""
    random = np.random.default_rng(seed)
    there = random.random((events, number)) < 0.7
    there[-1] = np.arange(number) == 2
    values = random.normal(size=(events, number, features)) * there[..., None]
    return values.astype(np.float32), there


def neighbours_by_hand(places, there, k):
    """Lists of neighbours, nearest first."""
    found = []
    for event, known in zip(places.astype(np.float64), there, strict=True):
        for number, place in enumerate(event):
            distance = np.where(known, np.linalg.norm(event - place, axis=1), np.inf)
            distance[number] = np.inf
            order = np.argsort(distance, kind="stable")[:k]
            found.append([int(j) for j in order if np.isfinite(distance[j])] if known[number] else [])
    return found


@pytest.mark.parametrize("k", [1, 3, 20])
def test_nearest_neighbours(k):
    values, there = particles()
    found, exists = nearest(jnp.asarray(values), jnp.asarray(there), k)
    assert found.shape == exists.shape == (4, 9, min(k, 8))
    listed = [
        row[known].tolist()
        for row, known in zip(np.asarray(found).reshape(36, -1), np.asarray(exists).reshape(36, -1), strict=True)
    ]
    assert listed == neighbours_by_hand(values, there, k)


def test_of_particles_at_the_same_distance_the_first_ones_count():
    there = jnp.ones((1, 6), bool)
    found, _ = nearest(jnp.zeros((1, 6, 2)), there, 3)
    assert found[0].tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2]]


def test_one_place_has_no_neighbours():
    found, exists = nearest(jnp.zeros((2, 1, 2)), jnp.ones((2, 1), bool), 3)
    assert found.shape == exists.shape == (2, 1, 0)
    made = EdgeConvolution(2, 4, 2, nnx.Rngs(0))
    given = jnp.ones((2, 1, 2))
    assert np.allclose(made(given, found, exists), jax.nn.relu(made.shortcut(given)), atol=1e-6)


def convolve_by_hand(made, values, there, k):
    """One edge after the other, in double precision."""
    layers = [(np.asarray(layer.kernel[...], float), np.asarray(layer.bias[...], float)) for layer in made.edge]
    kernel, bias = np.asarray(made.shortcut.kernel[...], float), np.asarray(made.shortcut.bias[...], float)
    events, number, _ = values.shape
    result = np.zeros((events * number, len(bias)))
    for row, near in enumerate(neighbours_by_hand(values, there, k)):
        event, own = values[row // number].astype(float), values[row // number, row % number].astype(float)
        messages = []
        for other in near:
            hidden = np.concatenate([own, event[other] - own])
            for weights, offset in layers:
                hidden = np.maximum(hidden @ weights + offset, 0)
            messages.append(hidden)
        mean = np.mean(messages, axis=0) if messages else 0
        result[row] = np.maximum(own @ kernel + bias + mean, 0)
    return result.reshape(events, number, -1)


def spoil(made):
    """Biases that are not zero."""
    for number, layer in enumerate([*made.edge, made.shortcut]):
        layer.bias[...] = jnp.linspace(-0.3, 0.2 + 0.1 * number, layer.bias[...].size)
    return made


@pytest.mark.parametrize(("layers", "k"), [(1, 3), (3, 4), (2, 20)])
def test_the_convolution_is_that_of_single_edges(layers, k):
    values, there = particles()
    made = spoil(EdgeConvolution(5, 8, layers, nnx.Rngs(2)))
    given = jnp.asarray(values)
    found = made(given, *nearest(given, jnp.asarray(there), k))
    assert np.allclose(found, convolve_by_hand(made, values, there, k), atol=1e-5)


def test_gradients_are_those_of_all_edges_at_once():
    """Of parameters and particles, against the definition with one array of all edges."""
    values, there = particles(6, 12)
    made = spoil(EdgeConvolution(5, 8, 3, nnx.Rngs(2)))
    graph, params = nnx.split(made)
    found, exists = nearest(jnp.asarray(values), jnp.asarray(there), 4)
    weight = np.random.default_rng(5).normal(size=(6, 12, 8)).astype(np.float32)

    def fast(params, given):
        return jnp.sum(weight * nnx.merge(graph, params)(given, found, exists))

    def plain(params, given):
        module = nnx.merge(graph, params)
        own = jnp.broadcast_to(given[:, :, None], (6, 12, 4, 5))
        other = given[jnp.arange(6)[:, None, None], found]
        hidden = jnp.concatenate([own, other - own], axis=-1)
        for layer in module.edge:
            hidden = jax.nn.relu(layer(hidden))
        mean = jnp.sum(hidden * exists[..., None], axis=2) / jnp.maximum(exists.sum(axis=2), 1)[..., None]
        return jnp.sum(weight * jax.nn.relu(module.shortcut(given) + mean))

    one, other = (jax.grad(f, argnums=(0, 1))(params, jnp.asarray(values)) for f in (fast, plain))
    for (path, leaf), expected in zip(jax.tree_util.tree_leaves_with_path(one), jax.tree.leaves(other), strict=True):
        assert np.allclose(leaf, expected, rtol=1e-4, atol=1e-4), path
