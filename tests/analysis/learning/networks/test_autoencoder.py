from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.autoencoder import Autoencoder, AutoencoderSettings, build
from analysis.learning.networks.blocks import side_by_side

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]

SHAPES = {"event": (3,), "jets": (2, 4)}
SETTINGS = AutoencoderSettings(hidden=(16, 8), bottleneck=3)


def inputs(events=8):
    random = np.random.default_rng(3)
    present = {"event": random.random((events, 3)) < 0.8, "jets": random.random((events, 2)) < 0.8}
    values = {
        "event": random.normal(size=(events, 3)) * present["event"],
        "jets": random.normal(size=(events, 2, 4)) * present["jets"][..., None],
    }
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


def test_shapes():
    model = build(SHAPES, 11, nnx.Rngs(0), SETTINGS)
    assert isinstance(model, Autoencoder)
    assert nnx.eval_shape(lambda: model(*inputs())).shape == (8, 11)
    assert nnx.eval_shape(lambda: model.encode(*inputs())).shape == (8, 3)
    widths = [layer.kernel.shape for layer in (*model.encoder.hidden, *model.decoder.hidden)]
    assert widths == [(22, 16), (16, 8), (3, 8), (8, 16)]


def test_only_chosen_blocks_are_encoded(outputs):
    settings = AutoencoderSettings(hidden=(8,), bottleneck=2, blocks=("event",))
    model = build(SHAPES, 3, nnx.Rngs(0), settings)
    values, present = inputs()
    other = {**values, "jets": values["jets"] + 1}
    assert np.array_equal(outputs(model, values, present), outputs(model, other, present))


def test_as_many_outputs_as_features():
    with pytest.raises(TrainingError, match=r"11 features \(event, jets\), not 2\n.*reconstruction"):
        build(SHAPES, 2, nnx.Rngs(0), SETTINGS)
    with pytest.raises(TrainingError, match="'tracks', which the events do not have"):
        build(SHAPES, 11, nnx.Rngs(0), AutoencoderSettings(blocks=("tracks",)))


def test_wrong_settings():
    with pytest.raises(StudyError, match="bottleneck"):
        AutoencoderSettings(bottleneck=0)


def test_gradients_reach_every_parameter(gradients):
    found = gradients(build(SHAPES, 11, nnx.Rngs(0), SETTINGS), *inputs(100))
    assert len(found) == 2 * 6
    for name, gradient in found.items():
        assert np.isfinite(gradient).all(), name
        assert (gradient != 0).mean() > 0.95, name


def test_the_exported_network_is_the_network(exported, outputs):
    model = build(SHAPES, 11, nnx.Rngs(0), SETTINGS)
    anywhere = exported(model, *inputs(4))
    assert np.allclose(anywhere(*inputs(9)), outputs(model, *inputs(9)), atol=1e-5)


def surface(events, seed):
    """Eight features that two numbers decide, but for a tenth of their width; and the same, but independent."""
    random = np.random.default_rng(seed)
    angle, size = random.uniform(-np.pi, np.pi, events), random.uniform(0.5, 1.5, events)
    x, y = size * np.cos(angle), size * np.sin(angle)
    features = np.stack([x, y, x + y, x - y, x * y, x**2 - y**2, size, size**2], axis=1)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    features += random.normal(0.0, 0.1, features.shape)
    others = np.stack([random.permutation(column) for column in features.T], axis=1)
    return features.astype(np.float32), others.astype(np.float32)


def test_it_learns_a_surface_and_finds_what_does_not_lie_on_it(fit, outputs):
    """No feature alone tells them apart."""
    (ordinary, _), (unseen, others) = surface(4000, 1), surface(1000, 2)
    shapes = {"event": (8,)}
    model = build(shapes, 8, nnx.Rngs(0), AutoencoderSettings(hidden=(32, 32), bottleneck=2))
    target, everywhere = jnp.asarray(ordinary), np.ones((4000, 8), bool)

    def loss(found, rows):
        return jnp.mean((found - target[rows]) ** 2)

    model = fit(model, {"event": ordinary}, {"event": everywhere}, loss, steps=1000, batch=128)

    def errors(features):
        values, present = {"event": jnp.asarray(features)}, {"event": jnp.ones(features.shape, bool)}
        expected, _ = side_by_side(shapes, values, present)
        return np.asarray(jnp.mean((outputs(model, values, present) - expected) ** 2, axis=1))

    own, strange = errors(unseen), errors(others)
    # of a mean square of 1, of which 0.01 is noise
    assert np.mean(own) < 0.05
    assert np.mean(own[:, None] < strange) > 0.98  # area under the ROC curve
