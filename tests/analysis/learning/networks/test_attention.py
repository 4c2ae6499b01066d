from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.attention import AttentionSettings, MultiHead, Norm, build
from analysis.learning.networks.deep_sets import DeepSetsSettings
from analysis.learning.networks.deep_sets import build as build_deep_sets
from analysis.learning.training.monitoring import mean_auc

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]

SHAPES = {"event": (3,), "particles": (6, 4)}
SETTINGS = AttentionSettings(width=8, heads=2, hidden=(8,))
KINDS = {
    "features": SETTINGS,
    "momenta": AttentionSettings(width=8, heads=2, layers=1, hidden=(8,), momenta=True, pairs=4),
    "pooled": AttentionSettings(width=8, heads=4, hidden=(), layers=0),
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
        "particles": massless(random.normal(0.0, 3.0, (events, 6, 3))) * there[..., None],
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


def test_attention_is_that_of_flax_with_one_more_who_says_nothing(outputs):
    """With the same kernels; theirs are by head, and have columns last. A row of zeros has key and value 0."""
    own, other = MultiHead(8, 2, nnx.Rngs(1)), nnx.MultiHeadAttention(2, 8, decode=False, rngs=nnx.Rngs(0))
    for name in ("query", "key", "value"):
        getattr(other, name).kernel[...] = getattr(own, name).kernel[...].reshape(8, 2, 4)
    own.query.bias[...] = jnp.linspace(-1, 1, 8)
    other.query.bias[...] = own.query.bias[...].reshape(2, 4)  # type: ignore[index]
    own.output.bias[...] = other.out.bias[...] = jnp.linspace(1, 2, 8)  # type: ignore[index]
    other.out.kernel[...] = own.output.kernel[...].reshape(2, 4, 8)
    random = np.random.default_rng(1)
    rows, there = jnp.asarray(random.normal(size=(5, 6, 8)), jnp.float32), jnp.asarray(random.random((5, 6)) < 0.7)
    asked, known = jnp.pad(rows, ((0, 0), (0, 1), (0, 0))), jnp.pad(there, ((0, 0), (0, 1)), constant_values=True)
    expected = other(rows, asked, asked, mask=known[:, None, None, :])
    columns = jnp.moveaxis(rows, -1, 0)
    assert np.allclose(jnp.moveaxis(outputs(own, columns, columns, there), 0, -1), expected, atol=1e-5)


def test_normalisation_is_that_of_flax(outputs):
    own, other = Norm(8), nnx.LayerNorm(8, rngs=nnx.Rngs(0))
    own.factor[...] = other.scale[...] = jnp.linspace(1, 2, 8)  # type: ignore[index]
    own.constant[...] = other.bias[...] = jnp.linspace(-1, 1, 8)  # type: ignore[index]
    columns = jnp.asarray(np.random.default_rng(1).normal(3.0, 2.0, (8, 5, 6)), jnp.float32)
    assert np.allclose(outputs(own, columns), jnp.moveaxis(other(jnp.moveaxis(columns, 0, -1)), -1, 0), atol=1e-5)


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
    model = build(SHAPES, 2, nnx.Rngs(0), AttentionSettings(width=8, heads=2, layers=1, hidden=(), places=True))
    mixed = [{**some, "particles": some["particles"][:, ::-1]} for some in (values, present)]
    assert not np.allclose(outputs(model, *mixed), outputs(model, values, present), atol=1e-3)


@EVERY
def test_gradients_reach_every_parameter(kind, gradients):
    model = network(kind)
    found = gradients(model, *inputs(100))
    assert len(found) >= 4 + 1 + 8 + 2
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
        (SHAPES, AttentionSettings(blocks=("particles", "x")), "'x', which the events do not have"),
    ],
)
def test_other_blocks_are_refused(shapes, settings, message):
    with pytest.raises(TrainingError, match=message):
        build(shapes, 2, nnx.Rngs(0), settings)


@pytest.mark.parametrize("changes", [{"heads": 0}, {"width": 6}, {"layers": -1}, {"pairs": -1}, {"scale": 0.0}])
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        AttentionSettings(**changes)


def resonances(events, seed):
    """Six massless particles; in half of the events two of them, anywhere, come from a resonance of 3.1 GeV.

    In the others the same two have nothing to do with each other.
    """
    random = np.random.default_rng(seed)
    label = random.integers(0, 2, events)
    momenta = random.normal(0.0, 20.0, (events, 6, 3))
    first, second = momenta[:, 0], momenta[:, 1]
    energies = np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)
    # m^2 = 2 E E' (1 - cos)
    cosine = np.maximum(1 - 3.1**2 / (2 * energies[0] * energies[1]), -1)
    side = np.cross(first, second)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    along = cosine[:, None] * first / energies[0][:, None] + np.sqrt(1 - cosine**2)[:, None] * side
    momenta[:, 1] = np.where(label[:, None] == 1, energies[1][:, None] * along, second)
    order = np.argsort(random.random((events, 6)), axis=1)
    particles = massless(np.take_along_axis(momenta, order[..., None], axis=1))
    return particles.astype(np.float32), label.astype(np.int32)


def test_it_sees_that_two_particles_belong_together(fit, outputs, quick_compilation):
    """Better than a network that sums over particles, which sees one at a time."""
    (seen, label), (unseen, truth) = resonances(6000, 1), resonances(2000, 2)

    def auc(model):
        there = [np.ones(particles.shape[:2], bool) for particles in (seen, unseen)]

        def loss(found, rows):
            return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(found, jnp.asarray(label)[rows]))

        model = fit(model, {"particles": seen}, {"particles": there[0]}, loss, steps=600, batch=128)
        found = outputs(model, {"particles": jnp.asarray(unseen)}, {"particles": jnp.asarray(there[1])})
        return float(mean_auc(jax.nn.softmax(found), jnp.asarray(truth), jnp.ones(len(truth))))

    attention = AttentionSettings(width=8, heads=4, layers=1, hidden=(16,), momenta=True, scale=2.0)
    sums = DeepSetsSettings(each=(32, 32), hidden=(32,), momenta=True, scale=2.0)
    together = auc(build({"particles": (6, 4)}, 2, nnx.Rngs(0), attention))
    alone = auc(build_deep_sets({"particles": (6, 4)}, 2, nnx.Rngs(0), sums))
    assert together > 0.9
    assert alone < 0.7


ON_SOME_CORES = """
import hashlib, os, sys
os.sched_setaffinity(0, [int(core) for core in sys.argv[1].split(",")])
import jax, jax.numpy as jnp, numpy as np
from flax import nnx
from analysis.learning.networks import attention, deep_sets, lorentz

random = np.random.default_rng(1)
momenta = random.normal(0.0, 30.0, (512, 24, 3))
particles = np.concatenate([np.linalg.norm(momenta, axis=-1, keepdims=True), momenta], axis=-1)
values = {"particles": particles.astype(np.float32)}
present = {"particles": random.random((512, 24)) < 0.8}
for module, settings in (
    (attention, attention.AttentionSettings(momenta=True, layers=1)),
    (deep_sets, deep_sets.DeepSetsSettings(momenta=True)),
    (lorentz, lorentz.LorentzSettings()),
):
    model = module.build({"particles": (24, 4)}, 2, nnx.Rngs(0), settings)
    graph, params, rest = nnx.split(model, nnx.Param, ...)

    def size(params):
        return jnp.sum(nnx.merge(graph, params, rest)(values, present) ** 2)

    two = jax.tree.map(lambda leaf: jnp.stack([leaf, 2 * leaf]), params)
    gradient = jax.jit(jax.vmap(jax.grad(size)))(two)
    print(hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(gradient))).hexdigest())
"""


@pytest.mark.release
def test_gradients_of_networks_on_particles_are_the_same_on_one_core():
    """For as many particles as in a real batch: sums over them must not be divided among the cores."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this takes two cores, and a system that binds processes to them")
    cores = sorted(os.sched_getaffinity(0))
    digests = []
    for some in (cores, cores[:1]):
        command = [sys.executable, "-c", ON_SOME_CORES, ",".join(map(str, some))]
        environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
        digests.append(subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout.split())
    assert len(digests[0]) == 3
    assert digests[0] == digests[1]
