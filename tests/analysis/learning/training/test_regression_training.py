"""Trainings of structured features and a target: what tests of classification do not reach."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from analysis.errors import DataError
from analysis.events.identity import fold_of
from analysis.learning.application.trained import Trained
from analysis.learning.application.training_predictions import training_predictions
from analysis.learning.data.folds import split
from analysis.learning.data.inputs import concatenate
from analysis.learning.loss_settings import Gaussian
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step
from analysis.validated import override

pytestmark = pytest.mark.long

NETWORK = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(32,), dropout=0.0, segments=0))
SETTINGS = TrainingSettings(
    folds=3,
    epochs=25,
    batch_size=64,
    learning_rate=1e-2,
    optimizer=AdamW(weight_decay=0.01),
    loss=Gaussian(),
    patience=25,
)


@pytest.fixture(scope="module")
def inputs(pulses):
    return pulses(3000)


@pytest.fixture(scope="module")
def trained(inputs, tmp_path_factory):
    return train(inputs, NETWORK, SETTINGS, checkpoints=tmp_path_factory.mktemp("checkpoints"))


def test_the_target_and_its_uncertainty_are_learned(inputs, trained):
    predicted, uncertainty = trained.predictions(inputs).T
    assert trained.names == ("depth", "depth_uncertainty")
    quiet = inputs.features["event"].values[:, 0] == 1
    deviation = predicted - inputs.target[:, 0]
    # the pulses themselves tell no more: 10 and 30
    assert np.std(deviation[quiet]) < 16
    assert np.std(deviation[~quiet]) < 34
    assert np.median(uncertainty[~quiet]) > 1.8 * np.median(uncertainty[quiet])
    pulls = deviation / uncertainty
    assert abs(pulls.mean()) < 0.15
    assert 0.85 < pulls.std() < 1.25


def test_the_validation_is_of_the_best_networks(inputs, trained):
    """Recomputed with NumPy and SciPy from the saved networks' predictions."""
    for part in split(inputs.identity, 3, trainable=inputs.trainable):
        chosen = inputs.select(part.validation)
        predicted, uncertainty = trained.predictions_of(part.network, chosen).astype(float).T
        target, width = chosen.target[:, 0], trained.scale[part.network, 0, 1]
        loss = np.average(-norm.logpdf(target, predicted, uncertainty) - np.log(width), weights=chosen.weight)
        error = np.sqrt(np.average((predicted - target) ** 2, weights=chosen.weight))
        reported = trained.history[trained.best_epoch[part.network] - 1]["networks"][part.network]
        assert loss == pytest.approx(reported["validation_loss"], rel=1e-4)
        assert error == pytest.approx(reported["metrics"]["rmse"], rel=1e-4)
    assert (trained.history[0]["loss"], trained.history[0]["metrics"]) == ("gaussian", ["rmse"])


@pytest.mark.usefixtures("quick_compilation")
def test_the_best_epoch_can_be_that_of_the_lowest_error(inputs, tmp_path):
    settings = override(SETTINGS, {"validation": "rmse", "epochs": 5})
    result = train(inputs, NETWORK, settings, checkpoints=tmp_path)
    for fold, best in enumerate(result.best_epoch):
        assert best == 1 + int(np.argmin([entry["networks"][fold]["metrics"]["rmse"] for entry in result.history]))


@pytest.mark.usefixtures("quick_compilation")
def test_the_targets_scale_is_of_training_events_only(inputs, tmp_path):
    settings = override(SETTINGS, {"epochs": 1})
    target = inputs.target.copy()
    target[fold_of(inputs.identity, 3) == 0] += 1000
    before, after = (
        train(some, NETWORK, settings, checkpoints=tmp_path / name)
        for name, some in (("a", inputs), ("b", dataclasses.replace(inputs, target=target)))
    )
    # network 0 is tested on fold 0, network 2 stopped by it, network 1 trained on it
    assert np.array_equal(before.scale[[0, 2]], after.scale[[0, 2]])
    assert after.scale[1, 0, 0] == pytest.approx(before.scale[1, 0, 0] + 1000, abs=0.1)


@pytest.mark.usefixtures("quick_compilation")
def test_spectators_and_classes_change_no_network(inputs, tmp_path):
    settings = override(SETTINGS, {"epochs": 2})
    other = dataclasses.replace(inputs, spectators={"seen": np.zeros(len(inputs))}, label=1 - inputs.label)
    one, two = (
        train(some, NETWORK, settings, checkpoints=tmp_path / str(len(some.spectators) * i))
        for i, some in enumerate((inputs, other))
    )
    assert one.weights.keys() == two.weights.keys()
    for name, array in one.weights.items():
        assert np.array_equal(array, two.weights[name])


def test_a_prediction_depends_on_no_other_event(pulses, trained):
    inputs = pulses(2500, 5)
    predictions = trained.predictions(inputs)
    random = np.random.default_rng(2)
    order = random.permutation(2500)
    assert np.array_equal(trained.predictions(inputs.select(order)), predictions[order])
    for chunk in np.array_split(np.arange(2500), np.sort(random.integers(0, 2500, 9))):
        assert np.array_equal(trained.predictions(inputs.select(chunk)), predictions[chunk])


def test_order_and_chunks_of_events_change_nothing(inputs, trained, tmp_path):
    rows = np.random.default_rng(3).permutation(len(inputs))
    chunks = concatenate([inputs.select(part) for part in np.array_split(rows, 7)])
    again = train(chunks, NETWORK, SETTINGS, checkpoints=tmp_path)
    assert all(np.array_equal(array, again.weights[name]) for name, array in trained.weights.items())


def test_saved_networks_predict_the_same(inputs, trained, tmp_path):
    paths = tmp_path / "parameters.safetensors", tmp_path / "network.json"
    trained.save(*paths)
    loaded = Trained.load(*paths, NETWORK, SETTINGS)
    assert loaded.layout == trained.layout
    assert np.array_equal(loaded.predictions(inputs), trained.predictions(inputs))
    assert np.array_equal(training_predictions(loaded, inputs), training_predictions(trained, inputs))
    (tmp_path / "again").mkdir()
    loaded.save(tmp_path / "again" / paths[0].name, tmp_path / "again" / paths[1].name)
    for path in paths:
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_events_of_another_shape_are_refused(inputs, trained):
    traces = inputs.features["traces"]
    shorter = dataclasses.replace(traces, values=np.ascontiguousarray(traces.values[..., :23]))
    with pytest.raises(DataError, match=r"traces: float16 \(5 x 24\); these .* traces: float16 \(5 x 23\)"):
        trained.predictions(dataclasses.replace(inputs, features={**inputs.features, "traces": shorter}))


CHILD = """
import os, signal, sys
from pathlib import Path
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.training.train import train
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.loss_settings import Gaussian
from analysis.learning.optimizer_settings import AdamW, Cosine
from analysis.learning.settings import TrainingSettings
from analysis.study import Step

folder, last = Path(sys.argv[1]), int(sys.argv[2])

def report(entry):
    if entry["epoch"] == last:
        os.kill(os.getpid(), signal.SIGKILL)

train(TrainingInputs.load(folder / "inputs.safetensors"), {network!r}, {settings!r},
      checkpoints=folder / "checkpoints", report=report, checkpoint_seconds=0)
"""


def test_a_killed_training_resumes_to_the_bit(inputs, compilations: Path, tmp_path: Path):
    settings = override(SETTINGS, {"epochs": 6})
    inputs.save(tmp_path / "inputs.safetensors")
    code = CHILD.format(network=NETWORK, settings=settings)
    environment: dict[str, Any] = {
        "PYTHONPATH": ":".join(sys.path),
        "JAX_COMPILATION_CACHE_DIR": str(compilations),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path), "3"], env=environment, check=False)
    assert killed.returncode == -9
    resumed = train(inputs, NETWORK, settings, checkpoints=tmp_path / "checkpoints")
    assert ["compile_seconds" in entry for entry in resumed.history] == [True, False, False, True, False, False]
    through = train(inputs, NETWORK, settings, checkpoints=tmp_path / "other")
    assert all(array.tobytes() == through.weights[name].tobytes() for name, array in resumed.weights.items())
    assert [entry["networks"] for entry in resumed.history] == [entry["networks"] for entry in through.history]
