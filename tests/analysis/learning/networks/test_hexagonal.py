from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.events.identity import identify
from analysis.hexagon import coordinates
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.loss_settings import Gaussian
from analysis.learning.networks.hexagonal import Hexagonal, HexagonalSettings, build
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step

# each test compiles programs of its own
pytestmark = pytest.mark.long

SETTINGS = HexagonalSettings(patch=5, hidden=6, width=8, exchanges=2, head=10)
SHAPES = {"event": (3,), "stations": (19, 4), "traces": (19, 22)}


def network(settings=SETTINGS, shapes=SHAPES, seed=0) -> nnx.Module:
    return build(shapes, 2, nnx.Rngs(seed), settings)


def inputs(events=5, shapes=SHAPES):
    """Events in which a third of the stations and a few of the events' features are missing."""
    random = np.random.default_rng(3)
    there = random.random((events, shapes["traces"][0])) < 0.7
    there[:, 0] = True
    known = random.random((events, *shapes["event"])) < 0.8
    values = {
        "event": random.normal(size=known.shape) * known,
        "stations": random.normal(size=(events, *shapes["stations"])) * there[..., None],
        "traces": random.exponential(size=(events, *shapes["traces"])) * there[..., None],
    }
    present = {"event": known, "stations": there, "traces": there}
    return {name: jnp.asarray(array, jnp.float32) for name, array in values.items()}, jax.tree.map(jnp.asarray, present)


@pytest.mark.parametrize("places", [1, 7, 19])
@pytest.mark.parametrize(("patch", "exchanges"), [(1, 0), (5, 1), (22, 2), (30, 1)])
def test_shapes(places, patch, exchanges):
    shapes = {"event": (3,), "stations": (places, 4), "traces": (places, 22)}
    settings = HexagonalSettings(patch=patch, hidden=6, width=8, exchanges=exchanges, head=10)
    outputs = nnx.eval_shape(lambda: network(settings, shapes)(*inputs(5, shapes)))
    assert (outputs.shape, outputs.dtype) == ((5, 2), jnp.float32)


def test_stations_that_are_not_there_change_nothing():
    values, present = inputs()
    there = present["traces"][..., None]
    outputs = nnx.jit(network())
    expected = outputs(values, present)
    spoilt = {
        **values,
        "stations": jnp.where(there, values["stations"], 7.0),
        "traces": jnp.where(there, values["traces"], 50.0),
    }
    assert np.array_equal(outputs(spoilt, present), expected)
    # and one that is there does
    assert not np.allclose(outputs({**values, "traces": values["traces"].at[:, 0].add(1)}, present), expected)


def test_a_missing_feature_of_the_event_is_not_a_zero():
    values, present = inputs()
    zero = {**values, "event": jnp.zeros((5, 3))}
    one, other = ({**present, "event": jnp.full((5, 3), known)} for known in (True, False))
    assert not np.allclose(network()(zero, one), network()(zero, other))
    # known or not for all of an event's features at once
    assert np.array_equal(network()(zero, one), network()(zero, {**present, "event": jnp.ones(5, bool)}))


@pytest.mark.parametrize("matrix", [[[0, 1], [-1, 1]], [[0, 1], [1, 0]]], ids=["turned", "mirrored"])
def test_turned_or_mirrored_places_give_the_same(matrix):
    """60 degrees take (a, b) to (-b, a + b); the mirror takes it to (b, a)."""
    axial = coordinates(2)
    index = {tuple(place): number for number, place in enumerate(axial.tolist())}
    moved = np.array([index[tuple(place)] for place in (axial @ np.array(matrix)).tolist()])
    assert sorted(moved) == list(range(19))
    assert not np.array_equal(moved, np.arange(19))
    values, present = inputs()
    turned = [
        {name: array if name == "event" else array[:, moved] for name, array in some.items()}
        for some in (values, present)
    ]
    expected = network()(values, present)
    assert np.allclose(network()(*turned), expected, atol=1e-5)
    # places that are exchanged at will have other neighbours
    other = np.random.default_rng(1).permutation(np.arange(1, 19))
    mixed = [
        {name: array if name == "event" else array[:, [0, *other]] for name, array in some.items()}
        for some in (values, present)
    ]
    assert not np.allclose(network()(*mixed), expected, atol=1e-3)


def test_what_the_neighbours_know_comes_one_ring_nearer_with_each_exchange():
    """The middle's own values change with the second ring only after two exchanges."""
    values, present = inputs()
    changed = {**values, "stations": values["stations"].at[:, 7:].add(present["stations"][:, 7:, None])}

    def middle(exchanges: int) -> tuple[np.ndarray, np.ndarray]:
        model = network(HexagonalSettings(patch=5, hidden=6, width=8, exchanges=exchanges, head=10))
        assert isinstance(model, Hexagonal)
        # only the station in the middle may speak
        kernel = model.head.kernel[...]
        model.head.kernel[...] = kernel.at[:8].set(0)
        return np.asarray(model(values, present)), np.asarray(model(changed, present))

    assert np.array_equal(*middle(1))
    assert not np.allclose(*middle(2))


@pytest.mark.long
def test_dropout_only_in_training():
    values, present = inputs()
    model = network(HexagonalSettings(dropout=0.5))
    assert not np.array_equal(model(values, present), model(values, present))
    model.eval()
    assert np.array_equal(model(values, present), model(values, present))


@pytest.mark.long
def test_gradients_reach_every_parameter():
    values, present = inputs(64)
    model = network()
    graph, params, rest = nnx.graphdef(model), nnx.state(model, nnx.Param), nnx.state(model, nnx.Not(nnx.Param))

    def size(params):
        return jnp.sum(nnx.merge(graph, params, rest)(values, present) ** 2)

    gradient = jax.jit(jax.grad(size))(params)
    leaves = jax.tree_util.tree_leaves_with_path(gradient)
    assert len(leaves) == 3 + 2 * (1 + 2 + 2)
    for path, leaf in leaves:
        assert np.isfinite(leaf).all(), path
        assert (leaf != 0).mean() > 0.95, path


def test_a_batch_is_its_events():
    values, present = inputs(12)
    model = nnx.jit(network())
    one_by_one = [model(*jax.tree.map(lambda array, n=n: array[n : n + 1], (values, present))) for n in range(12)]
    assert np.allclose(np.concatenate(one_by_one), model(values, present), atol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"event": (3,), "traces": (7, 22)}, r"is given event \(3,\), traces \(7, 22\)"),
        ({**SHAPES, "more": (3,)}, r"more \(3,\)"),
        ({**SHAPES, "event": (3, 2)}, r"event \(3, 2\)"),
        ({**SHAPES, "stations": (7, 4)}, "19 places of traces and 7 of stations"),
        ({"event": (3,), "stations": (8, 4), "traces": (8, 22)}, "8 places of traces: no hexagon has 8"),
    ],
)
def test_other_blocks_are_refused(shapes, message):
    with pytest.raises(TrainingError, match=message):
        network(shapes=shapes)


@pytest.mark.parametrize("changes", [{"scale": 0.0}, {"patch": 0}, {"exchanges": -1}, {"dropout": 1.0}, {"head": 0}])
def test_wrong_settings(changes):
    with pytest.raises(StudyError, match=next(iter(changes))):
        HexagonalSettings(**changes)


ON_SOME_CORES = """
import hashlib, os, sys
os.sched_setaffinity(0, [int(core) for core in sys.argv[1].split(",")])
import jax, jax.numpy as jnp, numpy as np
from flax import nnx
from analysis.learning.networks.hexagonal import HexagonalSettings, build

shapes = {"event": (6,), "stations": (7, 8), "traces": (7, 48)}
random = np.random.default_rng(1)
values = {name: random.normal(size=(256, *shape)).astype(np.float32) for name, shape in shapes.items()}
present = {name: np.ones((256, shape[0]), bool) for name, shape in shapes.items()}

graph, params, rest = nnx.split(build(shapes, 2, nnx.Rngs(0), HexagonalSettings(patch=24)), nnx.Param, ...)

def size(params):
    return jnp.sum(nnx.merge(graph, params, rest)(values, present) ** 2)

three = jax.tree.map(lambda leaf: jnp.stack([leaf, 2 * leaf, -leaf]), params)
gradient = jax.jit(jax.vmap(jax.grad(size)))(three)
print(hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(gradient))).hexdigest())
"""


@pytest.mark.long
def test_gradients_are_the_same_on_one_core():
    """For as many stations as in a real batch: sums over them must not be divided among the cores."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this takes two cores, and a system that binds processes to them")
    cores = sorted(os.sched_getaffinity(0))
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", ON_SOME_CORES, ",".join(map(str, some))], stdout=subprocess.PIPE, env=environment
        )
        for some in (cores, cores[:1])
    ]
    digests = [child.communicate()[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert digests[0] == digests[1]


def draw_showers(events: int) -> TrainingInputs:
    """Exponential pulses in seven stations, whose width is the target; the far ones are wider and often missing."""
    random = np.random.default_rng(4)
    depth = random.normal(0.0, 1.0, events)
    distance = random.uniform(0.5, 2.0, (events, 7))
    width = (4.0 + depth)[:, None].clip(1.5) * distance
    size = random.lognormal(2.0, 0.5, (events, 7))
    traces = random.poisson(size[..., None] * np.exp(-np.arange(40.0) / width[..., None]) * 3) / 3.0
    there = random.random((events, 7)) < 1.2 - 0.4 * distance
    there[:, 0] = True
    stations = np.stack([np.log(size), distance], axis=-1)
    return TrainingInputs(
        features={
            "traces": Features((traces * there[..., None]).astype(np.float16), there),
            "stations": Features((stations * there[..., None]).astype(np.float32), there, ("size", "distance")),
            "event": Features(random.normal(size=(events, 1)).astype(np.float32), np.ones((events, 1), bool), ("x",)),
        },
        label=np.zeros(events, np.int32),
        target=depth[:, None].astype(np.float32),
        weight=np.ones(events),
        identity=identify("showers", 0, events),
        trainable=np.ones(events, bool),
        classes=("shower",),
        targets=("depth",),
    )


@pytest.mark.long
def test_it_learns_from_traces(tmp_path: Path):
    showers = draw_showers(1200)
    step = Step("analysis.learning.networks.hexagonal:build", HexagonalSettings(patch=8, hidden=8, width=16, head=16))
    settings = TrainingSettings(
        folds=3, epochs=12, batch_size=32, learning_rate=1e-2, optimizer=AdamW(weight_decay=0.01), loss=Gaussian()
    )
    trained = train(showers, step, settings, checkpoints=tmp_path)
    predicted, uncertainty = trained.predictions(showers).T
    deviation = predicted - showers.target[:, 0]
    # the spread of the truth is 1
    assert deviation.std() < 0.35
    assert 0.8 < (deviation / uncertainty).std() < 1.25
    # an event is scored the same in any company
    rows = np.random.default_rng(5).permutation(1200)[:700]
    assert np.array_equal(trained.predictions(showers.select(rows)), trained.predictions(showers)[rows])
