"""A run that is killed leaves nothing that looks complete; the same command then gives the right result."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import struct
import subprocess
import time
from pathlib import Path

import pytest

from tests.tasks.project import EPOCHS, LASTING, QUICK, Project, complete_records_are_whole, lasting_training

TRIES = 20


def digests(project: Project) -> dict[str, str]:
    """SHA-256 of every payload file of every record."""
    found = {}
    for manifest in project.store.glob("htautau/*/*/*manifest.json"):
        for name, entry in json.loads(manifest.read_text())["payload"].items():
            found[f"{manifest.relative_to(project.store)} {name}"] = entry["sha256"]
    return found


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def unclocked(found: dict[str, str]) -> dict[str, str]:
    """Without the history in its two forms, which holds times."""
    return {name: digest for name, digest in found.items() if not name.endswith(("history.jsonl", "events.tfevents"))}


@pytest.mark.long
def test_killed_at_random_moments(project: Project, trained: Project):
    moments = random.Random(2012)
    killed = 0
    for _ in range(TRIES):
        process = project.start("run", "TrainModel", *QUICK)
        try:
            output, _ = process.communicate(timeout=moments.uniform(0.4, 3.0))
        except subprocess.TimeoutExpired:
            kill(process)
            killed += 1
        else:
            # done before its moment came: the next one begins from nothing
            assert process.returncode == 0, output
            assert unclocked(digests(project)) == unclocked(digests(trained))
            shutil.rmtree(project.store)
        complete_records_are_whole(project)
    assert killed > TRIES // 2

    project.law("run", "TrainModel", *QUICK)
    assert unclocked(digests(project)) == unclocked(digests(trained))
    complete_records_are_whole(project)


def watched(place: Path) -> list[int]:
    """Epochs that TensorBoard finds in the file that grows with a training (TFRecord format)."""
    from tensorboardX.proto.event_pb2 import Event

    path = place / ".workspace/record/live/events.tfevents"
    content = path.read_bytes() if path.exists() else b""
    epochs = []
    while len(content) >= 12:
        (length,) = struct.unpack("<Q", content[:8])
        if len(content) < length + 16:
            break  # it is being written
        event = Event.FromString(content[12 : 12 + length])
        if event.HasField("summary"):
            epochs.append(event.step)
        content = content[length + 16 :]
    return epochs


@pytest.mark.long
def test_training_killed_and_resumed_is_bit_identical(rerun: Project):
    place, expected = lasting_training(rerun)

    # killed after a first epoch, and again some epochs after it was resumed
    seen = 0
    for _ in range(2):
        process = rerun.start("run", "TrainModel", *LASTING)
        deadline = time.monotonic() + 240
        while process.poll() is None and len(watched(place)) < seen + 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        kill(process)
        assert not (place / "parameters.safetensors").exists()
        assert (place / ".workspace/record/networks_0/checkpoint.safetensors").exists()
        # who watches sees the epochs of all processes so far, each once
        epochs = watched(place)
        assert epochs == list(range(1, len(epochs) + 1))
        assert seen + 3 <= len(epochs) < EPOCHS
        seen = len(epochs)

    output = rerun.law("run", "TrainModel", *LASTING)
    assert "resumed a killed training after epoch" in output
    assert (place / "parameters.safetensors").read_bytes() == expected
    assert not (place / ".workspace").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_interrupted_by_hand(project: Project, workers: str):
    # a shell lets what it starts in the background ignore interrupts, these tests perhaps, and whatever they start
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = project.start("run", "CalibrateEvents", "--datasets", "TTbar", "--workers", workers)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("made  FetchData")
    # as a terminal does it: to the command and its worker processes
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in output
    assert "the same command goes on from there" in output
    complete_records_are_whole(project)
    assert not list(project.store.rglob("*.part"))


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_in_the_background_interrupts_are_for_others(project: Project, workers: str):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = project.start("run", "CalibrateEvents", "--datasets", "TTbar", "--workers", workers)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("made  FetchData")
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.returncode == 0
    assert "made  CalibrateEvents" in output


@pytest.mark.long
def test_two_shells_at_once(project: Project, trained: Project):
    both = [project.start("run", "TrainModel", *QUICK) for _ in range(2)]
    outputs = [process.communicate(timeout=280)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert all("validation auc" in output for output in outputs)
    assert unclocked(digests(project)) == unclocked(digests(trained))
    complete_records_are_whole(project)
    # nothing was made twice
    made = [line.split("(")[0] for output in outputs for line in output.splitlines() if line.startswith("made")]
    assert len(made) == len(set(made))
    # whoever came second left no lock behind
    assert not list(project.store.rglob(".*.lock"))
