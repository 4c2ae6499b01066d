from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from analysis.errors import DataError, TrainingError
from analysis.events.identity import fold_of
from analysis.learning.application.scores import score
from analysis.learning.application.trained import Trained
from analysis.learning.evaluation.classification import compare_training
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import Adam, Constant
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train


@pytest.fixture(scope="module")
def inputs(gaussians):
    return gaussians(1500, measured=100)


@pytest.fixture(scope="module")
def trained(inputs, small_network, small_settings, tmp_path_factory):
    return train(inputs, small_network, small_settings, checkpoints=tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture
def files(trained, tmp_path):
    trained.save(tmp_path / "parameters.safetensors", tmp_path / "network.json")
    return tmp_path / "parameters.safetensors", tmp_path / "network.json"


@pytest.mark.long
def test_every_event_is_scored_by_the_network_of_its_test_fold(inputs, trained):
    scores = trained.predictions(inputs)
    fold = fold_of(inputs.identity, 3)
    assert scores.shape == (1500, 3)
    assert scores.dtype == np.float32
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-6)
    for network in range(3):
        own = trained.predictions_of(network, inputs)
        assert np.array_equal(scores[fold == network], own[fold == network])
        assert not np.array_equal(scores[fold != network], own[fold != network])


def test_seeds_alone_and_together(inputs, trained):
    settings = dataclasses.replace(trained.settings, seeds=2)
    weights = {name: np.concatenate([array, 0.5 * array]) for name, array in trained.weights.items()}
    both = dataclasses.replace(trained, settings=settings, weights=weights)
    by_seed = both.predictions_by_member(inputs)
    assert by_seed.shape == (2, 1500, 3)
    assert not np.array_equal(by_seed[0], by_seed[1])
    assert np.array_equal(both.predictions(inputs), by_seed.mean(axis=0))
    found = score(both, inputs)
    assert np.array_equal(found.predictions, both.predictions(inputs))
    assert np.array_equal(found.by_seed, by_seed)
    for seed in (0, 1):
        weights = {name: array[3 * seed : 3 * seed + 3] for name, array in both.weights.items()}
        alone = dataclasses.replace(both, settings=dataclasses.replace(settings, seeds=1), weights=weights)
        assert np.array_equal(alone.predictions(inputs), by_seed[seed])
        # nothing is kept twice
        assert len(score(alone, inputs).by_seed) == 0


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.long
def test_a_score_depends_on_no_other_event(gaussians, trained, seed):
    inputs = gaussians(5000)
    scores = trained.predictions(inputs)
    random = np.random.default_rng(seed)
    order = random.permutation(5000)
    assert np.array_equal(trained.predictions(inputs.select(order)), scores[order])
    for chunk in np.array_split(np.arange(5000), np.sort(random.integers(0, 5000, 9))):
        assert np.array_equal(trained.predictions(inputs.select(chunk)), scores[chunk])


def test_a_loaded_network_gives_the_same_scores(inputs, trained, files):
    loaded = Trained.load(files[0], files[1], trained.network, trained.settings)
    assert np.array_equal(loaded.predictions(inputs), trained.predictions(inputs))
    for field in ("network", "settings", "layout", "names", "best_epoch"):
        assert getattr(loaded, field) == getattr(trained, field)
    assert loaded.history == ()


def test_files_are_the_same_from_another_process(trained, files, tmp_path):
    code = (
        "import sys; from pathlib import Path; p = Path(sys.argv[1]);"
        "from analysis.learning.application.trained import Trained;"
        "from analysis.learning.networks.dense_settings import DenseSettings;"
        "from analysis.learning.settings import TrainingSettings; from analysis.study import Step;"
        "from analysis.learning.loss_settings import *; from analysis.learning.optimizer_settings import *;"
        f"of = {trained.network!r}, {trained.settings!r};"
        "trained = Trained.load(p / 'parameters.safetensors', p / 'network.json', *of);"
        "trained.save(p / 'copy.safetensors', p / 'copy.json')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    assert (tmp_path / "copy.safetensors").read_bytes() == files[0].read_bytes()
    assert (tmp_path / "copy.json").read_bytes() == files[1].read_bytes()


def test_the_description_can_be_read_by_people(files):
    described = json.loads(files[1].read_text())
    assert described["layout"]["features"]["event"]["names"] == ["x", "y", "z", "tail"]
    assert described["layout"]["classes"] == described["predictions"] == ["one", "two", "three"]
    assert described["network"]["settings"]["values"]["hidden"] == [16]
    assert described["training"]["values"]["folds"] == 3
    assert "seconds" not in files[1].read_text()


def test_the_history_is_one_line_an_epoch(trained, tmp_path):
    trained.save_history(tmp_path / "history.jsonl")
    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == list(trained.history)


def test_other_features_are_refused(inputs, trained):
    event = dataclasses.replace(inputs.features["event"], names=("x", "y", "z", "other"))
    with pytest.raises(DataError, match=r"trained on .* event: x, y, z, tail; these events have event: x, y, z, other"):
        trained.predictions(dataclasses.replace(inputs, features={"event": event}))


def test_no_events(inputs, trained):
    assert trained.predictions(inputs.select([])).shape == (0, 3)


def test_parameters_of_another_network_are_refused(trained, tmp_path):
    wider = dataclasses.replace(trained.network, settings=DenseSettings(hidden=(17,), segments=2))
    paths = tmp_path / "parameters.safetensors", tmp_path / "network.json"
    dataclasses.replace(trained, network=wider).save(*paths)
    with pytest.raises(TrainingError, match=r"'params\.hidden\.0\.bias' is float32 of shape \(3, 16\), expected .*17"):
        Trained.load(*paths, wider, trained.settings)


def test_damaged_files_are_named(trained, files):
    parameters, description = files
    of = trained.network, trained.settings
    content = parameters.read_bytes()
    parameters.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"parameters\.safetensors or .*network\.json is damaged"):
        Trained.load(parameters, description, *of)
    parameters.unlink()
    with pytest.raises(DataError, match=r"there is no file .*parameters\.safetensors"):
        Trained.load(parameters, description, *of)
    description.write_text("{}")
    with pytest.raises(DataError, match="describes no networks"):
        Trained.load(parameters, description, *of)


def test_networks_of_other_settings_are_refused(trained, files):
    other = dataclasses.replace(trained.network, function="os:system")
    with pytest.raises(TrainingError, match=r"is of the network .*dense:build.*, not of .*os:system"):
        Trained.load(files[0], files[1], other, trained.settings)
    with pytest.raises(TrainingError, match="is of the training"):
        Trained.load(files[0], files[1], trained.network, dataclasses.replace(trained.settings, folds=4))


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.long
def test_training_events_are_compared_with_test_events(gaussians, small_network, tmp_path):
    """A large network on few events has learned them by heart after one long epoch, and the comparison shows it."""
    few = gaussians(240)
    network = dataclasses.replace(small_network, settings=DenseSettings(hidden=(256,), dropout=0.0))
    settings = TrainingSettings(
        folds=3, epochs=1, batch_size=1, learning_rate=1e-2, schedule=Constant(), optimizer=Adam()
    )
    comparison = compare_training(train(few, network, settings, checkpoints=tmp_path), few)
    assert set(comparison) == {"one", "two", "three"}
    for entry in comparison.values():
        assert entry["difference"]["value"] == pytest.approx(entry["training"]["value"] - entry["test"]["value"])
        assert entry["difference"]["uncertainty"] > entry["test"]["uncertainty"]
        assert len(entry["kolmogorov_smirnov"]) == 3
        assert all(0 <= test["p_value"] <= 1 for test in entry["kolmogorov_smirnov"])
    assert np.mean([entry["difference"]["value"] for entry in comparison.values()]) > 0
