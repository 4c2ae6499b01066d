"""All ways to run a training come to the same networks; options of a training do what they say."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import roc_auc_score

from analysis.learning.application.trained import Trained
from analysis.learning.data.features import Features
from analysis.learning.data.folded_inputs import FoldedInputs, fold_inputs
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.sorted_inputs import sort_input_files, sort_inputs
from analysis.learning.loss_settings import Gaussian, Reconstruction
from analysis.learning.networks.autoencoder_settings import AutoencoderSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import SGD, Constant
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.data_parallel import DataParallel
from analysis.learning.training.engine import Engine, Member
from analysis.learning.training.forward import Forward
from analysis.learning.training.plan import plan
from analysis.learning.training.train import train
from analysis.study import Step
from analysis.validated import override

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", autouse=True)
def quick() -> Generator[None, None, None]:
    """These trainings take less time than optimising the code for them."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def inputs(gaussians):
    return gaussians(1300, measured=100)


@pytest.fixture(scope="module")
def settings(small_settings):
    """An epoch of several windows, a stream's validation in several as well; networks stop at different epochs."""
    return override(small_settings, {"shuffled_events": 128, "learning_rate": 0.05, "patience": 1, "epochs": 8})


@pytest.fixture(scope="module")
def folded(inputs, settings):
    folded = fold_inputs(sort_inputs([inputs]), settings)
    assert folded.batch_order.windows >= 3
    assert folded.validation_places > 2 * folded.batch_order.window_events
    return folded


@pytest.fixture(scope="module")
def together(inputs, small_network, settings, tmp_path_factory):
    return train(inputs, small_network, settings, checkpoints=tmp_path_factory.mktemp("together"))


def needed(folded: FoldedInputs, folds: int) -> int:
    """Bytes that the events of so many folds take."""
    return len(folded.events) * (folded.shared_bytes + folds * folded.own_bytes)


def how(trained: Trained) -> set[tuple[Any, ...]]:
    return {(entry["data"], entry["groups"], entry["devices"]) for entry in trained.history}


def assert_same(one: Trained, other: Trained) -> None:
    """Losses agree to 1e-5, weights to 1e-4 of their size: sums are made in another order, and nothing else."""
    assert one.best_epoch == other.best_epoch
    assert len(one.history) == len(other.history)
    for first, second in zip(one.history, other.history, strict=True):
        assert (first["epoch"], first["learning_rate"]) == (second["epoch"], second["learning_rate"])
        for network, like in zip(first["networks"], second["networks"], strict=True):
            assert [network[name] for name in ("fold", "seed", "best_epoch", "stopped")] == [
                like[name] for name in ("fold", "seed", "best_epoch", "stopped")
            ]
            for name in ("training_loss", "validation_loss", "best_value"):
                assert network[name] == pytest.approx(like[name], rel=1e-5)
            # two events that are almost alike may change places
            assert network["metrics"] == pytest.approx(like["metrics"], rel=1e-4)
    assert one.weights.keys() == other.weights.keys()
    for name, array in one.weights.items():
        assert np.abs(array - other.weights[name]).max() <= 1e-4 * max(np.abs(array).max(), 1e-2), name
    for name, knots in one.knots.items():
        assert np.array_equal(knots, other.knots[name])


def test_the_memory_decides_how_a_training_runs(folded, settings):
    for memory, data, groups in (
        (needed(folded, 3), "resident", 1),
        (needed(folded, 3) - 1, "resident", 3),
        (needed(folded, 1), "resident", 3),
        (needed(folded, 1) - 1, "stream", 3),
    ):
        chosen = plan(folded, settings, memory, 1)
        assert (chosen.data, len(chosen.groups), chosen.together) == (data, groups, 3 // groups)
        assert [member for group in chosen.groups for member in group] == [Member(0, fold) for fold in range(3)]


def test_networks_stop_at_epochs_of_their_own(together):
    """Which the other ways to train them have to reproduce."""
    stops = [sum(not entry["networks"][fold]["stopped"] for entry in together.history) for fold in range(3)]
    assert len(set(stops)) > 1
    assert how(together) == {("resident", 1, 1)}


@pytest.mark.parametrize(("kind", "folds"), [("resident", 3), ("stream", 1)])
def test_one_after_another_and_from_a_stream(inputs, folded, small_network, settings, together, tmp_path, kind, folds):
    reports: list[dict[str, Any]] = []
    memory = needed(folded, folds) - 1
    alone = train(inputs, small_network, settings, checkpoints=tmp_path, memory=memory, report=reports.append)
    assert how(alone) == {(kind, 3, 1)}
    assert_same(alone, together)
    # each network is told of while it is trained, on its own
    assert [(entry["group"], entry["epoch"]) for entry in reports] == sorted(
        (entry["group"], entry["epoch"]) for entry in reports
    )
    assert {(entry["group"] - 1, *(network["fold"] for network in entry["networks"])) for entry in reports} == {
        (fold, fold) for fold in range(3)
    }


def test_events_in_files(inputs, small_network, settings, together, tmp_path):
    inputs.select(slice(0, 500)).save(tmp_path / "0.safetensors")
    inputs.select(slice(500, None)).save(tmp_path / "1.safetensors")
    paths = {"all": [tmp_path / "0.safetensors", tmp_path / "1.safetensors"]}
    events = sort_input_files(paths, tmp_path / "events", 10_000)
    assert events.mapped
    assert events.digest == sort_inputs([inputs]).digest
    # however much memory the device has: files are read in windows
    mapped = train(events, small_network, settings, checkpoints=tmp_path / "checkpoints")
    assert how(mapped) == {("stream", 3, 1)}
    assert_same(mapped, together)


@pytest.mark.parametrize("memory", [None, 0])
def test_several_seeds(inputs, small_network, settings, together, tmp_path, memory):
    """As if each had been trained by itself; predictions are combined."""
    second = train(inputs, small_network, override(settings, {"seed": 2}), checkpoints=tmp_path / "second")
    both = train(inputs, small_network, override(settings, {"seeds": 2}), checkpoints=tmp_path / "both", memory=memory)
    assert how(both) == {("resident", 1, 1) if memory is None else ("stream", 6, 1)}
    assert [(n["seed"], n["fold"]) for n in both.history[-1]["networks"]] == [(s, f) for s in (1, 2) for f in range(3)]
    parts = []
    for number, alone in enumerate((together, second)):
        chosen = slice(3 * number, 3 * number + 3)
        entries = [{**entry, "networks": entry["networks"][chosen]} for entry in both.history[: len(alone.history)]]
        part = dataclasses.replace(
            both,
            settings=alone.settings,
            weights={name: array[chosen] for name, array in both.weights.items()},
            best_epoch=both.best_epoch[chosen],
            history=tuple(entries),
        )
        assert_same(part, alone)
        parts.append(part.predictions(inputs))
    assert len(both.history) == max(len(together.history), len(second.history))
    assert not np.allclose(parts[0], parts[1], atol=1e-3)
    assert np.allclose(both.predictions(inputs), (parts[0] + parts[1]) / 2, atol=1e-6)


@pytest.mark.long
def test_a_target_from_a_stream(pulses, tmp_path):
    """Structured features and a target's scale: the same from a stream."""
    inputs = pulses(900)
    network = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(8,), dropout=0.0, segments=0))
    settings = TrainingSettings(
        folds=3, epochs=2, batch_size=64, shuffled_events=128, learning_rate=1e-2, loss=Gaussian()
    )
    found = [
        train(inputs, network, settings, checkpoints=tmp_path / str(memory), memory=memory) for memory in (None, 0)
    ]
    assert [how(trained) for trained in found] == [{("resident", 1, 1)}, {("stream", 3, 1)}]
    assert_same(*found)
    assert np.allclose(found[0].predictions(inputs), found[1].predictions(inputs), rtol=1e-4)


def test_a_linear_network_recomputed(inputs, tmp_path):
    """With NumPy in double precision: gradients of weighted events, negative weights too, steps, and their average."""
    settings = TrainingSettings(
        folds=3,
        epochs=8,
        batch_size=500,
        learning_rate=0.2,
        optimizer=SGD(momentum=0.0),
        schedule=Constant(warmup=0.0),
        gradient_clip=0.0,
        averaging=0.5,
        patience=8,
    )
    network = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(), dropout=0.0, segments=0))
    trained = train(inputs, network, settings, checkpoints=tmp_path)
    folded = fold_inputs(sort_inputs([inputs]), settings)
    assert folded.batch_order.batches == 1
    events, training, validation = folded.whole(range(3))

    def build(rngs: Any) -> Any:
        return network.load()(folded.layout.shapes, 3, rngs, network.settings)

    members = [Member(0, fold) for fold in range(3)]
    engine = Engine(Forward(build, settings, DataParallel((jax.local_devices()[0],))), folded.batch_order)
    initial = engine.initialise(members).params["output"]
    truth = np.eye(3)[events.label]
    for fold in range(3):
        features = events.own["event"][fold].astype(float)
        x = np.concatenate([features, 1.0 - events.present["event"]], axis=1)
        assert (training.weight[fold] < 0).any()
        kernel, bias = (np.asarray(initial[name][fold], float) for name in ("kernel", "bias"))
        kept = [kernel, bias]
        losses = []
        for step in range(settings.epochs):
            rows, weight = training.rows[fold], training.weight[fold].astype(float)[:, None]
            logits = x[rows] @ kernel + bias
            entry = trained.history[step]["networks"][fold]
            loss = -np.sum(weight * truth[rows] * log_softmax(logits, axis=1)) / np.sum(weight)
            assert entry["training_loss"] == pytest.approx(loss, rel=1e-4)
            slope = weight * (softmax(logits, axis=1) - truth[rows]) / settings.batch_size
            kernel, bias = kernel - 0.2 * x[rows].T @ slope, bias - 0.2 * slope.sum(axis=0)
            decay = min(0.5, (1 + step) / (10 + step))
            kept = [decay * old + (1 - decay) * new for old, new in zip(kept, (kernel, bias), strict=True)]
            rows, weight = validation.rows[fold], validation.weight[fold].astype(float)[:, None]
            logits = x[rows] @ kept[0] + kept[1]
            losses.append(-np.sum(weight * truth[rows] * log_softmax(logits, axis=1)) / np.sum(weight))
            assert entry["validation_loss"] == pytest.approx(losses[-1], rel=1e-4)
        # each step of so simple a problem is a better one
        assert trained.best_epoch[fold] == settings.epochs == 1 + int(np.argmin(losses))
        assert np.allclose(trained.weights["params.output.kernel"][fold], kept[0], rtol=1e-3, atol=1e-5)
        assert np.allclose(trained.weights["params.output.bias"][fold], kept[1], rtol=1e-3, atol=1e-5)


def test_arithmetic_of_half_precision(inputs, small_network, settings, together, tmp_path):
    """Losses within 2 % of those of single precision; parameters have single precision all the time."""
    half = train(inputs, small_network, override(settings, {"precision": "bfloat16"}), checkpoints=tmp_path)
    assert {entry["precision"] for entry in half.history} == {"bfloat16"}
    for name, array in half.weights.items():
        assert array.dtype == np.float32
        # and use it: the last sixteen bits are no zeros
        assert (array.view(np.uint32) & 0xFFFF).any(), name
    first, other = (one.history[0]["networks"] for one in (half, together))
    for network, like in zip(first, other, strict=True):
        for name in ("training_loss", "validation_loss"):
            assert network[name] == pytest.approx(like[name], rel=0.02)
            assert network[name] != like[name]
    rows = inputs.trainable & (inputs.weight > 0)
    scores = [one.predictions(inputs) for one in (half, together)]
    for index in range(3):
        areas = [roc_auc_score(inputs.label[rows] == index, score[rows, index]) for score in scores]
        assert areas[0] > areas[1] - 0.02


def plane(events: int, seed: int) -> TrainingInputs:
    """Six features that are two numbers seen from different sides."""
    from analysis.events.identity import identify

    random = np.random.default_rng(seed)
    seen = random.normal(size=(events, 2)) @ random.normal(size=(2, 6)) + 0.02 * random.normal(size=(events, 6))
    return TrainingInputs(
        features={"event": Features(seen.astype(np.float32), np.ones(seen.shape, bool), tuple("abcdef"))},
        label=np.zeros(events, np.int32),
        target=np.zeros((events, 0), np.float32),
        weight=np.ones(events),
        identity=identify("plane", 0, events),
        trainable=np.ones(events, bool),
        classes=("ordinary",),
    )


def test_an_autoencoder_finds_what_is_new(tmp_path: Path):
    """Trained through the same engine, without truth: events off the plane stand out."""
    inputs = plane(1200, 1)
    network = Step(
        "analysis.learning.networks.autoencoder:build",
        AutoencoderSettings(hidden=(16,), bottleneck=2, activation="tanh"),
    )
    settings = TrainingSettings(
        folds=3, epochs=30, batch_size=32, learning_rate=1e-2, loss=Reconstruction(), patience=30
    )
    trained = train(inputs, network, settings, checkpoints=tmp_path)
    assert trained.names == ("difference",)
    event = inputs.features["event"]
    random = np.random.default_rng(2)
    shuffled = np.stack([random.permutation(column) for column in event.values.T], axis=1)
    new = dataclasses.replace(inputs, features={"event": dataclasses.replace(event, values=shuffled)})
    differences = [trained.predictions(one)[:, 0] for one in (inputs, new)]
    assert np.mean(differences[0]) < 0.1 * np.mean(differences[1])
    assert roc_auc_score(np.repeat([0, 1], len(inputs)), np.concatenate(differences)) > 0.95
    for part, entry in zip(range(3), trained.history[trained.best_epoch[0] - 1]["networks"], strict=True):
        assert entry["fold"] == part
        assert entry["metrics"] == {}
