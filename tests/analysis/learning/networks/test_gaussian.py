from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.gaussian import GaussianHead, build

# each test compiles networks of its own
pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]

SHAPES = {"event": (3,), "jets": (2, 4)}
SETTINGS = DenseSettings(hidden=(16, 16), dropout=0.0, residual=True)


def inputs(events=8):
    random = np.random.default_rng(3)
    present = {"event": random.random((events, 3)) < 0.8, "jets": random.random((events, 2)) < 0.8}
    values = {
        "event": random.normal(size=(events, 3)) * present["event"],
        "jets": random.normal(size=(events, 2, 4)) * present["jets"][..., None],
    }
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


def negative_log_likelihood(found, target):
    """Of normal distributions, without the constant (Nix and Weigend 1994, Eq. 6)."""
    mean, log_variance = jnp.split(found, 2, axis=-1)
    return jnp.mean((target - mean) ** 2 * jnp.exp(-log_variance) + log_variance)


@pytest.mark.parametrize("hidden", [(), (16,)])
def test_shapes(hidden):
    settings = DenseSettings(hidden=hidden)
    assert nnx.eval_shape(lambda: build(SHAPES, 4, nnx.Rngs(0), settings)(*inputs())).shape == (8, 4)


def test_variances_start_at_one_whatever_the_values(outputs):
    found = outputs(GaussianHead(5, 3, nnx.Rngs(0)), 100 * jnp.asarray(np.random.default_rng(1).normal(size=(6, 5))))
    assert found.shape == (6, 6)
    assert not found[:, 3:].any()
    assert (np.abs(found[:, :3]) > 1).any()


def test_each_target_has_two_outputs():
    with pytest.raises(TrainingError, match=r"no 3 outputs\n.*gaussian"):
        build(SHAPES, 3, nnx.Rngs(0), SETTINGS)


def test_the_gradient_reaches_every_parameter():
    values, present = inputs(100)
    graph, params, rest = nnx.split(build(SHAPES, 4, nnx.Rngs(0), SETTINGS), nnx.Param, ...)  # type: ignore[misc]

    def loss(params):
        return negative_log_likelihood(nnx.merge(graph, params, rest)(values, present), 2.0)

    leaves = jax.tree_util.tree_leaves_with_path(jax.jit(jax.grad(loss))(params))
    assert len(leaves) == 2 * 4
    for path, gradient in leaves:
        assert np.isfinite(gradient).all(), path
        assert (gradient != 0).mean() > 0.95, path


def test_the_exported_network_is_the_network(exported, outputs):
    model = build(SHAPES, 4, nnx.Rngs(0), SETTINGS)
    anywhere = exported(model, *inputs(4))
    assert np.allclose(anywhere(*inputs(9)), outputs(model, *inputs(9)), atol=1e-5)


def energies(events, seed):
    """A calorimeter's answer: position and logarithm of the energy decide its mean and its resolution.

    Target and resolution are those of a target of mean 0 and width of order 1.
    """
    random = np.random.default_rng(seed)
    features = random.normal(size=(events, 3)).astype(np.float32)
    mean = np.sin(features[:, 0]) + 0.5 * features[:, 1]
    width = np.sqrt(0.2**2 + (0.5 * np.exp(-features[:, 1] / 2)) ** 2)
    target = mean + width * random.normal(size=events)
    return features, mean, width, target.astype(np.float32)


def test_pulls_are_calibrated_and_widths_are_the_true_ones(fit, outputs):
    (seen, _, _, target), (unseen, mean, width, truth) = energies(20_000, 1), energies(5000, 2)
    model = build({"event": (3,)}, 2, nnx.Rngs(0), DenseSettings(hidden=(32, 32), dropout=0.0, segments=0))
    learned, everywhere = jnp.asarray(target), np.ones(seen.shape, bool)

    def loss(found, rows):
        return negative_log_likelihood(found, learned[rows, None])

    model = fit(model, {"event": seen}, {"event": everywhere}, loss, steps=1500, learning_rate=5e-3)
    found = outputs(model, {"event": jnp.asarray(unseen)}, {"event": jnp.ones(unseen.shape, bool)})
    predicted, deviation = np.asarray(found[:, 0]), np.exp(np.asarray(found[:, 1]) / 2)
    pulls = (truth - predicted) / deviation
    # a standard normal distribution's mean, width and shares, four standard deviations of 5000 events around them,
    # and a hundredth for what 20000 events leave unknown
    assert abs(pulls.mean()) < 4 / np.sqrt(5000) + 0.01
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * 5000) + 0.01
    for bound, share in ((1.0, 0.6827), (1.959964, 0.95)):
        statistics = 4 * np.sqrt(share * (1 - share) / 5000)
        assert abs(np.mean(np.abs(pulls) < bound) - share) < statistics + 0.01
    # chi^2, in every part of the range of resolutions
    for part in np.array_split(np.argsort(width), 5):
        assert np.mean(pulls[part] ** 2) == pytest.approx(1, abs=4 * np.sqrt(2 / 1000) + 0.02)
    # and against the truth that the data were made with
    ratio = deviation / width
    assert np.median(ratio) == pytest.approx(1, abs=0.03)
    assert np.mean(np.abs(ratio - 1) < 0.15) > 0.9
    assert np.mean(((predicted - mean) / width) ** 2) < 0.02
