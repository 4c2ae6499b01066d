from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from analysis.errors import DataError, TrainingError
from analysis.events.identity import fold_of
from analysis.learning.data.inputs import concatenate
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.study import Step
from analysis.validated import override


@pytest.fixture(scope="module")
def inputs(gaussians):
    return gaussians(1500, measured=100)


@pytest.fixture(scope="module")
def trained(inputs, small_network, small_settings, tmp_path_factory):
    return train(inputs, small_network, small_settings, checkpoints=tmp_path_factory.mktemp("checkpoints"))


def same(one, other):
    return one.weights.keys() == other.weights.keys() and all(
        array.tobytes() == other.weights[name].tobytes() for name, array in one.weights.items()
    )


@pytest.mark.long
def test_networks_learn(inputs, trained):
    scores = trained.predictions(inputs)
    rows = inputs.trainable & (inputs.weight > 0)
    for index in range(3):
        assert roc_auc_score(inputs.label[rows] == index, scores[rows, index]) > 0.75
    losses = [[network["training_loss"] for network in entry["networks"]] for entry in trained.history]
    assert (np.array(losses[-1]) < 0.9 * np.array(losses[0])).all()


def test_the_history_says_what_happened(trained, small_settings):
    assert [entry["epoch"] for entry in trained.history] == list(range(1, 7))
    assert ["compile_seconds" in entry for entry in trained.history] == [True] + 5 * [False]
    for entry in trained.history:
        assert entry["epochs"] == small_settings.epochs
        assert entry["events_per_second"] > 0
        assert [(network["fold"], network["seed"]) for network in entry["networks"]] == [(0, 1), (1, 1), (2, 1)]
        assert all(0.5 < network["metrics"]["auc"] < 1 for network in entry["networks"])
        assert (entry["data"], entry["devices"], entry["group"], entry["groups"]) == ("resident", 1, 1, 1)
    rates = [entry["learning_rate"] for entry in trained.history]
    assert max(rates) <= small_settings.learning_rate
    assert rates[-1] == pytest.approx(small_settings.learning_rate * small_settings.schedule.final, rel=1e-4)
    for fold, best in enumerate(trained.best_epoch):
        losses = [entry["networks"][fold]["validation_loss"] for entry in trained.history]
        assert best == 1 + int(np.argmin(losses))


def test_the_same_again(inputs, small_network, small_settings, trained, tmp_path):
    reports: list[dict[str, Any]] = []
    again = train(inputs, small_network, small_settings, checkpoints=tmp_path, report=reports.append)
    assert same(again, trained)
    assert tuple(reports) == again.history
    other = train(inputs, small_network, override(small_settings, {"seed": 2}), checkpoints=tmp_path / "other")
    assert not same(other, trained)


@pytest.mark.long
def test_whoever_watches_sees_all_epochs_of_an_interrupted_training(
    inputs, small_network, small_settings, trained, tmp_path
):
    """Those from before first, then the others, each once."""
    seen: list[dict[str, Any]] = []

    def interrupt(entry: dict[str, Any]) -> None:
        seen.append(entry)
        if entry["epoch"] == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(
            *(inputs, small_network, small_settings),
            checkpoints=tmp_path,
            report=interrupt,
            resumed=pytest.fail,  # type: ignore[arg-type]
            checkpoint_seconds=0,
        )
    told: list[dict[str, Any]] = []
    again = train(
        *(inputs, small_network, small_settings), checkpoints=tmp_path, report=told.append, resumed=told.extend
    )
    assert tuple(told) == again.history
    assert told[:4] == seen
    assert same(again, trained)


def test_order_and_chunks_of_events_change_nothing(inputs, small_network, small_settings, trained, tmp_path):
    rows = np.random.default_rng(3).permutation(len(inputs))
    chunks = concatenate([inputs.select(part) for part in np.array_split(rows, 7)])
    assert same(train(chunks, small_network, small_settings, checkpoints=tmp_path), trained)


def test_measured_events_change_nothing(inputs, small_network, small_settings, trained, tmp_path):
    simulated = inputs.select(inputs.label >= 0)
    assert same(train(simulated, small_network, small_settings, checkpoints=tmp_path), trained)


def test_no_network_sees_its_test_events(inputs, small_network, small_settings, trained, tmp_path):
    """Other values of the events of fold 0 change networks 1 and 2, and not network 0."""
    event = inputs.features["event"]
    values = event.values.copy()
    values[fold_of(inputs.identity, 3) == 0, 0] += 1
    changed = dataclasses.replace(inputs, features={"event": dataclasses.replace(event, values=values)})
    other = train(changed, small_network, small_settings, checkpoints=tmp_path)
    for name, array in trained.weights.items():
        assert np.array_equal(array[0], other.weights[name][0])
        assert not np.array_equal(array[1:], other.weights[name][1:])
    assert np.array_equal(trained.knots["event"][0], other.knots["event"][0])


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.long
def test_a_stopped_network_no_longer_changes(inputs, small_network, tmp_path):
    settings = TrainingSettings(folds=3, epochs=30, batch_size=64, learning_rate=0.1, patience=2, seed=5)
    result = train(inputs, small_network, settings, checkpoints=tmp_path)
    stops = []
    for fold in range(3):
        entries = [entry["networks"][fold] for entry in result.history]
        stop = next(number for number, entry in enumerate(entries) if entry["stopped"])
        assert stop + 1 == result.best_epoch[fold] + settings.patience
        # its parameters are the same, so its validation is
        assert len({entry["validation_loss"] for entry in entries[stop + 1 :]}) <= 1
        stops.append(stop)
    assert len(result.history) == max(stops) + 1 < settings.epochs
    assert min(stops) < max(stops)


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.long
def test_the_best_epoch_can_be_that_of_the_auc(inputs, small_network, small_settings, tmp_path):
    result = train(inputs, small_network, override(small_settings, {"validation": "auc"}), checkpoints=tmp_path)
    for fold, best in enumerate(result.best_epoch):
        values = [entry["networks"][fold]["metrics"]["auc"] for entry in result.history]
        assert best == 1 + int(np.argmax(values))


@pytest.mark.long
@pytest.mark.usefixtures("quick_compilation")
def test_the_last_epoch_can_be_kept(inputs, small_network, small_settings, tmp_path):
    settings = dataclasses.replace(small_settings, epochs=3, patience=1, learning_rate=0.5, validation="last")
    trained = train(inputs, small_network, settings, checkpoints=tmp_path)
    assert trained.best_epoch == (3, 3, 3)
    losses = [[network["validation_loss"] for network in entry["networks"]] for entry in trained.history]
    # not for the reason that it is the best one
    assert (np.argmin(losses, axis=0) < 2).any()


def test_the_validation_is_of_the_best_networks(inputs, trained):
    """Recomputed with NumPy from the saved networks' scores."""
    from analysis.learning.data.folds import split
    from analysis.learning.losses.balance import balanced

    for part in split(inputs.identity, 3, trainable=inputs.trainable):
        chosen = inputs.select(part.validation)
        weight = balanced(chosen.weight, chosen.label, chosen.classes)
        probability = trained.predictions_of(part.network, chosen)[np.arange(len(chosen)), chosen.label]
        loss = np.sum(-weight * np.log(probability)) / np.sum(weight)
        reported = trained.history[trained.best_epoch[part.network] - 1]["networks"][part.network]["validation_loss"]
        assert loss == pytest.approx(reported, rel=1e-5)


@pytest.mark.long
@pytest.mark.usefixtures("quick_compilation")
def test_a_loss_that_is_not_finite_names_epoch_fold_and_events(inputs, small_network, small_settings, tmp_path):
    settings = override(small_settings, {"learning_rate": 1e38, "gradient_clip": 0.0, "schedule.warmup": 0.0})
    with pytest.raises(
        TrainingError, match=r"epoch 1, fold \d, step \d+ of \d+: the (loss|gradient) of \d+ events"
    ) as error:
        train(inputs, small_network, settings, checkpoints=tmp_path)
    named = str(error.value).split("identities ")[1].split(";")[0].split(", ")
    assert {int(name) for name in named if name != "..."} <= set(inputs.identity[inputs.trainable].tolist())
    assert "smaller learning rate" in str(error.value)
    written = json.loads((tmp_path / "events_not_finite.json").read_text())
    events = {event["identity"]: event for event in written["events"]}
    assert {int(name) for name in named if name != "..."} <= events.keys()
    assert len(events) <= settings.batch_size
    assert (written["epoch"], str(tmp_path / "events_not_finite.json") in str(error.value)) == (1, True)


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.long
def test_the_events_that_spoil_a_loss_are_the_ones_that_are_named(inputs, small_network, small_settings, tmp_path):
    """Two weights that float32 cannot hold and that cancel each other, so that the class's sum is fine."""
    candidates = np.flatnonzero((inputs.label == 0) & (fold_of(inputs.identity, 3) == 0))
    pair = candidates[np.argsort(inputs.identity[candidates])[:2]]
    weight = inputs.weight.copy()
    weight[pair] = 1e60, -1e60
    spoilt = dataclasses.replace(inputs, weight=weight)
    with pytest.raises(TrainingError, match=r"epoch 1, fold 1, .* of [12] events") as error:
        train(spoilt, small_network, small_settings, checkpoints=tmp_path)
    named = str(error.value).split("identities ")[1].split(";")[0].split(", ")
    assert {int(name) for name in named} <= set(inputs.identity[pair].tolist())


@pytest.mark.usefixtures("quick_compilation")
def test_what_cannot_be_trained(inputs, small_network, small_settings, tmp_path):
    with pytest.raises(TrainingError, match="no trainable event"):
        train(inputs.select(inputs.label < 0), small_network, small_settings, checkpoints=tmp_path)
    with pytest.raises(
        DataError, match=f"1 events are there more than once, the first with identity {inputs.identity[200]}"
    ):
        train(concatenate([inputs, inputs.select([200])]), small_network, small_settings, checkpoints=tmp_path)
    with pytest.raises(TrainingError, match="the class 'two' has no event in the training events of fold 0"):
        train(inputs.select(inputs.label != 1), small_network, small_settings, checkpoints=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.usefixtures("quick_compilation")
def test_a_checkpoint_of_another_training_is_refused(inputs, small_network, small_settings, tmp_path):
    short = override(small_settings, {"epochs": 1})

    def again(inputs=inputs, network=small_network, settings=short, **more):
        return train(inputs, network, settings, checkpoints=tmp_path, **more)

    again(described={"code": "a"})
    again(described={"code": "a"})
    for changes, message in [
        ({"described": {"code": "b"}}, "code: a there, b now"),
        ({"settings": override(short, {"batch_size": 32})}, "training.batch_size: 64 there, 32 now"),
        ({"inputs": inputs.select(slice(0, 1400))}, "data: "),
        (
            {"network": Step(small_network.function, DenseSettings(hidden=(8,), segments=2))},
            r"network.hidden: \(16,\) there, \(8,\) now",
        ),
    ]:
        with pytest.raises(TrainingError, match=message):
            again(**{"described": {"code": "a"}, **changes})


@pytest.mark.long
def test_real_events(mirror, tmp_path):
    """A few epochs on simulated events of the study tell all classes apart."""
    from analysis.learning.evaluation.classification import summarise
    from analysis.readers.chunks import read_chunk
    from analysis.studies.htautau.study import study

    parts = []
    reconstruct, prepare = (study.stage(name).step for name in ("reconstructed", "inputs"))
    for dataset in study.simulated:
        events = read_chunk([mirror / file.mirror for file in dataset.files], dataset, 0, dataset.events)
        events = reconstruct.load()(events, dataset, dataset.weight_per_fb, reconstruct.settings)
        parts.append(prepare.load()(events, dataset, prepare.settings))
    inputs = concatenate(parts)
    network = study.stage("training").chosen
    settings = override(network.training, {"epochs": 5})
    result = train(inputs, network.build, settings, checkpoints=tmp_path)
    summary = summarise(result.predictions(inputs), inputs, settings.folds)
    for name, least in {"higgs": 0.80, "ztt": 0.93, "zll": 0.77, "w": 0.89, "tt": 0.95}.items():
        assert summary["auc"][name]["value"] > least, name
