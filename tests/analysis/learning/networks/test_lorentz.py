from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import vector
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.data.standardisation import measure, standardise
from analysis.learning.networks.dense import Dense, DenseSettings
from analysis.learning.networks.lorentz import Lorentz, LorentzBoost, LorentzSettings, build

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]

SHAPES = {"event": (3,), "particles": (5, 4)}
SETTINGS = LorentzSettings(combinations=4, hidden=(8, 8))


@cache
def network() -> nnx.Module:
    return nnx.jit(lambda: build(SHAPES, 2, nnx.Rngs(0), SETTINGS))()


def call(values, present):
    """The outputs of the usual network."""
    return outputs_of(network(), values, present)


@nnx.jit
def outputs_of(module, values, present):
    return module(values, present)


def directions(random, number):
    """Unit vectors (n, 3), any direction being as likely as any other."""
    vectors = random.normal(size=(number, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def momenta_of(mass, momentum):
    """(n, 4) of masses (n,) and momenta (n, 3)."""
    return np.concatenate([np.sqrt(mass**2 + np.sum(momentum**2, axis=1))[:, None], momentum], axis=1)


def inputs(events=6):
    """Massless particles, a third of them missing."""
    random = np.random.default_rng(3)
    there = random.random((events, 5)) < 0.7
    particles = momenta_of(0.0, random.normal(0.0, 40.0, (events * 5, 3))).reshape(events, 5, 4)
    known = random.random((events, 3)) < 0.8
    values = {"event": random.normal(size=(events, 3)) * known, "particles": particles * there[..., None]}
    present = {"event": known, "particles": there}
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


def columns(particles):
    """(b, p, 4) as the boosts take them."""
    return jnp.moveaxis(jnp.asarray(particles, jnp.float32), 0, -1)


def boosted(vectors, velocity):
    """(..., 4) moved by a velocity (..., 3), by an independent library."""
    energy, x, y, z = np.moveaxis(np.asarray(vectors, np.float64), -1, 0)
    beta = vector.array(dict(zip("xyz", np.moveaxis(np.broadcast_to(velocity, (*x.shape, 3)), -1, 0), strict=True)))
    moved = vector.array({"E": energy, "px": x, "py": y, "pz": z}).boost(beta)  # type: ignore[attr-defined]
    return np.stack([moved.E, moved.px, moved.py, moved.pz], axis=-1)


@pytest.mark.parametrize("features", [("mass",), ("angles", "direction"), LorentzSettings().features])
@pytest.mark.parametrize("blocks", [(), ("particles",)])
def test_shapes(features, blocks):
    settings = LorentzSettings(combinations=4, features=features, blocks=blocks)
    outputs = nnx.eval_shape(lambda: build(SHAPES, 2, nnx.Rngs(0), settings)(*inputs()))
    assert (outputs.shape, outputs.dtype) == ((6, 2), jnp.float32)


def test_half_precision_loses_no_mass():
    """Only what enters and what comes out is rounded."""
    values, present = inputs()
    half = jax.tree.map(lambda array: array.astype(jnp.bfloat16), values)
    rounded = jax.tree.map(lambda array: array.astype(jnp.float32), half)
    graph, state = nnx.split(network())
    low = nnx.merge(
        graph, jax.tree.map(lambda leaf: leaf.astype(jnp.bfloat16) if leaf.dtype == jnp.float32 else leaf, state)
    )
    found = outputs_of(low, half, present)
    assert found.dtype == jnp.bfloat16
    assert np.allclose(found.astype(jnp.float32), call(rounded, present), atol=0.1)


def test_combinations_have_positive_weights_and_their_boosts_agree_with_an_independent_library():
    boosts = LorentzBoost(5, nnx.Rngs(0), SETTINGS)
    particles = inputs(50)[0]["particles"]
    combined, frames = boosts.combine(columns(particles))
    weights = np.abs(boosts.combination[...])
    assert np.allclose(combined, np.einsum("pm,bpi->imb", weights, particles), atol=1e-3)
    first, second = (
        vector.array(dict(zip(("E", "px", "py", "pz"), np.asarray(part, np.float64), strict=True)))
        for part in (combined, frames)
    )
    # that is, where there are two particles at least
    fine = (1.02 * first.p < first.E) & (1.02 * second.p < second.E) & (second.mass2 > 1)  # type: ignore[attr-defined]
    assert fine.mean() > 0.8
    moved = first.boostCM_of_p4(second)  # type: ignore[attr-defined]
    energy, mass = np.split(boosts(columns(particles))[:8].reshape(8, -1), 2)
    assert np.allclose(np.sinh(energy)[fine] * 50.0, moved.E[fine], rtol=1e-3)
    assert np.allclose((np.sinh(mass) * 50.0)[fine] ** 2, first.mass2[fine], rtol=1e-3, atol=0.1)  # type: ignore[attr-defined]


def test_masses_and_energies_are_the_same_however_the_observer_moves():
    """And directions are not: the axes of a rest frame depend on how it is reached."""
    particles = np.asarray(inputs(50)[0]["particles"])
    moved = boosted(particles, (0.3, -0.2, 0.4))
    still = LorentzSettings(combinations=4, features=("energy", "mass"))
    for seed in range(3):
        boosts = LorentzBoost(5, nnx.Rngs(seed), still)
        before, after = (np.sinh(boosts(columns(array))) * 50.0 for array in (particles, moved))
        # where nothing is slowed down: see the test of the boosts
        combined, frames = (np.asarray(part) for part in boosts.combine(columns(particles)))
        heavy = [part[0] ** 2 - np.sum(part[1:] ** 2, axis=0) > (0.1 * part[0]) ** 2 + 1 for part in (combined, frames)]
        fine = np.concatenate([heavy[0] & heavy[1], heavy[0]])
        assert fine.mean() > 0.7
        assert np.allclose(after[fine], before[fine], rtol=2e-3)
    other = LorentzBoost(5, nnx.Rngs(0), LorentzSettings(combinations=4, features=("direction",)))
    assert not np.allclose(other(columns(particles)), other(columns(moved)), atol=0.1)


def test_missing_particles_change_nothing():
    values, present = inputs()
    expected = call(values, present)
    spoilt = jnp.where(present["particles"][..., None], values["particles"], 77.0)
    assert np.array_equal(call({**values, "particles": spoilt}, present), expected)
    everywhere = jnp.broadcast_to(present["particles"][..., None], (6, 5, 4))
    assert np.array_equal(call(values, {**present, "particles": everywhere}), expected)
    # one more place for particles that no event has: the same sums
    padded = jnp.pad(values["particles"], ((0, 0), (0, 1), (0, 0)))
    boosts, more = LorentzBoost(5, nnx.Rngs(0), SETTINGS), LorentzBoost(6, nnx.Rngs(0), SETTINGS)
    for name in ("combination", "frame"):
        getattr(more, name)[...] = jnp.pad(getattr(boosts, name)[...], ((0, 1), (0, 0)), constant_values=3.0)
    assert np.allclose(more(columns(padded)), boosts(columns(values["particles"])), atol=1e-6)


def test_a_missing_particle_is_not_one_at_rest():
    values, present = inputs()
    nothing = {**values, "particles": jnp.zeros((6, 5, 4))}
    there, missing = ({**present, "particles": jnp.full((6, 5), known)} for known in (True, False))
    assert not np.allclose(call(nothing, there), call(nothing, missing))


def test_gradients_reach_every_parameter(gradients):
    found = gradients(network(), *inputs(200))
    assert len(found) == 2 + 2 * 3
    for name, gradient in found.items():
        assert np.isfinite(gradient).all(), name
        assert (np.abs(gradient).sum(axis=-1) > 0).all(), name


def test_gradients_are_finite_where_nothing_is(gradients):
    values, present = inputs()
    nothing = jax.tree.map(jnp.zeros_like, (values, present))
    single = {**present, "particles": jnp.zeros((6, 5), bool).at[:, 2].set(True)}
    alone = {**values, "particles": jnp.zeros((6, 5, 4)).at[:, 2].set(jnp.array([5e3, 0.0, 3e3, 4e3]))}
    for given in (nothing, (alone, single)):
        for name, gradient in gradients(network(), *given).items():
            assert np.isfinite(gradient).all(), name


def test_the_exported_network_is_the_network(exported):
    anywhere = exported(network(), *inputs(4))
    assert np.allclose(anywhere(*inputs(9)), call(*inputs(9)), atol=1e-5)


def test_networks_side_by_side_are_networks_one_by_one():
    keys = jax.random.split(jax.random.key(1), 3)
    values, present = inputs()

    def outputs(key):
        return build(SHAPES, 2, nnx.Rngs(params=key, dropout=0), SETTINGS)(values, present)

    together, one = jax.jit(jax.vmap(outputs))(keys), jax.jit(outputs)
    assert np.allclose(together, jnp.stack([one(key) for key in keys]), atol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        ({"event": (3,)}, SETTINGS, "takes no block 'particles'"),
        ({"particles": (5, 3)}, SETTINGS, r"particles of shape \(5, 3\)\n.*E, px, py, pz"),
        ({"particles": (4,)}, SETTINGS, r"particles of shape \(4,\)"),
        (SHAPES, LorentzSettings(blocks=("event",)), "takes no block 'particles'"),
        (SHAPES, LorentzSettings(blocks=("particles", "jets")), "'jets', which the events do not have"),
    ],
)
def test_other_blocks_are_refused(shapes, settings, message):
    with pytest.raises(TrainingError, match=message):
        build(shapes, 2, nnx.Rngs(0), settings)


@pytest.mark.parametrize(
    "changes", [{"combinations": 0}, {"scale": 0.0}, {"features": ()}, {"features": ("spin",)}, {"dropout": 1.0}]
)
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        LorentzSettings(**changes)


def decay(parent, mass, daughter, random):
    """A parent (n, 4) of a mass decays into a daughter of a mass and a massless particle: (n, 4) each."""
    momentum = (mass**2 - daughter**2) / (2 * mass)
    along = directions(random, len(mass)) * momentum[:, None]
    velocity = parent[:, 1:] / parent[:, :1]
    return boosted(momenta_of(daughter, along), velocity), boosted(momenta_of(np.zeros(1), -along), velocity)


def bosons(events, seed):
    """A boson decays into three massless particles, in two steps; four more have nothing to do with it."""
    random = np.random.default_rng(seed)
    mass = random.uniform(60.0, 250.0, events)
    inner = mass * random.uniform(0.2, 0.8, events)
    boson = momenta_of(mass, directions(random, events) * random.exponential(100.0, events)[:, None])
    middle, first = decay(boson, mass, inner, random)
    second, third = decay(middle, inner, np.zeros(events), random)
    other = [
        momenta_of(np.zeros(1), directions(random, events) * random.exponential(60.0, events)[:, None])
        for _ in range(4)
    ]
    particles = np.stack([other[0], first, other[1], second, third, *other[2:]], axis=1)
    return particles.astype(np.float32), mass.astype(np.float32)


def test_it_finds_a_boson_among_its_decay_products_and_others(fit):
    """Where a fully connected network of the same size, on standardised momenta, sees it three times less sharply."""
    (seen, mass), (unseen, expected) = bosons(8000, 1), bosons(2000, 2)
    target = jnp.asarray((mass - 155.0) / 55.0)

    def loss(outputs, rows):
        return jnp.mean((outputs[:, 0] - target[rows]) ** 2)

    def resolution(network, prepare):
        there = [np.ones(particles.shape[:2], bool) for particles in (seen, unseen)]
        network = fit(network, {"particles": prepare(seen)}, {"particles": there[0]}, loss, steps=1200)
        found = network({"particles": jnp.asarray(prepare(unseen))}, {"particles": jnp.asarray(there[1])})
        return np.sqrt(np.mean((155.0 + 55.0 * np.asarray(found)[:, 0] - expected) ** 2))

    shapes, everything = {"particles": (7, 4)}, np.ones(seen.shape, bool).reshape(len(seen), -1)
    knots = measure(seen.reshape(len(seen), -1), everything, np.ones(len(seen)))

    def standardised(particles):
        flat = particles.reshape(len(particles), -1)
        return standardise(flat, np.ones(flat.shape, bool), knots).reshape(particles.shape)

    boosts = build(shapes, 1, nnx.Rngs(0), LorentzSettings(combinations=6, hidden=(32, 32)))
    dense = Dense(shapes, 1, nnx.Rngs(0), DenseSettings(hidden=(32, 34), segments=0, dropout=0.0))
    assert isinstance(boosts, Lorentz)
    sizes = [sum(leaf.size for leaf in jax.tree.leaves(nnx.state(network, nnx.Param))) for network in (boosts, dense)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)
    sharp, blurred = resolution(boosts, np.asarray), resolution(dense, standardised)
    assert sharp < 3.0  # GeV, of a spread of 55
    assert blurred > 3 * sharp
