from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.studies.airshower.training import STATIONS
from analysis.studies.refinement.inputs import _without, add_noise, refine
from analysis.studies.refinement.settings import DATA, FROM_TRACES, SIMULATION


def test_refined_traces_take_the_place_of_simulated_ones(inputs: Any) -> None:
    simulated = inputs[SIMULATION]
    values = np.arange(simulated.features["traces"].values.size, dtype=np.float32).reshape(len(simulated), -1) % 7
    scores = Scores(simulated.identity, values, tuple(map(str, range(140))))
    refined: Any = refine(simulated, scores, SimpleNamespace(name=SIMULATION))  # type: ignore[arg-type]
    assert np.array_equal(refined.features["traces"].values.reshape(len(simulated), -1), values)
    assert refined.layout == simulated.layout
    assert refine(inputs[DATA], scores, SimpleNamespace(name=DATA)) is inputs[DATA]  # type: ignore[arg-type]


def test_each_sample_has_a_random_number_of_its_event(inputs: Any) -> None:
    noisy = add_noise(inputs[DATA])
    numbers = noisy.features["noise"].values.astype(float)
    assert numbers.shape == noisy.features["traces"].values.shape
    assert abs(numbers.mean()) < 0.02
    assert abs(numbers.std() - 1) < 0.02
    rows = np.arange(5, 9)
    assert np.array_equal(add_noise(inputs[DATA].select(rows)).features["noise"].values, numbers[rows])


def test_times_in_traces_are_left_out() -> None:
    values = np.arange(2 * 7 * len(STATIONS), dtype=np.float32).reshape(2, 7, -1)
    kept = _without(Features(values, np.ones((2, 7), bool), STATIONS), STATIONS)
    assert kept.names == tuple(name for name in STATIONS if name not in FROM_TRACES)
    assert np.array_equal(kept.values[..., 0], values[..., 0])
    assert len(kept.names) == len(STATIONS) - 2
