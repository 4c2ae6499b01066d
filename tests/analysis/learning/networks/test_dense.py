from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.dense import ACTIVATIONS, Dense, DenseSettings, build

SHAPES = {"event": (3,)}


def inputs(events=6, features=3):
    random = np.random.default_rng(3)
    present = random.random((events, features)) < 0.7
    values = jnp.asarray(random.normal(size=(events, features)) * present, jnp.float32)
    return {"event": values}, {"event": jnp.asarray(present)}


@pytest.mark.parametrize(("activation", "segments"), list(zip(sorted(ACTIVATIONS), range(5), strict=True)))
def test_shapes(activation, segments):
    settings = DenseSettings(hidden=(8, 4), activation=activation, segments=segments)
    values, present = inputs()
    outputs = nnx.eval_shape(lambda: build({"event": (3,)}, 5, nnx.Rngs(0), settings)(values, present))
    assert outputs.shape == (6, 5)
    assert outputs.dtype == jnp.float32


def test_structured_blocks_are_put_side_by_side():
    """Stations with features, of which each station has all or none, are as good as their values one by one."""
    random = np.random.default_rng(4)
    there = random.random((6, 4)) < 0.7
    stations = random.normal(size=(6, 4, 2)) * there[..., None]
    event, present = inputs()
    one = build({"event": (3,), "stations": (4, 2)}, 2, nnx.Rngs(1), DenseSettings(hidden=(8,), dropout=0.0))
    other = build({"a": (11,)}, 2, nnx.Rngs(1), DenseSettings(hidden=(8,), dropout=0.0))
    flat = jnp.concatenate([event["event"], stations.reshape(6, 8)], axis=1)
    flat_present = jnp.concatenate([present["event"], np.repeat(there, 2, axis=1)], axis=1)
    assert np.array_equal(
        one({"stations": jnp.asarray(stations), **event}, {**present, "stations": jnp.asarray(there)}),
        other({"a": flat}, {"a": flat_present}),
    )


def test_no_hidden_layer_is_a_linear_model():
    network = build(SHAPES, 2, nnx.Rngs(0), DenseSettings(hidden=(), segments=0))
    values, present = jnp.eye(3), {"event": jnp.ones((3, 3), bool)}
    middle = network({"event": jnp.broadcast_to(values.mean(axis=0), (3, 3))}, present)[0]
    assert np.allclose(network({"event": values}, present).mean(axis=0), middle, atol=1e-6)


def test_the_same_seed_gives_the_same_network_and_another_one_another():
    features, present = inputs()
    one, same, other = (build(SHAPES, 2, nnx.Rngs(seed), DenseSettings(hidden=(8,), dropout=0.0)) for seed in (1, 1, 2))
    assert np.array_equal(one(features, present), same(features, present))
    assert not np.array_equal(one(features, present), other(features, present))


def test_a_missing_value_is_not_a_zero():
    network = build(SHAPES, 2, nnx.Rngs(0), DenseSettings(hidden=(8,), dropout=0.0))
    features = {"event": jnp.zeros((1, 3))}
    there, missing = {"event": jnp.ones((1, 3), bool)}, {"event": jnp.zeros((1, 3), bool)}
    assert not np.allclose(network(features, there), network(features, missing))


def test_dropout_only_in_training():
    network = build(SHAPES, 2, nnx.Rngs(0), DenseSettings(hidden=(64,), dropout=0.5))
    features, present = inputs()
    assert not np.array_equal(network(features, present), network(features, present))
    network.eval()
    assert np.array_equal(network(features, present), network(features, present))


def test_the_encoding_is_piecewise_linear_between_normal_quartiles():
    network = Dense({"event": (1,)}, 2, nnx.Rngs(0), DenseSettings(segments=4))
    features = jnp.array([[-9.0], [-0.6744898], [0.0], [0.6744898], [9.0]])
    encoded = np.concatenate(network._encode(features, jnp.ones((5, 1), bool)), axis=-1)
    assert np.allclose(encoded, [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]], atol=1e-6)
    assert (np.concatenate(network._encode(features, jnp.zeros((5, 1), bool)), axis=-1) == 0).all()


@pytest.mark.long
def test_gradients_reach_every_parameter():
    network = build(SHAPES, 2, nnx.Rngs(0), DenseSettings(hidden=(8, 8), dropout=0.0))
    features, present = inputs(256)
    graph, state = nnx.split(network)

    def size(values):
        return jnp.sum(nnx.merge(graph, values, copy=True)(features, present) ** 2)

    gradient = jax.grad(size, allow_int=True)(state)
    kernels = [leaf for path, leaf in jax.tree_util.tree_leaves_with_path(gradient) if "kernel" in str(path)]
    assert len(kernels) == 3
    for leaf in kernels:
        assert np.isfinite(leaf).all()
        assert (np.abs(leaf).sum(axis=1) > 0).all()


@pytest.mark.long
def test_a_shortcut_adds_a_layer_to_the_one_before():
    settings = DenseSettings(hidden=(8, 8, 4), activation="tanh", dropout=0.0, segments=0)
    features, present = inputs()
    network = build(SHAPES, 2, nnx.Rngs(0), replace(settings, residual=True))
    assert isinstance(network, Dense)
    first, second, third = network.hidden
    missing = 1 - present["event"].astype(jnp.float32)
    hidden = jnp.tanh(first(jnp.concatenate([features["event"], missing], axis=-1).T))
    hidden = hidden + jnp.tanh(second(hidden))
    expected = network.output(jnp.tanh(third(hidden))).T
    assert np.allclose(network(features, present), expected, atol=1e-6)
    plain = build(SHAPES, 2, nnx.Rngs(0), settings)
    assert not np.allclose(network(features, present), plain(features, present))


@pytest.mark.long
def test_values_of_many_shortcuts_keep_their_size():
    features, present = inputs()
    for activation in ("silu", "tanh"):
        settings = DenseSettings(hidden=(16,) * 64, activation=activation, dropout=0.0, segments=0, residual=True)
        network = build(SHAPES, 2, nnx.Rngs(0), settings)
        assert isinstance(network, Dense)
        graph, state = nnx.split(network)

        def answers(values, graph=graph):
            return jnp.sum(nnx.merge(graph, values, copy=True)(features, present) ** 2)

        size, gradient = jax.value_and_grad(answers, allow_int=True)(state)
        kernels = [leaf for path, leaf in jax.tree_util.tree_leaves_with_path(gradient) if "kernel" in str(path)]
        # without their shares, 2^64 in the mean square of silu's
        assert 1e-2 < size / (2 * len(present["event"])) < 1e2
        assert 1e-2 < np.linalg.norm(kernels[1]) / np.linalg.norm(kernels[-2]) < 1e2


def test_shortcuts_need_layers_of_equal_width():
    with pytest.raises(StudyError, match="residual"):
        DenseSettings(hidden=(64, 32), residual=True)


def test_chosen_blocks_are_all_that_enters():
    shapes = {"event": (3,), "jets": (4, 2)}
    values = {"event": jnp.ones((5, 3)), "jets": jnp.ones((5, 4, 2))}
    present = {"event": jnp.ones((5, 3), bool), "jets": jnp.ones((5, 4), bool)}
    some = build(shapes, 2, nnx.Rngs(0), DenseSettings(hidden=(8,), dropout=0.0, blocks=("event",)))
    same = build(SHAPES, 2, nnx.Rngs(0), DenseSettings(hidden=(8,), dropout=0.0))
    only = {"event": values["event"]}, {"event": present["event"]}
    assert np.array_equal(some(values, present), same(*only))
    with pytest.raises(TrainingError, match=r"'tracks'.*\n.*event, jets"):
        build(shapes, 2, nnx.Rngs(0), DenseSettings(blocks=("tracks",)))


def test_the_exported_network_is_the_network(exported):
    shapes = {"event": (3,), "jets": (4, 2)}
    network = build(shapes, 2, nnx.Rngs(0), DenseSettings(hidden=(8, 8), residual=True))
    random = np.random.default_rng(1)
    values = {name: jnp.asarray(random.normal(size=(7, *shape)), jnp.float32) for name, shape in shapes.items()}
    present = {"event": jnp.ones((7, 3), bool), "jets": jnp.asarray(random.random((7, 4)) < 0.5)}
    anywhere = exported(network, values, present)
    assert np.allclose(anywhere(values, present), network(values, present), atol=1e-5)
