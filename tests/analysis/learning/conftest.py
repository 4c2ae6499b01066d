"""Small problems that networks can learn within seconds."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache

from analysis.events.identity import identify
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.study import Step

# shares of eight modes on a ring
MODES = np.array([0.20, 0.15, 0.10, 0.05, 0.20, 0.15, 0.10, 0.05])
CENTRES = np.array([[0.0, 0.0, 1.0], [1.5, 0.0, 0.0], [0.0, 1.5, -1.0]])


def draw_gaussians(events: int, seed: int = 1, *, measured: int = 0) -> TrainingInputs:
    """Three classes of overlapping normal distributions.

    The third feature is missing in a quarter of all events, the fourth is noise with a long tail, and the classes'
    events have different weights, a few of them negative.
    """
    random = np.random.default_rng(seed)
    label = random.integers(0, 3, events).astype(np.int32)
    features = np.zeros((events, 4), np.float32)
    features[:, :3] = random.normal(CENTRES[label], 1.0)
    features[:, 3] = random.pareto(1.5, events)
    present = np.ones(features.shape, bool)
    present[:, 2] = random.random(events) > 0.25
    weight = np.array([0.1, 1.0, 5.0])[label] * random.uniform(0.5, 1.5, events)
    weight[random.random(events) < 0.02] *= -1
    label[:measured] = -1
    return TrainingInputs(
        features={"event": Features(features * present, present, ("x", "y", "z", "tail"))},
        label=label,
        target=np.zeros((events, 0), np.float32),
        weight=weight,
        identity=identify("gaussians", 0, events),
        trainable=label >= 0,
        classes=("one", "two", "three"),
    )


@pytest.fixture(scope="session")
def gaussians() -> Callable[..., TrainingInputs]:
    """Draws events of three classes: ``gaussians(events, seed, measured=0)``."""
    return draw_gaussians


def draw_pulses(events: int, seed: int = 1) -> TrainingInputs:
    """Pulses in five stations, whose width depends on the target and whose noise on a known feature.

    A fifth of the stations is missing, and the target's uncertainty is about one in half of the events and three in the
    others.
    """
    random = np.random.default_rng(seed)
    depth = random.normal(700.0, 60.0, events)
    quiet = random.random(events) < 0.5
    seen = depth + np.where(quiet, 10.0, 30.0) * random.normal(size=events)
    widths = (seen / 100.0)[:, None] * (1.0 + 0.1 * np.arange(5))
    time = np.arange(24.0)
    traces = np.exp(-time / widths[..., None]) * random.uniform(0.9, 1.1, (events, 5, 1))
    present = random.random((events, 5)) < 0.8
    present[:, 0] = True
    stations = np.stack([random.normal(size=(events, 5)), np.broadcast_to(np.arange(5.0), (events, 5))], axis=-1)
    return TrainingInputs(
        features={
            "traces": Features((traces * present[..., None]).astype(np.float16), present),
            "stations": Features((stations * present[..., None]).astype(np.float32), present, ("noise", "place")),
            "event": Features(quiet[:, None].astype(np.float32), np.ones((events, 1), bool), ("quiet",)),
        },
        label=random.integers(0, 2, events).astype(np.int32),
        target=depth[:, None].astype(np.float32),
        weight=random.uniform(0.5, 1.5, events),
        identity=identify("pulses", 0, events),
        trainable=np.ones(events, bool),
        classes=("light", "heavy"),
        targets=("depth",),
        spectators={"seen": seen},
    )


@pytest.fixture(scope="session")
def pulses() -> Callable[..., TrainingInputs]:
    """Draws events with structured features and one target: ``pulses(events, seed)``."""
    return draw_pulses


def draw_rings(events: int, seed: int = 1, *, noise: int = 4) -> TrainingInputs:
    """Points of eight narrow normal distributions on a ring, whose radius an event knows; the weights of these differ.

    The generator's random numbers are a block of their own.
    """
    random = np.random.default_rng(seed)
    mode = random.choice(8, events, p=MODES)
    radius = random.uniform(1.5, 2.5, events)
    angle = np.pi / 4 * mode
    centre = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    everywhere = np.ones((events, 1), bool)
    return TrainingInputs(
        features={
            "noise": Features(random.normal(size=(events, noise)).astype(np.float32), np.ones((events, noise), bool)),
            "ring": Features(radius[:, None].astype(np.float32), everywhere, ("radius",)),
        },
        label=np.zeros(events, np.int32),
        target=random.normal(centre, 0.1).astype(np.float32),
        weight=np.ones(events),
        identity=identify("rings", 0, events),
        trainable=np.ones(events, bool),
        classes=("simulated",),
        targets=("x", "y"),
        spectators={"radius": radius},
    )


@pytest.fixture(scope="session")
def rings() -> Callable[..., TrainingInputs]:
    """Draws points of eight modes on rings: ``rings(events, seed, noise=4)``."""
    return draw_rings


@pytest.fixture(scope="session")
def small_network() -> Step:
    """A network that compiles fast."""
    return Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(16,), dropout=0.1, segments=2))


@pytest.fixture(scope="session")
def small_settings() -> TrainingSettings:
    """A training that takes less than a second."""
    return TrainingSettings(folds=3, epochs=6, batch_size=64, learning_rate=1e-2, patience=6)


@pytest.fixture(scope="session")
def compilations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests of this folder keep what they compile."""
    return tmp_path_factory.mktemp("compilations")


@pytest.fixture(scope="module", autouse=True)
def cached_compilations(compilations: Path) -> Generator[None, None, None]:
    """Trainings of the same shape are compiled once; what other tests have set comes back afterwards."""
    wanted = {
        "jax_compilation_cache_dir": str(compilations),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in wanted}
    for name, value in wanted.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()
    yield
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


@pytest.fixture
def quick_compilation() -> Generator[None, None, None]:
    """For tests of logic, whose short trainings take less time than optimising the code for them."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
