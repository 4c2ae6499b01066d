from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.deep_sets import DeepSetsSettings, build

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]

SHAPES = {"event": (3,), "particles": (6, 4)}
SETTINGS = DeepSetsSettings(each=(8, 8), hidden=(8,))
KINDS = {
    "features": SETTINGS,
    "momenta": DeepSetsSettings(each=(8, 8), hidden=(8,), momenta=True),
    "sum": DeepSetsSettings(each=(8, 8), hidden=(8,), momenta=True, pooling="sum"),
    "energy": DeepSetsSettings(each=(8, 8), hidden=(8,), momenta=True, pooling="energy"),
}
EVERY = pytest.mark.parametrize("kind", KINDS)


@cache
def network(kind="features", places=6) -> nnx.Module:
    return nnx.jit(lambda: build({**SHAPES, "particles": (places, 4)}, 2, nnx.Rngs(0), KINDS[kind]))()


def massless(momentum):
    """(..., 3) -> (..., 4)."""
    return np.concatenate([np.linalg.norm(momentum, axis=-1, keepdims=True), momentum], axis=-1)


def inputs(events=8, seed=3):
    """A third of the particles and a few features of the event are missing."""
    random = np.random.default_rng(seed)
    there, known = random.random((events, 6)) < 0.7, random.random((events, 3)) < 0.8
    values = {
        "event": random.normal(size=(events, 3)) * known,
        "particles": massless(random.normal(0.0, 30.0, (events, 6, 3))) * there[..., None],
    }
    present = {"event": known, "particles": there}
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


@EVERY
def test_shapes(kind):
    found = nnx.eval_shape(lambda: network.__wrapped__(kind)(*inputs()))
    assert (found.shape, found.dtype) == ((8, 2), jnp.float32)


@EVERY
def test_half_precision_stays_half_precision(kind):
    def found():
        model = network.__wrapped__(kind)
        graph, params, rest = nnx.split(model, nnx.Param, ...)  # type: ignore[misc]
        low = nnx.merge(graph, jax.tree.map(half, params), rest)
        values, present = inputs()
        return low(jax.tree.map(half, values), present)

    assert nnx.eval_shape(found).dtype == jnp.bfloat16


def half(array):
    return array.astype(jnp.bfloat16)


@EVERY
def test_neither_missing_particles_nor_more_places_change_anything(kind, outputs):
    values, present = inputs()
    expected = outputs(network(kind), values, present)
    spoilt = jnp.where(present["particles"][..., None], values["particles"], 77.0)
    assert np.allclose(outputs(network(kind), {**values, "particles": spoilt}, present), expected, atol=1e-6)
    more = {**values, "particles": jnp.pad(values["particles"], ((0, 0), (0, 3), (0, 0)))}
    known = {**present, "particles": jnp.pad(present["particles"], ((0, 0), (0, 3)))}
    assert np.allclose(outputs(network(kind, 9), more, known), expected, atol=1e-6)
    # known by feature
    each = {**present, "particles": jnp.broadcast_to(present["particles"][..., None], (8, 6, 4))}
    assert np.allclose(outputs(network(kind), values, each), expected, atol=1e-6)


@EVERY
def test_the_order_of_particles_does_not_matter(kind, outputs):
    values, present = inputs()
    order = np.random.default_rng(1).permutation(6)
    mixed = [{**some, "particles": some["particles"][:, order]} for some in (values, present)]
    expected = outputs(network(kind), values, present)
    assert np.allclose(outputs(network(kind), *mixed), expected, atol=1e-5)
    # and what they are does
    other = {**values, "particles": values["particles"] * 2}
    assert not np.allclose(outputs(network(kind), other, present), expected, atol=1e-3)


def test_places_that_say_what_a_particle_is(outputs):
    values, present = inputs()
    settings = DeepSetsSettings(each=(8, 8), hidden=(8,), momenta=True, places=True)
    model = build(SHAPES, 2, nnx.Rngs(0), settings)
    mixed = [{**some, "particles": some["particles"][:, ::-1]} for some in (values, present)]
    assert not np.allclose(outputs(model, *mixed), outputs(model, values, present), atol=1e-3)


def test_shares_of_energy_are_safe_from_soft_and_collinear_particles(outputs):
    random = np.random.default_rng(2)
    particles = massless(random.normal(0.0, 30.0, (8, 6, 3)))
    particles[:, 4:] = 0
    there = np.ones((8, 6), bool)
    there[:, 4:] = False
    split, soft = particles.copy(), particles.copy()
    split[:, 4], split[:, 0] = 0.3 * particles[:, 0], 0.7 * particles[:, 0]
    soft[:, 4] = 1e-6 * massless(random.normal(0.0, 30.0, (8, 3)))
    more = there.copy()
    more[:, 4] = True

    def found(kind, particles, there):
        values = {"event": jnp.zeros((8, 3)), "particles": jnp.asarray(particles, jnp.float32)}
        return outputs(network(kind), values, {"event": jnp.ones((8, 3), bool), "particles": jnp.asarray(there)})

    expected = found("energy", particles, there)
    assert np.allclose(found("energy", split, more), expected, atol=1e-5)
    assert np.allclose(found("energy", soft, more), expected, atol=1e-4)
    for changed in (split, soft):
        assert not np.allclose(found("momenta", changed, more), found("momenta", particles, there), atol=1e-2)


@EVERY
def test_gradients_reach_every_parameter(kind, gradients):
    found = gradients(network(kind), *inputs(100))
    assert len(found) == 2 * 4
    for name, gradient in found.items():
        assert np.isfinite(gradient).all(), name
        assert (gradient != 0).mean() > 0.95, name


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


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        ({"event": (3,)}, SETTINGS, "takes no block 'particles'"),
        ({"particles": (5,)}, SETTINGS, r"shape \(5,\)\n.*particles, features"),
        ({"particles": (5, 3)}, KINDS["momenta"], r"shape \(5, 3\)\n.*E, px, py, pz"),
        (SHAPES, DeepSetsSettings(blocks=("particles", "x")), "'x', which the events do not have"),
    ],
)
def test_other_blocks_are_refused(shapes, settings, message):
    with pytest.raises(TrainingError, match=message):
        build(shapes, 2, nnx.Rngs(0), settings)


@pytest.mark.parametrize(
    "changes", [{"each": ()}, {"each": (0,)}, {"pooling": "energy"}, {"pooling": "max"}, {"scale": 0.0}]
)
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        DeepSetsSettings(**changes)


def test_it_learns_the_invariant_mass_of_a_set(fit, outputs):
    """A function of sums, of any number of particles."""
    random = np.random.default_rng(5)
    there = np.sort(random.random((6000, 6)) < 0.7, axis=1)[:, ::-1]
    there[:, :2] = True
    particles = (massless(random.normal(0.0, 30.0, (6000, 6, 3))) * there[..., None]).astype(np.float32)
    total = particles.astype(np.float64).sum(axis=1)
    target = np.log(np.sqrt(total[:, 0] ** 2 - np.sum(total[:, 1:] ** 2, axis=1)))
    truth = jnp.asarray((target - target.mean()) / target.std(), jnp.float32)
    settings = DeepSetsSettings(each=(32, 32), hidden=(32,), momenta=True, pooling="sum")
    model = build({"particles": (6, 4)}, 1, nnx.Rngs(0), settings)
    values, present = {"particles": particles}, {"particles": there}
    seen = jax.tree.map(lambda array: array[:5000], (values, present))
    model = fit(model, *seen, lambda found, rows: jnp.mean((found[:, 0] - truth[rows]) ** 2), steps=900)
    unseen = jax.tree.map(lambda array: jnp.asarray(array[5000:]), (values, present))
    error = outputs(model, *unseen)[:, 0] - truth[5000:]
    # what the sum of energies says of it
    energy = np.log(total[:, 0])
    simple = np.polyval(np.polyfit(energy[:5000], truth[:5000], 3), energy[5000:]) - truth[5000:]
    assert np.sqrt(np.mean(error**2)) < 0.7 * np.sqrt(np.mean(simple**2))
