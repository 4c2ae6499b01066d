"""Simulation that differs from data: refined until it does not, or learned from by what both have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.loss_settings import DomainAdversarial, Refinement
from analysis.learning.networks.refiner_settings import RefinerSettings, TraceRefinerSettings
from analysis.learning.networks.reversal_settings import ReversalSettings
from analysis.learning.optimizer_settings import Adam
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step

pytestmark = pytest.mark.long
SETTINGS = TrainingSettings(
    folds=3,
    epochs=30,
    patience=30,
    batch_size=384,
    learning_rate=2e-3,
    optimizer=Adam(b1=0.0, b2=0.9),
    averaging=0.99,
    loss=Refinement(critic_steps=3, penalty=1.0),
    validation="class_distance",
)


def inputs_of(label: Any, target: Any = None, **features: Features) -> TrainingInputs:
    number = len(label)
    return TrainingInputs(
        features=features,
        label=np.asarray(label, np.int32),
        target=np.zeros((number, 0), np.float32) if target is None else np.asarray(target, np.float32)[:, None],
        weight=np.ones(number),
        identity=np.random.default_rng(9).integers(0, 2**64, number, np.uint64),
        trainable=np.ones(number, np.bool_),
        classes=("simulation", "data"),
        targets=() if target is None else ("depth",),
        spectators={},
    )


def plain(array: Any, names: tuple[str, ...] = ()) -> Features:
    array = np.asarray(array, np.float32)
    return Features(array, np.ones(array.shape, np.bool_), names)


def test_refined_features_are_those_of_the_data(tmp_path: Any) -> None:
    """In the data, one feature is shifted by an amount that a condition decides, the other one is wider."""
    random = np.random.default_rng(1)
    label = random.integers(0, 2, 9000)
    mass = random.uniform(-1, 1, len(label))
    pt, eta = random.normal(size=(2, len(label)))
    eta = 0.6 * pt + 0.8 * eta
    data = label == 1
    pt = np.where(data, pt + 0.5 + 0.5 * mass, pt)
    eta = np.where(data, 1.3 * eta, eta)
    inputs = inputs_of(label, mass=plain(mass[:, None], ("mass",)), refined=plain(np.stack([pt, eta], 1)))
    refiner = Step("analysis.learning.networks.refiner:build", RefinerSettings(hidden=(32, 32), critic=(64, 64)))
    found = train(inputs, refiner, SETTINGS, checkpoints=tmp_path).predictions(inputs)
    before = [pt[~data].mean() - pt[data].mean(), eta[~data].std() / eta[data].std() - 1]
    after = [found[~data, 0].mean() - pt[data].mean(), found[~data, 1].std() / eta[data].std() - 1]
    assert np.abs(before).min() > 0.2
    assert np.abs(after).max() < 0.08
    # the shift goes by the condition
    moved = found[~data, 0] - pt[~data]
    assert np.polyfit(mass[~data], moved, 1) == pytest.approx([0.5, 0.5], abs=0.15)


def test_refined_traces_are_those_of_the_data(tmp_path: Any) -> None:
    """In the data, pulses are a fifth smaller and there is twice the noise."""
    random = np.random.default_rng(1)
    label = random.integers(0, 2, 3000)
    data = label == 1
    time = np.arange(24) - random.uniform(4, 8, (len(label), 3, 1))
    pulse = random.exponential(1.0, (len(label), 3, 1)) * np.where(time > 0, np.exp(-np.maximum(time, 0) / 4), 0)
    noise = random.normal(size=pulse.shape)
    traces = np.where(data[:, None, None], 0.8 * pulse + 0.02 * noise, pulse + 0.01 * noise).astype(np.float32)
    inputs = inputs_of(
        label,
        noise=plain(random.normal(size=traces.shape)),
        traces=Features(traces, np.ones(traces.shape[:2], np.bool_)),
    )
    refiner = Step(
        "analysis.learning.networks.trace_refiner:build",
        TraceRefinerSettings(scale=0.05, window=2, channels=8, noise="noise"),
    )
    settings = replace(
        SETTINGS, epochs=60, patience=60, batch_size=96, learning_rate=5e-3, loss=Refinement("traces", 3, 1.0)
    )
    found = train(inputs, refiner, settings, checkpoints=tmp_path).predictions(inputs).reshape(traces.shape)
    sums = [np.mean(some[..., 4:].sum(axis=2)) for some in (traces[~data], found[~data], traces[data])]
    assert sums[0] / sums[2] > 1.2
    assert sums[1] / sums[2] == pytest.approx(1.0, abs=0.05)
    deviations = [some[..., :4].std() for some in (traces[~data], found[~data], traces[data])]
    assert deviations[0] / deviations[2] < 0.6
    assert deviations[1] / deviations[2] == pytest.approx(1.0, abs=0.2)


def test_what_both_have_in_common_is_less_biased(tmp_path: Any) -> None:
    """Two features are the target with noise; one of them is shifted in the data."""
    random = np.random.default_rng(1)
    label = random.integers(0, 2, 4000)
    data = label == 1
    depth = random.normal(size=len(label))
    first, second = depth + 0.5 * random.normal(size=(2, len(label)))
    event = plain(np.stack([first, second + 2.0 * data], 1))
    # measured events have no truth: what stands there must not matter
    inputs = inputs_of(label, np.where(data, 1e6, depth), event=event)
    network = Step("analysis.learning.networks.reversal:build", ReversalSettings((16, 8), (8,), (16,)))
    settings = TrainingSettings(folds=3, epochs=40, patience=40, batch_size=256, learning_rate=2e-3, gradient_clip=0.0)
    biases = []
    for strength in (0.0, 3.0):
        own = replace(settings, loss=DomainAdversarial(strength))
        trained = train(inputs, network, own, checkpoints=tmp_path / str(strength))
        assert trained.scale[:, 0] == pytest.approx(np.array([[0.0, 1.0]] * 3), abs=0.1)
        residual = trained.predictions(inputs)[:, 0] - depth
        assert abs(residual[~data].mean()) < 0.12
        biases.append(residual[data].mean())
    assert biases[0] > 0.6
    assert abs(biases[1]) < 0.75 * biases[0]
