"""A refiner of traces and its critic."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.trace_refiner import TraceRefinerSettings, build

SHAPES = {"event": (2,), "noise": (7, 20), "stations": (7, 3), "traces": (7, 20)}
SETTINGS = TraceRefinerSettings(window=2, channels=4, encoder=(8,), critic=(8,), noise="noise")
pytestmark = pytest.mark.usefixtures("quick_compilation")


def events(number: int = 5) -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    values = {name: random.normal(size=(number, *shape)).astype(np.float32) for name, shape in SHAPES.items()}
    present = {name: np.ones((number, shape[0]), bool) for name, shape in SHAPES.items()}
    present["traces"][:, 6] = False
    values["traces"][:, 6] = 0
    return values, present


def network(*, learned: bool = False) -> Any:
    built: Any = build(SHAPES, 140, nnx.Rngs(params=0, dropout=1), SETTINGS)
    if learned:
        built.refiner.output.kernel[...] = jax.random.normal(jax.random.key(1), built.refiner.output.kernel.shape)
    built.eval()
    return built


@pytest.mark.long
def test_it_begins_by_changing_nothing() -> None:
    values, present = events()
    found = network()(values, present)
    assert np.allclose(found.reshape(5, 7, 20), values["traces"], rtol=1e-5, atol=1e-6)


def test_a_sample_is_changed_by_what_is_around_it() -> None:
    values, present = events()
    refiner = network(learned=True)
    before = np.asarray(refiner(values, present)).reshape(5, 7, 20)
    assert not before[:, 6].any()
    values["traces"][0, 2, 10] += 1.0
    differs = np.asarray(refiner(values, present)).reshape(5, 7, 20) != before
    # the window of 2, and one more of the second convolution
    assert np.flatnonzero(differs[0, 2]).tolist() == [7, 8, 9, 10, 11, 12, 13]
    assert differs.sum() == 7


@pytest.mark.parametrize("block", ["noise", "stations"])
def test_it_sees_the_features_of_each_place_and_noise(block: str) -> None:
    values, present = events()
    refiner = network(learned=True)
    before = refiner(values, present)
    values[block][0, 3] += 1.0
    changed = (np.asarray(refiner(values, present)) != np.asarray(before)).reshape(5, 7, 20).any(axis=2)
    assert np.argwhere(changed).tolist() == [[0, 3]]


def test_the_critic_sees_places_that_are_there_in_any_order() -> None:
    values, present = events()
    critic = network()
    rated = critic.criticise(values, present, values["traces"])
    assert rated.shape == (5,)
    gone = values["traces"].copy()
    gone[:, 6] = 5.0
    assert np.allclose(critic.criticise(values, present, gone), rated)
    turned = {name: array if name == "event" else array[:, ::-1] for name, array in values.items()}
    there = {name: array if name == "event" else array[:, ::-1] for name, array in present.items()}
    assert np.allclose(critic.criticise(turned, there, turned["traces"]), rated, rtol=1e-5, atol=1e-6)
    for name in ("event", "stations"):
        other = {**values, name: values[name] + 1}
        assert not np.allclose(critic.criticise(other, present, values["traces"]), rated)


def test_shapes_and_settings_are_checked() -> None:
    with pytest.raises(TrainingError, match="traces of shape"):
        build({"traces": (20,)}, 20, nnx.Rngs(0), TraceRefinerSettings())
    with pytest.raises(StudyError, match="encoder"):
        TraceRefinerSettings(encoder=())
