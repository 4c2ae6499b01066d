from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.convolutional import ConvolutionalSettings, build

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]
KINDS = {
    "mean": ConvolutionalSettings(hidden=(8,), channels=(4, 6), scale=0.5),
    "places": ConvolutionalSettings(hidden=(8,), channels=(4, 6), kernel=5, places=True),
}
EVERY = pytest.mark.parametrize("kind", KINDS)


@cache
def network(kind="mean", height=9, width=7, seed=0) -> nnx.Module:
    shapes = {"event": (3,), "image": (height, width, 2)}
    return nnx.jit(lambda: build(shapes, 2, nnx.Rngs(seed), KINDS[kind]))()


def inputs(events=8, seed=3):
    """Images of round cameras in which single pixels are dead."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:9, :7]
    camera = np.hypot(y - 4, x - 3) < 4.2
    there, known = camera & (random.random((events, 9, 7)) < 0.9), random.random((events, 3)) < 0.8
    values = {
        "event": random.normal(size=(events, 3)) * known,
        "image": random.normal(size=(events, 9, 7, 2)) * there[..., None],
    }
    present = {"event": known, "image": there}
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


@EVERY
@pytest.mark.parametrize(("height", "width"), [(9, 7), (8, 8), (1, 5), (1, 1)])
def test_shapes(kind, height, width):
    values = {"event": jnp.ones((8, 3)), "image": jnp.ones((8, height, width, 2))}
    present = {"event": jnp.ones((8, 3), bool), "image": jnp.ones((8, height, width), bool)}
    found = nnx.eval_shape(lambda: network.__wrapped__(kind, height, width)(values, present))
    assert (found.shape, found.dtype) == ((8, 2), jnp.float32)


@EVERY
def test_half_precision_stays_half_precision(kind):
    def found():
        graph, params, rest = nnx.split(network.__wrapped__(kind), nnx.Param, ...)  # type: ignore[misc]
        values, present = inputs()
        return nnx.merge(graph, half(params), rest)(half(values), present)

    assert nnx.eval_shape(found).dtype == jnp.bfloat16


def half(tree):
    return jax.tree.map(lambda array: array.astype(jnp.bfloat16), tree)


@pytest.mark.parametrize(("lower", "right"), [(1, 0), (3, 2), (4, 5)])
def test_more_pixels_that_are_not_there_change_nothing(lower, right, outputs):
    values, present = inputs()
    edges = ((0, 0), (0, lower), (0, right))
    more = {**values, "image": jnp.pad(values["image"], (*edges, (0, 0)))}
    there = {**present, "image": jnp.pad(present["image"], edges)}
    expected = outputs(network(), values, present)
    assert np.allclose(outputs(network("mean", 9 + lower, 7 + right), more, there), expected, atol=1e-6)
    # and one that is there does
    brighter = {**values, "image": values["image"].at[:, 4, 3].add(1.0)}
    assert not np.allclose(outputs(network(), brighter, present), expected, atol=1e-3)


def test_a_pixel_that_is_not_there_is_not_a_dark_one(outputs):
    values, present = inputs()
    dark = {**values, "image": values["image"].at[:, 4, 3].set(0)}
    dead, alive = ({**present, "image": present["image"].at[:, 4, 3].set(known)} for known in (False, True))
    assert not np.allclose(outputs(network(), dark, dead), outputs(network(), dark, alive), atol=1e-6)


@EVERY
def test_pixels_known_by_event_by_place_or_by_channel(kind, outputs):
    values, present = inputs()
    expected = outputs(network(kind), values, present)
    each = {**present, "image": jnp.repeat(present["image"][..., None], 2, axis=-1)}
    assert np.allclose(outputs(network(kind), values, each), expected, atol=1e-6)
    full = {**present, "image": jnp.ones((8, 9, 7), bool)}
    whole = {**present, "image": jnp.ones(8, bool)}
    assert np.allclose(outputs(network(kind), values, whole), outputs(network(kind), values, full), atol=1e-6)


@EVERY
def test_gradients_reach_every_parameter(kind, gradients):
    found = gradients(network(kind), *inputs(60))
    assert len(found) == 2 * 4
    for name, gradient in found.items():
        assert np.isfinite(gradient).all(), name
        assert (gradient != 0).mean() > 0.9, name


@EVERY
def test_nothing_at_all_is_finite(kind, gradients, outputs):
    nothing = jax.tree.map(jnp.zeros_like, inputs())
    assert np.isfinite(outputs(network(kind), *nothing)).all()
    for name, gradient in gradients(network(kind), *nothing).items():
        assert np.isfinite(gradient).all(), name


@EVERY
def test_the_exported_network_is_the_network(kind, exported, outputs):
    anywhere = exported(network(kind), *inputs(4))
    assert np.allclose(anywhere(*inputs(9)), outputs(network(kind), *inputs(9)), atol=1e-5)


def test_networks_side_by_side_are_the_networks(outputs):
    """As folds are trained."""
    values, present = inputs()
    models = [network(seed=seed) for seed in (1, 2)]
    graph, _, rest = nnx.split(models[0], nnx.Param, ...)  # type: ignore[misc]
    both = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[nnx.state(model, nnx.Param) for model in models])
    found = jax.jit(jax.vmap(lambda params: nnx.merge(graph, params, rest)(values, present)))(both)
    for model, expected in zip(models, found, strict=True):
        assert np.allclose(outputs(model, values, present), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        ({"event": (3,)}, KINDS["mean"], "takes no block 'image'"),
        ({"image": (9, 7)}, KINDS["mean"], r"shape \(9, 7\)\n.*\(height, width, channels\)"),
        ({"image": (0, 7, 1)}, KINDS["mean"], r"shape \(0, 7, 1\)"),
        ({"image": (9, 7, 1)}, ConvolutionalSettings(blocks=("x",)), "'x', which the events do not have"),
    ],
)
def test_other_blocks_are_refused(shapes, settings, message):
    with pytest.raises(TrainingError, match=message):
        build(shapes, 2, nnx.Rngs(0), settings)


@pytest.mark.parametrize("changes", [{"channels": ()}, {"channels": (0,)}, {"kernel": 2}, {"kernel": 0}, {"scale": -1}])
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        ConvolutionalSettings(**changes)


def draw_rings(events, seed=5):
    """Cherenkov light of muons (rings) and of showers (filled discs) with as much light, in a camera with noise."""
    random = np.random.default_rng(seed)
    ring = random.random(events) < 0.5
    radius = random.uniform(2.5, 4.5, (events, 1))
    photons = 60
    angle = random.uniform(0, 2 * np.pi, (events, photons))
    distance = radius * np.where(ring[:, None], 1.0, np.sqrt(random.random((events, photons))))
    distance = distance + random.normal(0, 0.3, distance.shape)
    centre = random.uniform(5.0, 10.0, (2, events, 1))
    y, x = np.clip(np.round(centre + distance * np.stack([np.sin(angle), np.cos(angle)])), 0, 15).astype(int)
    image = random.poisson(0.05, (events, 16, 16)).astype(np.float32)
    np.add.at(image, (np.arange(events)[:, None], y, x), 1.0)
    return image[..., None], ring


def test_it_tells_rings_from_discs(fit, outputs):
    images, ring = draw_rings(1500)
    label = jnp.asarray(ring, jnp.int32)
    values, present = {"image": jnp.asarray(images)}, {"image": jnp.ones((1500, 16, 16), bool)}
    seen, unseen = (
        jax.tree.map(lambda array, part=part: array[part], (values, present))
        for part in (slice(1000), slice(1000, None))
    )

    def loss(found, rows):
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(found, label[rows]))

    settings = ConvolutionalSettings(hidden=(16,), channels=(8, 16), scale=1.0)
    model = fit(build({"image": (16, 16, 1)}, 2, nnx.Rngs(0), settings), *seen, loss, steps=120, batch=64)
    right = np.asarray(outputs(model, *unseen)).argmax(axis=1) == ring[1000:]
    assert right.mean() > 0.88
