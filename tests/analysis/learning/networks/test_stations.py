from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.stations import StationsSettings, build

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quickly")]
SETTINGS = StationsSettings(
    hidden=(8,), patch=5, state=6, coordinates=(1, 2), neighbours=2, widths=(8, 8), layers=2, reach=3.0
)
SHAPES = {"event": (3,), "stations": (7, 4), "traces": (7, 22)}


@cache
def network(places=7, settings=SETTINGS) -> nnx.Module:
    shapes = {**SHAPES, "stations": (places, 4), "traces": (places, 22)}
    return nnx.jit(lambda: build(shapes, 2, nnx.Rngs(0), settings))()


def inputs(events=8, seed=3):
    """A third of the stations and a few features of the event are missing."""
    random = np.random.default_rng(seed)
    there, known = random.random((events, 7)) < 0.7, random.random((events, 3)) < 0.8
    there[:, 0] = True
    values = {
        "event": random.normal(size=(events, 3)) * known,
        "stations": random.normal(size=(events, 7, 4)) * there[..., None],
        "traces": random.exponential(size=(events, 7, 22)) * there[..., None],
    }
    present = {"event": known, "stations": there, "traces": there}
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


def move(some, places):
    return {name: array if name == "event" else array[:, places] for name, array in some.items()}


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


def test_neither_missing_stations_nor_more_places_change_anything(outputs):
    values, present = inputs()
    there = present["traces"][..., None]
    expected = outputs(network(), values, present)
    spoilt = {
        **values,
        "stations": jnp.where(there, values["stations"], 0.1),
        "traces": jnp.where(there, values["traces"], 50.0),
    }
    assert np.allclose(outputs(network(), spoilt, present), expected, atol=1e-6)
    edges = ((0, 0), (0, 3))
    more = {name: array if name == "event" else jnp.pad(array, (*edges, (0, 0))) for name, array in values.items()}
    known = {name: array if name == "event" else jnp.pad(array, edges) for name, array in present.items()}
    assert np.allclose(outputs(network(10), more, known), expected, atol=1e-6)
    # and a station that is there does
    brighter = {**values, "traces": values["traces"].at[:, 0].add(1.0)}
    assert not np.allclose(outputs(network(), brighter, present), expected, atol=1e-3)


def test_only_the_first_place_is_a_special_one(outputs):
    values, present = inputs()
    expected = outputs(network(), values, present)
    others = np.array([0, 4, 2, 6, 5, 1, 3])
    assert np.allclose(outputs(network(), move(values, others), move(present, others)), expected, atol=1e-5)
    first = np.array([1, 0, 2, 3, 4, 5, 6])
    assert not np.allclose(outputs(network(), move(values, first), move(present, first)), expected, atol=1e-3)


def test_gradients_reach_every_parameter(gradients):
    found = gradients(network(), *inputs(100))
    assert len(found) == 3 + 2 * (2 * 2 + 2) + 4
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


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        ({"event": (3,)}, SETTINGS, "given neither traces nor stations"),
        ({"traces": (7, 22)}, SETTINGS, r"given traces \(7, 22\)"),
        ({**SHAPES, "stations": (7,)}, SETTINGS, r"stations \(7,\)"),
        ({**SHAPES, "stations": (8, 4)}, SETTINGS, "7 places of traces and 8 of stations"),
        ({**SHAPES, "stations": (7, 2)}, SETTINGS, "features 1, 2, counted from 0, of stations that have 2"),
        (SHAPES, StationsSettings(blocks=("x",)), "'x', which the events do not have"),
    ],
)
def test_other_blocks_are_refused(shapes, settings, message):
    with pytest.raises(TrainingError, match=message):
        build(shapes, 2, nnx.Rngs(0), settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"coordinates": ()},
        {"widths": ()},
        {"reach": 0.0},
        {"scale": -1.0},
        {"cell": "rnn"},
        {"patch": 0},
        {"state": 0},
        {"neighbours": 0},
        {"layers": 0},
    ],
)
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        StationsSettings(**changes)


def test_it_learns_the_width_of_pulses_from_all_stations(fit, outputs):
    """The pulses' width grows with the distance from the core, known by two coordinates; far stations are missing."""
    random = np.random.default_rng(4)
    depth, place = random.normal(0.0, 1.0, 1500), random.uniform(-1.5, 1.5, (1500, 7, 2))
    distance = 0.5 + np.hypot(*np.moveaxis(place, -1, 0))
    width = (4.0 + depth)[:, None].clip(1.5) * distance
    light = random.lognormal(2.0, 0.5, (1500, 7, 1)) * np.exp(-np.arange(40.0) / width[..., None])
    traces = random.poisson(light * 3) / 3.0
    there = random.random((1500, 7)) < 1.4 - 0.4 * distance
    there[:, 0] = True
    values = {"stations": (place * there[..., None]).astype(np.float32)}
    values["traces"] = (traces * there[..., None]).astype(np.float32)
    present = {"stations": there, "traces": there}
    truth = jnp.asarray(depth, jnp.float32)
    settings = StationsSettings(hidden=(16,), patch=8, state=8, neighbours=3, widths=(16, 16), layers=1)
    seen, unseen = (
        jax.tree.map(lambda array, part=part: jnp.asarray(array[part]), (values, present))
        for part in (slice(1200), slice(1200, None))
    )
    model = build({"stations": (7, 2), "traces": (7, 40)}, 1, nnx.Rngs(0), settings)
    model = fit(model, *seen, lambda found, rows: jnp.mean((found[:, 0] - truth[rows]) ** 2), steps=200, batch=64)
    error = outputs(model, *unseen)[:, 0] - truth[1200:]
    # the spread of the truth is 1
    assert np.sqrt(np.mean(error**2)) < 0.45


ON_SOME_CORES = """
import hashlib, os, sys
os.sched_setaffinity(0, [int(core) for core in sys.argv[1].split(",")])
import jax, jax.numpy as jnp, numpy as np
from flax import nnx
from analysis.learning.networks import convolutional, graph, recurrent, stations

random = np.random.default_rng(1)
for module, settings, shapes in (
    (convolutional, convolutional.ConvolutionalSettings(), {"image": (16, 16, 2)}),
    (graph, graph.GraphSettings(neighbours=8), {"particles": (50, 6)}),
    (recurrent, recurrent.RecurrentSettings(places=True, patch=4, cell="lstm"), {"trace": (7, 40)}),
    (stations, stations.StationsSettings(), {"stations": (7, 8), "traces": (7, 48)}),
):
    values = {name: random.normal(size=(256, *shape)).astype(np.float32) for name, shape in shapes.items()}
    present = {name: random.random((256, *shape[:-1])) < 0.8 for name, shape in shapes.items()}
    graph_of, params, rest = nnx.split(module.build(shapes, 2, nnx.Rngs(0), settings), nnx.Param, ...)

    def size(params):
        return jnp.sum(nnx.merge(graph_of, params, rest)(values, present) ** 2)

    two = jax.tree.map(lambda leaf: jnp.stack([leaf, 2 * leaf]), params)
    gradient = jax.jit(jax.vmap(jax.grad(size)))(two)
    print(hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(gradient))).hexdigest())
"""


@pytest.mark.release
def test_gradients_of_networks_with_many_places_are_the_same_on_one_core():
    """For as many places as in a real batch: sums over them must not be divided among the cores."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this takes two cores, and a system that binds processes to them")
    cores = sorted(os.sched_getaffinity(0))
    digests = []
    for some in (cores, cores[:1]):
        command = [sys.executable, "-c", ON_SOME_CORES, ",".join(map(str, some))]
        environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
        digests.append(subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout.split())
    assert len(digests[0]) == 4
    assert digests[0] == digests[1]
