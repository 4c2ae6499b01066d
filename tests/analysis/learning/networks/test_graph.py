from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.graph import GraphSettings, build

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]
SETTINGS = GraphSettings(hidden=(8,), coordinates=(1, 2), neighbours=3, widths=(8, 8), layers=2)
SHAPES = {"event": (3,), "particles": (7, 4)}


@cache
def network(places=7, settings=SETTINGS, seed=0) -> nnx.Module:
    return nnx.jit(lambda: build({**SHAPES, "particles": (places, 4)}, 2, nnx.Rngs(seed), settings))()


def inputs(events=8, seed=3):
    """A third of the particles and a few features of the event are missing."""
    random = np.random.default_rng(seed)
    there, known = random.random((events, 7)) < 0.7, random.random((events, 3)) < 0.8
    values = {
        "event": random.normal(size=(events, 3)) * known,
        "particles": random.normal(size=(events, 7, 4)) * there[..., None],
    }
    present = {"event": known, "particles": there}
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


def test_shapes():
    found = nnx.eval_shape(lambda: network.__wrapped__()(*inputs()))
    assert (found.shape, found.dtype) == ((8, 2), jnp.float32)


def test_half_precision_stays_half_precision():
    def found():
        graph, params, rest = nnx.split(network.__wrapped__(), nnx.Param, ...)  # type: ignore[misc]
        values, present = inputs()
        return nnx.merge(graph, half(params), rest)(half(values), present)

    assert nnx.eval_shape(found).dtype == jnp.bfloat16


def half(tree):
    return jax.tree.map(lambda array: array.astype(jnp.bfloat16), tree)


def test_neither_missing_particles_nor_more_places_change_anything(outputs):
    values, present = inputs()
    expected = outputs(network(), values, present)
    spoilt = jnp.where(present["particles"][..., None], values["particles"], 0.1)
    assert np.allclose(outputs(network(), {**values, "particles": spoilt}, present), expected, atol=1e-6)
    more = {**values, "particles": jnp.pad(values["particles"], ((0, 0), (0, 3), (0, 0)))}
    known = {**present, "particles": jnp.pad(present["particles"], ((0, 0), (0, 3)))}
    assert np.allclose(outputs(network(10), more, known), expected, atol=1e-6)
    # known by feature
    each = {**present, "particles": jnp.broadcast_to(present["particles"][..., None], (8, 7, 4))}
    assert np.allclose(outputs(network(), values, each), expected, atol=1e-6)
    # and a particle that is there does
    other = {**values, "particles": values["particles"] * 2}
    assert not np.allclose(outputs(network(), other, present), expected, atol=1e-3)


def test_more_neighbours_than_there_are():
    many = GraphSettings(hidden=(8,), coordinates=(1, 2), neighbours=30, widths=(8, 8), layers=2)
    all_of_them = GraphSettings(hidden=(8,), coordinates=(1, 2), neighbours=6, widths=(8, 8), layers=2)
    values, present = inputs()
    found = [network(7, settings)(values, present) for settings in (many, all_of_them)]
    assert np.allclose(*found, atol=1e-6)  # type: ignore[misc]


def test_the_order_of_particles_does_not_matter(outputs):
    values, present = inputs()
    order = np.random.default_rng(1).permutation(7)
    mixed = [{**some, "particles": some["particles"][:, order]} for some in (values, present)]
    assert np.allclose(outputs(network(), *mixed), outputs(network(), values, present), atol=1e-5)


def test_the_first_graph_is_that_of_the_coordinates(outputs):
    """With one neighbour and one convolution: who it is decides, and the other features do not decide it."""
    settings = GraphSettings(hidden=(8,), coordinates=(1, 2), neighbours=1, widths=(8,), layers=1)
    random = np.random.default_rng(6)
    values = random.normal(size=(1, 7, 4)).astype(np.float32)
    values[0, :3, 1:3] = [[0, 0], [0.1, 0], [5, 5]]  # type: ignore[assignment]
    values[0, 3:, 1:3] += 50 + 10 * np.arange(4)[:, None]
    model = build({"particles": (7, 4)}, 8, nnx.Rngs(0), settings)
    there = jnp.ones((1, 7), bool)

    def learned(values):
        return np.asarray(model.convolutions(jnp.asarray(values), there))[0]  # type: ignore[attr-defined]

    near, far = values.copy(), values.copy()
    near[0, 1, 3] += 1
    far[0, 2, 3] += 1
    assert not np.allclose(learned(near)[0], learned(values)[0], atol=1e-3)
    assert np.array_equal(learned(far)[0], learned(values)[0])


def test_gradients_reach_every_parameter(gradients):
    found = gradients(network(), *inputs(100))
    assert len(found) == 2 * (2 * 2 + 2) + 4
    for name, gradient in found.items():
        assert np.isfinite(gradient).all(), name
        assert (gradient != 0).mean() > 0.9, name


def test_nothing_at_all_is_finite(gradients, outputs):
    nothing = jax.tree.map(jnp.zeros_like, inputs())
    assert np.isfinite(outputs(network(), *nothing)).all()
    for name, gradient in gradients(network(), *nothing).items():
        assert np.isfinite(gradient).all(), name


def test_the_exported_network_is_the_network(exported, outputs):
    anywhere = exported(network(), *inputs(4))
    assert np.allclose(anywhere(*inputs(9)), outputs(network(), *inputs(9)), atol=1e-5)


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
        ({"event": (3,)}, SETTINGS, "takes no block 'particles'"),
        ({"particles": (5,)}, SETTINGS, r"shape \(5,\)\n.*particles, features"),
        ({"particles": (5, 2)}, SETTINGS, "features 1, 2, counted from 0, of particles that have 2"),
        (SHAPES, GraphSettings(blocks=("particles", "x")), "'x', which the events do not have"),
    ],
)
def test_other_blocks_are_refused(shapes, settings, message):
    with pytest.raises(TrainingError, match=message):
        build(shapes, 2, nnx.Rngs(0), settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"coordinates": ()},
        {"coordinates": (1, 1)},
        {"coordinates": (-1,)},
        {"widths": ()},
        {"widths": (0,)},
        {"layers": 0},
        {"neighbours": 0},
    ],
)
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        GraphSettings(**changes)


def draw_jets(events, seed=5):
    """Jets of up to 16 particles (eta, phi, log pt): one prong as wide as two, from which half of them differ."""
    random = np.random.default_rng(seed)
    two = random.random(events) < 0.5
    angle, half = random.uniform(0, 2 * np.pi, events), 0.5 * random.uniform(0.8, 1.2, events)
    axis = np.stack([np.cos(angle), np.sin(angle)], axis=-1)[:, None]
    side = np.where(random.random((events, 16, 1)) < 0.5, 1, -1)
    pronged = side * half[:, None, None] * axis + random.normal(0.0, 0.12, (events, 16, 2))
    wide = random.normal(0.0, np.sqrt(0.12**2 + half**2 / 2)[:, None, None], (events, 16, 2))
    place = np.where(two[:, None, None], pronged, wide)
    there = np.arange(16) < random.integers(10, 17, events)[:, None]
    features = np.concatenate([2 * place, random.normal(size=(events, 16, 1))], axis=-1) * there[..., None]
    return {"particles": features.astype(np.float32)}, {"particles": there}, two


def test_it_tells_jets_of_two_prongs_from_wide_ones(fit, outputs):
    """Their widths have the same distribution."""
    values, present, two = draw_jets(2500)
    label = jnp.asarray(two, jnp.int32)
    settings = GraphSettings(hidden=(16,), neighbours=5, widths=(16, 16), layers=2)
    seen, unseen = (
        jax.tree.map(lambda array, part=part: jnp.asarray(array[part]), (values, present))
        for part in (slice(2000), slice(2000, None))
    )

    def loss(found, rows):
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(found, label[rows]))

    model = fit(build({"particles": (16, 3)}, 2, nnx.Rngs(0), settings), *seen, loss, steps=120, batch=128)
    right = np.asarray(outputs(model, *unseen)).argmax(axis=1) == two[2000:]
    assert right.mean() > 0.85
    # the width of a jet alone
    place, known = values["particles"][..., :2], present["particles"]
    width = (place**2).sum(axis=(1, 2)) / known.sum(axis=1)
    assert abs((width[two] < np.median(width)).mean() - 0.5) < 0.2
