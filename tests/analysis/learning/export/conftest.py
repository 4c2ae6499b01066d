"""Events of several kinds, and networks for them that take no training."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
import pytest
from flax import nnx

from analysis.events.identity import identify
from analysis.learning.application.trained import Trained
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.standardisation import measure
from analysis.learning.loss_settings import LossSettings
from analysis.learning.losses.by_name import loss_of
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.checkpoints import flatten
from analysis.learning.training.network_state import split_network
from analysis.study import Step


def draw_events(kind: str, events: int = 60) -> TrainingInputs:
    """Events with missing features, particles, stations, and images as targets."""
    random = np.random.default_rng(7)
    known = random.random((events, 3)) < 0.8
    blocks = {"event": Features((random.pareto(2.0, known.shape) * known).astype(np.float32), known, ("a", "b", "c"))}
    there = np.sort(random.random((events, 5)) < 0.7, axis=1)[:, ::-1]
    there[:, 0] = True
    if kind == "particles":
        momentum = random.normal(scale=40.0, size=(events, 5, 3))
        energy = np.sqrt(np.sum(momentum**2, axis=-1, keepdims=True) + 1)
        four = np.concatenate([energy, momentum], axis=-1) * there[..., None]
        blocks["particles"] = Features(four.astype(np.float32), there)
    if kind == "stars":
        values = random.normal(size=(events, 5, 4)) * there[..., None]
        blocks["particles"] = Features(values.astype(np.float32), there, ("x", "y", "z", "m"))
    if kind == "stations":
        there = random.random((events, 7)) < 0.7
        there[:, 0] = True
        traces = random.exponential(size=(events, 7, 22)) * there[..., None]
        blocks["traces"] = Features(traces.astype(np.float16), there)
        values = random.normal(size=(events, 7, 2)) * there[..., None]
        blocks["stations"] = Features(values.astype(np.float32), there, ("time", "signal"))
    targets = 30 if kind == "images" else 1
    return TrainingInputs(
        features=blocks,
        label=(np.arange(events) % 2).astype(np.int32),
        target=random.normal(700.0, 60.0, (events, targets)).astype(np.float32),
        weight=random.uniform(0.5, 1.5, events),
        identity=identify("drawn", 0, events),
        trainable=np.ones(events, bool),
        classes=("light", "heavy"),
        targets=("depth",) if targets == 1 else tuple(f"pixel_{number}" for number in range(targets)),
    )


def initialise_networks(
    module: str, settings: object, inputs: TrainingInputs, loss: LossSettings, seeds: int
) -> Trained:
    """Networks with initial parameters, as a training would leave them otherwise."""
    step = Step(f"analysis.learning.networks.{module}:build", settings)
    training = TrainingSettings(folds=3, seeds=seeds, loss=loss)
    outputs = loss_of(loss).outputs(inputs.layout)

    def initialise(key):
        rngs = nnx.Rngs(params=key, dropout=0)
        params, statistics, _ = split_network(step.load()(inputs.layout.shapes, outputs, rngs, settings))
        return {"params": params, "statistics": statistics}

    keys = jax.random.split(jax.random.key(1), 3 * seeds)
    knots = {
        name: np.stack([measure(part.values[i::3], part.everywhere()[i::3], inputs.weight[i::3]) for i in range(3)])
        for name, part in inputs.features.items()
        if part.names
    }
    return Trained(
        network=step,
        settings=training,
        layout=inputs.layout,
        knots=knots,
        scale=np.array([[[700.0, 60.0]] * len(inputs.targets)] * 3, np.float32)
        + np.arange(3, dtype=np.float32)[:, None, None],
        weights=flatten(jax.jit(jax.vmap(initialise))(keys)),
        best_epoch=(1,) * (3 * seeds),
    )


@pytest.fixture(scope="session")
def draw() -> Callable[..., TrainingInputs]:
    """Draws events: ``draw(kind, events=60)``; kinds: ``event``, ``particles``, ``stars``, ``stations``, ``images``."""
    return draw_events


@pytest.fixture(scope="session")
def untrained() -> Callable[..., Trained]:
    """Makes networks of three folds: ``untrained(module, settings, inputs, loss, seeds)``."""
    return initialise_networks
