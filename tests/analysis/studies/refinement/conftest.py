"""Inputs and scores of showers that need no simulation."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.studies.refinement.settings import CLASSES, DATA, METHODS, SIMULATION

EVENTS = 800
BIASES = dict(zip(METHODS, (-8.0, -1.0, 2.0, 0.0), strict=True))


def draw(name: str, seed: int) -> TrainingInputs:
    random = np.random.default_rng(seed)
    traces = random.exponential(size=(EVENTS, 7, 20)).astype(np.float16)
    return TrainingInputs(
        features={"traces": Features(traces, np.ones((EVENTS, 7), bool))},
        label=np.full(EVENTS, CLASSES.index(name), np.int32),
        target=np.zeros((EVENTS, 1), np.float32),
        weight=np.ones(EVENTS),
        identity=identify(name, 0, EVENTS),
        trainable=random.random(EVENTS) < 0.9,
        classes=CLASSES,
        targets=("xmax",),
    )


@pytest.fixture(scope="session")
def inputs() -> dict[str, TrainingInputs]:
    return {SIMULATION: draw(SIMULATION, 1), DATA: draw(DATA, 2)}


@pytest.fixture(scope="session")
def truth(inputs: dict[str, TrainingInputs]) -> dict[str, ak.Array]:
    random = np.random.default_rng(3)
    columns = {
        "identity": inputs[DATA].identity,
        "xmax": random.normal(750.0, 60.0, EVENTS),
        "energy": 10 ** random.uniform(18.5, 20.0, EVENTS),
    }
    return {DATA: ak.zip(columns)}


@pytest.fixture(scope="session")
def depths(inputs: dict[str, TrainingInputs], truth: dict[str, ak.Array]) -> dict[str, dict[str, Scores]]:
    """What networks say, with errors of 30 g/cm2 that are the same for all, and biases of their own."""
    noise = np.random.default_rng(4).normal(0.0, 30.0, EVENTS)
    true, identity = truth[DATA].xmax.to_numpy(), inputs[DATA].identity
    return {
        f"{name}_depths": {
            DATA: Scores(
                identity,
                np.stack([true + noise + bias, np.full(EVENTS, 20.0)], axis=1).astype(np.float32),
                ("xmax", "xmax_uncertainty"),
            )
        }
        for name, bias in BIASES.items()
    }
