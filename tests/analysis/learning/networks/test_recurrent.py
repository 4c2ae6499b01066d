from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.recurrent import RecurrentSettings, build

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]
GRU = RecurrentSettings(hidden=(8,), patch=3, width=6, scale=0.5)
KINDS = {
    "samples": ((20,), GRU),
    "channels": ((20, 2), RecurrentSettings(hidden=(8,), cell="lstm", patch=3, width=6)),
    "layers": ((20, 2), RecurrentSettings(hidden=(8,), cell="lstm", width=6, layers=2)),
    "places": ((4, 20), RecurrentSettings(hidden=(8,), places=True, patch=5, width=6)),
    "places and channels": ((4, 20, 2), RecurrentSettings(hidden=(8,), places=True, patch=5, width=6)),
}
EVERY = pytest.mark.parametrize("kind", KINDS)


@cache
def network(kind, samples=20) -> nnx.Module:
    shape, settings = KINDS[kind]
    axis = 1 if settings.places else 0
    shape = (*shape[:axis], samples, *shape[axis + 1 :])
    return nnx.jit(lambda: build({"event": (3,), "trace": shape}, 2, nnx.Rngs(0), settings))()


def inputs(kind, events=8, seed=3):
    """Traces of different lengths, of which the first samples are there; some places have none."""
    shape, settings = KINDS[kind]
    axes = 2 if settings.places else 1
    random = np.random.default_rng(seed)
    lengths = random.integers(6, 21, (events, *shape[: axes - 1], 1))
    if settings.places:
        lengths[:, 2] *= random.random((events, 1)) < 0.5
    there, known = np.arange(20) < lengths, random.random((events, 3)) < 0.8
    traces = random.normal(size=(events, *shape))
    values = {
        "event": random.normal(size=(events, 3)) * known,
        "trace": traces * there.reshape(*there.shape, *[1] * (traces.ndim - there.ndim)),
    }
    present = {"event": known, "trace": there}
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


@EVERY
def test_shapes(kind):
    found = nnx.eval_shape(lambda: network.__wrapped__(kind)(*inputs(kind)))
    assert (found.shape, found.dtype) == ((8, 2), jnp.float32)


@EVERY
def test_half_precision_stays_half_precision(kind):
    def found():
        graph, params, rest = nnx.split(network.__wrapped__(kind), nnx.Param, ...)  # type: ignore[misc]
        values, present = inputs(kind)
        return nnx.merge(graph, half(params), rest)(half(values), present)

    assert nnx.eval_shape(found).dtype == jnp.bfloat16


def half(tree):
    return jax.tree.map(lambda array: array.astype(jnp.bfloat16), tree)


@EVERY
def test_more_samples_that_are_not_there_change_nothing(kind, outputs):
    values, present = inputs(kind)
    axis = 2 if KINDS[kind][1].places else 1
    wider = [
        {**some, "trace": jnp.pad(some["trace"], [(0, 7 * (a == axis)) for a in range(some["trace"].ndim)])}
        for some in (values, present)
    ]
    expected = outputs(network(kind), values, present)
    assert np.allclose(outputs(network(kind, 27), *wider), expected, atol=1e-6)
    # and a sample that is there does
    more = {**values, "trace": values["trace"] * 2}
    assert not np.allclose(outputs(network(kind), more, present), expected, atol=1e-3)


def test_more_places_that_are_not_there_change_nothing_and_their_order_neither(outputs):
    values, present = inputs("places")
    expected = outputs(network("places"), values, present)
    model = build({"event": (3,), "trace": (6, 20)}, 2, nnx.Rngs(0), KINDS["places"][1])
    wider = [{**some, "trace": jnp.pad(some["trace"], ((0, 0), (0, 2), (0, 0)))} for some in (values, present)]
    assert np.allclose(outputs(model, *wider), expected, atol=1e-6)
    mixed = [{**some, "trace": some["trace"][:, np.array([2, 0, 3, 1])]} for some in (values, present)]
    assert np.allclose(outputs(network("places"), *mixed), expected, atol=1e-6)


@EVERY
def test_whole_traces_that_are_there_or_not(kind, outputs):
    """Whether they are can be known by event, by place or by sample."""
    values, present = inputs(kind)
    values["trace"] = jnp.ones_like(values["trace"])
    places = KINDS[kind][0][:1] if KINDS[kind][1].places else ()
    ways = [jnp.ones(shape, bool) for shape in {(8,), (8, *places), (8, *places, 20), values["trace"].shape}]
    found = [outputs(network(kind), values, {**present, "trace": there}) for there in ways]
    for other in found[1:]:
        assert np.allclose(other, found[0], atol=1e-6)
    nothing = jnp.zeros_like(values["trace"])
    absent = [outputs(network(kind), {**values, "trace": nothing}, {**present, "trace": ~there}) for there in ways]
    for other in absent[1:]:
        assert np.allclose(other, absent[0], atol=1e-6)
    assert not np.allclose(absent[0], found[0], atol=1e-3)


@EVERY
def test_gradients_reach_every_parameter(kind, gradients):
    found = gradients(network(kind), *inputs(kind, 100))
    assert len(found) == 3 * KINDS[kind][1].layers + 4
    for name, gradient in found.items():
        assert np.isfinite(gradient).all(), name
        assert (gradient != 0).mean() > 0.95, name


@EVERY
def test_the_exported_network_is_the_network(kind, exported, outputs):
    anywhere = exported(network(kind), *inputs(kind, 4))
    assert np.allclose(anywhere(*inputs(kind, 9)), outputs(network(kind), *inputs(kind, 9)), atol=1e-5)


def test_networks_side_by_side_are_the_networks(outputs):
    """As folds are trained."""
    values, present = inputs("channels")
    models = [build({"event": (3,), "trace": (20, 2)}, 2, nnx.Rngs(seed), KINDS["channels"][1]) for seed in (1, 2)]
    graph, _, rest = nnx.split(models[0], nnx.Param, ...)  # type: ignore[misc]
    both = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[nnx.state(model, nnx.Param) for model in models])
    found = jax.jit(jax.vmap(lambda params: nnx.merge(graph, params, rest)(values, present)))(both)
    for model, expected in zip(models, found, strict=True):
        assert np.allclose(outputs(model, values, present), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        ({"event": (3,)}, GRU, "takes no block 'trace'"),
        ({"trace": (4, 20, 2)}, GRU, r"shape \(4, 20, 2\)\n.*\(samples\) or \(samples, channels\)"),
        ({"trace": (20,)}, KINDS["places"][1], r"shape \(20,\)\n.*\(places, samples\)"),
        ({"trace": (0,)}, GRU, r"shape \(0,\)"),
        ({"trace": (20,)}, RecurrentSettings(blocks=("x",)), "'x', which the events do not have"),
    ],
)
def test_other_blocks_are_refused(shapes, settings, message):
    with pytest.raises(TrainingError, match=message):
        build(shapes, 2, nnx.Rngs(0), settings)


@pytest.mark.parametrize("changes", [{"cell": "rnn"}, {"patch": 0}, {"width": 0}, {"layers": 0}, {"scale": -1.0}])
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        RecurrentSettings(**changes)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_it_learns_the_decay_constant_of_noisy_pulses(cell, fit, outputs):
    """Pulses of any height that begin at any time: better than what the mean time of the light says."""
    random = np.random.default_rng(4)
    decay, start, height = (random.uniform(*some, 3000) for some in ((2.0, 8.0), (2.0, 12.0), (3.0, 30.0)))
    time = np.arange(48.0) - start[:, None]
    light = height[:, None] * np.exp(-np.maximum(time, 0) / decay[:, None]) * (time >= 0)
    traces = (light + random.normal(0.0, 0.3, light.shape)).astype(np.float32)
    truth = jnp.asarray((decay - 5.0) / 1.7, jnp.float32)
    settings = RecurrentSettings(hidden=(16,), cell=cell, patch=4, width=16, scale=0.5)
    model = build({"trace": (48,)}, 1, nnx.Rngs(0), settings)
    there = np.ones(traces.shape, bool)
    model = fit(
        model,
        {"trace": traces[:2500]},
        {"trace": there[:2500]},
        lambda found, rows: jnp.mean((found[:, 0] - truth[rows]) ** 2),
        steps=300,
        batch=128,
    )
    error = outputs(model, {"trace": traces[2500:]}, {"trace": there[2500:]})[:, 0] - truth[2500:]
    above = np.maximum(traces, 0)
    centre = (above * np.arange(48)).sum(1) / above.sum(1) - above.argmax(1)
    simple = np.polyval(np.polyfit(centre[:2500], truth[:2500], 3), centre[2500:]) - truth[2500:]
    # the spread of the truth is 1
    assert np.sqrt(np.mean(error**2)) < 0.4
    assert np.sqrt(np.mean(error**2)) < 0.7 * np.sqrt(np.mean(simple**2))
