"""A refiner of features and its critic."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.refiner import RefinerSettings, build

SHAPES = {"mass": (1,), "noise": (2,), "refined": (3,)}
SETTINGS = RefinerSettings(hidden=(8,), critic=(8,), noise="noise")
pytestmark = pytest.mark.usefixtures("quick_compilation")


def events(number: int = 5) -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    values = {name: random.normal(size=(number, *shape)).astype(np.float32) for name, shape in SHAPES.items()}
    return values, {name: np.ones(array.shape, bool) for name, array in values.items()}


def network(settings: RefinerSettings = SETTINGS, *, learned: bool = False) -> Any:
    built: Any = build(SHAPES, 3, nnx.Rngs(params=0, dropout=1), settings)
    if learned:
        built.refiner.output.kernel[...] = jax.random.normal(jax.random.key(1), built.refiner.output.kernel.shape)
    return built


def test_it_begins_by_changing_nothing() -> None:
    values, present = events()
    assert np.array_equal(network()(values, present), values["refined"])


def test_it_sees_conditions_and_noise_that_is_drawn_in_training_only() -> None:
    values, present = events()
    refiner = network(learned=True)
    assert not np.array_equal(refiner(values, present), refiner(values, present))
    refiner.eval()
    kept = refiner(values, present)
    assert np.array_equal(kept, refiner(values, present))
    for name in SHAPES:
        assert not np.allclose(refiner({**values, name: values[name] + 1}, present), kept)


def test_missing_features_stay_missing() -> None:
    values, present = events()
    present["refined"][2, 1] = False
    values["refined"][2, 1] = 0.0
    assert network(learned=True)(values, present)[2, 1] == 0


def test_the_critic_sees_the_block_and_conditions() -> None:
    values, present = events()
    critic = network()
    rated = critic.criticise(values, present, values["refined"])
    assert rated.shape == (5,)
    assert not np.allclose(critic.criticise(values, present, values["refined"] + 1), rated)
    assert not np.allclose(critic.criticise({**values, "mass": values["mass"] + 1}, present, values["refined"]), rated)
    other = {**values, "noise": values["noise"] + 1, "refined": values["refined"] + 1}
    assert np.array_equal(critic.criticise(other, present, values["refined"]), rated)


def test_blocks_and_outputs_are_checked() -> None:
    with pytest.raises(TrainingError, match="'traces', which the events do not have"):
        network(RefinerSettings(block="traces"))
    with pytest.raises(TrainingError, match="changes the 3 values of the block 'refined', not 4"):
        build(SHAPES, 4, nnx.Rngs(0), SETTINGS)
    with pytest.raises(StudyError, match="critic"):
        RefinerSettings(critic=(0,))
