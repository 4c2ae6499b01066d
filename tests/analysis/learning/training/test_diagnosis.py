"""What stops a training says what it was: a lack of memory, or events that make a loss infinite, wherever they are."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import TrainingError
from analysis.events.identity import fold_of
from analysis.learning.data.folded_inputs import fold_inputs
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.sorted_inputs import sort_inputs
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.diagnosis import NotFiniteError, explain_lack_of_memory
from analysis.learning.training.train import train
from analysis.validated import override

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def inputs(gaussians):
    return gaussians(1100)


@pytest.fixture(scope="module")
def windows(small_settings):
    """Several windows an epoch, in which one event is in another place each time."""
    return override(small_settings, {"shuffled_events": 128, "epochs": 3})


def spoilt(inputs: TrainingInputs, *, fold: int, places: tuple[int, int]) -> tuple[TrainingInputs, set[int]]:
    """Weights that float32 cannot hold and that cancel each other, so that the class's sum is fine, and whose they are.

    Args:
        inputs: to be changed.
        fold: of the two events.
        places: of the two events among the fold's first class, in the order of identity.
    """
    candidates = np.flatnonzero((inputs.label == 0) & (fold_of(inputs.identity, 3) == fold))
    pair = candidates[np.argsort(inputs.identity[candidates])[list(places)]]
    weight = inputs.weight.copy()
    weight[pair] = 1e60, -1e60
    return dataclasses.replace(inputs, weight=weight), set(inputs.identity[pair].tolist())


def named(error: Exception) -> set[int]:
    return {int(name) for name in str(error).split("identities ")[1].split(";")[0].split(", ") if name != "..."}


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("seed", [1, 2])
def test_events_are_named_in_whatever_window_they_are(inputs, small_network, windows, tmp_path, seed):
    """The same events of the same step, whether all events are on the device or come as a stream."""
    wrong, pair = spoilt(inputs, fold=0, places=(40, 41))
    batch_order = fold_inputs(sort_inputs([inputs]), windows).batch_order
    assert batch_order.windows >= 3
    found = []
    for memory in (None, 0):
        folder = tmp_path / str(memory)
        with pytest.raises(NotFiniteError, match=r"epoch 1, fold 1, .* of [12] events") as error:
            train(wrong, small_network, override(windows, {"seed": seed}), checkpoints=folder, memory=memory)
        written = json.loads((folder / "events_not_finite.json").read_text())
        assert (written["epoch"], written["fold"]) == (1, 1)
        assert f"step {written['step']} of {batch_order.batches}" in str(error.value)
        events = {event["identity"]: event for event in written["events"]}
        # all events of the step, and of no other one; those that are wrong are among them
        assert 2 <= len(events) <= windows.batch_size
        assert set(fold_of(np.array(list(events), np.uint64), 3).tolist()) == {0}
        assert named(error.value) == pair & events.keys()
        assert {abs(events[identity]["weight"]) for identity in named(error.value)} == {float("inf")}
        for event in written["events"]:
            event["loss"] = pytest.approx(event["loss"], rel=1e-4)
        found.append(written)
    assert found[0] == found[1]
    if seed == 2:
        assert found[0]["step"] > batch_order.steps, "this seed shall tell of a window that is not the first one"


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("memory", [None, 0], ids=["resident", "stream"])
def test_a_validation_that_is_not_finite(inputs, small_network, windows, tmp_path, memory):
    """Events of fold 1 stop the network of fold 0, and train that of fold 2."""
    wrong, _ = spoilt(inputs, fold=1, places=(0, 1))
    with pytest.raises(
        NotFiniteError, match=r"epoch 1, fold 0: the training loss is \d.*, the validation loss is (nan|-?inf)"
    ):
        train(wrong, small_network, windows, checkpoints=tmp_path, memory=memory)
    assert not (tmp_path / "networks_0" / "checkpoint.safetensors").exists()


@pytest.mark.usefixtures("quick_compilation")
def test_a_failed_training_fails_again(inputs, small_network, windows, tmp_path):
    """Checkpoints between the windows, after the step that failed: the same command says the same."""
    wrong, _ = spoilt(inputs, fold=0, places=(3, 4))
    said = []
    for _ in range(2):
        with pytest.raises(NotFiniteError) as error:
            train(wrong, small_network, windows, checkpoints=tmp_path, memory=0, checkpoint_seconds=0)
        said.append(str(error.value))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "error", [MemoryError(), MemoryError("Unable to allocate 4.00 TiB for an array")], ids=["silent", "numpy"]
)
def test_memory_of_the_machine(error):
    with (
        pytest.raises(TrainingError, match=r"batches of 512 events .*\n.*batch_size=256.*training_memory"),
        explain_lack_of_memory(TrainingSettings()),
    ):
        raise error


def test_other_errors_stay_as_they_are():
    with pytest.raises(ValueError, match="something else"), explain_lack_of_memory(TrainingSettings()):
        raise ValueError("something else")


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "gigabytes"), [(2**20, 8.0), (6000, 1.0)], ids=["no machine has it", "this process may not have it"]
)
def test_lack_of_memory_is_named_with_batch_size_and_cure(inputs, tmp_path, width, gigabytes):
    inputs.save(tmp_path / "inputs.safetensors")
    command = [sys.executable, str(Path(__file__).with_name("train_without_memory.py")), str(tmp_path)]
    done = subprocess.run(
        [*command, str(width), str(gigabytes)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "not enough memory to train with batches of 64 events" in said
    assert "RESOURCE_EXHAUSTED" in said
    assert "--training batch_size=32" in said
    assert {path.name for path in tmp_path.iterdir()} <= {"inputs.safetensors", "checkpoints"}
    assert not list(tmp_path.glob("checkpoints/**/*.*"))
