"""A generator and its critic."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.errors import StudyError, TrainingError
from analysis.learning.networks.adversarial import Adversarial, AdversarialSettings, build

SHAPES = {"energy": (1,), "noise": (4,)}
SETTINGS = AdversarialSettings(hidden=(8,), critic=(8,))
pytestmark = [pytest.mark.usefixtures("quick_compilation"), pytest.mark.long]


@pytest.fixture
def networks() -> Adversarial:
    return build(SHAPES, 2, nnx.Rngs(params=0, dropout=1), SETTINGS)  # type: ignore[return-value]


def events(number: int) -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    values = {name: random.normal(size=(number, *shape)).astype(np.float32) for name, shape in SHAPES.items()}
    return values, {name: np.ones(array.shape, bool) for name, array in values.items()}


def test_noise_is_drawn_in_training_and_given_afterwards(networks: Adversarial) -> None:
    values, present = events(5)
    first, second = networks(values, present), networks(values, present)
    assert first.shape == (5, 2)
    assert not np.array_equal(first, second)
    networks.eval()
    kept = networks(values, present)
    assert np.array_equal(kept, networks(values, present))
    other = {**values, "noise": values["noise"] + 1}
    assert not np.array_equal(kept, networks(other, present))
    assert not np.array_equal(kept, networks({**values, "energy": values["energy"] + 1}, present))


def test_the_critic_sees_targets_and_conditions_and_no_noise(networks: Adversarial) -> None:
    values, present = events(5)
    targets = jnp.ones((5, 2))
    found = networks.criticise(values, present, targets)
    assert found.shape == (5,)
    assert np.array_equal(found, networks.criticise({**values, "noise": values["noise"] + 1}, present, targets))
    assert not np.array_equal(found, networks.criticise(values, present, targets + 1))
    assert not np.array_equal(found, networks.criticise({**values, "energy": values["energy"] + 1}, present, targets))


def test_without_conditions() -> None:
    networks = build({"noise": (4,)}, 2, nnx.Rngs(0), SETTINGS)
    values, present = {"noise": np.ones((3, 4), np.float32)}, {"noise": np.ones((3, 4), bool)}
    assert networks.criticise(values, present, networks(values, present)).shape == (3,)  # type: ignore[attr-defined]


def test_a_block_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match="'noise', which the events do not have"):
        build({"energy": (1,)}, 2, nnx.Rngs(0), SETTINGS)
    with pytest.raises(StudyError, match="critic"):
        AdversarialSettings(critic=(0,))
