"""Trainings in processes of their own, killed and resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def inputs(gaussians):
    return gaussians(1500, measured=100)


@pytest.fixture(scope="module")
def run_child(inputs, compilations):
    """Runs ``train_until.py`` in a folder."""

    def start(folder: Path, event: str, number: int = 0) -> subprocess.Popen:
        if not (folder / "inputs.safetensors").exists():
            inputs.save(folder / "inputs.safetensors")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "JAX_COMPILATION_CACHE_DIR": str(compilations),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
        command = [sys.executable, str(Path(__file__).parent / "train_until.py"), str(folder), event, str(number)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    return start


@pytest.fixture(scope="module")
def uninterrupted(run_child, tmp_path_factory):
    """The folder of a training that ran through."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    child = run_child(folder, "never")
    child.communicate()
    assert child.returncode == 0
    return folder


def outcome(folder):
    return [(folder / name).read_bytes() for name in ("parameters.safetensors", "network.json")]


def test_killed_and_resumed_training_is_the_same_to_the_bit(run_child, uninterrupted, tmp_path):
    """Killed after an epoch, before a checkpoint is written, and before it gets its name; one after the other."""
    epochs = []
    for event, number in (("epoch", 2), ("open", 1), ("os.rename", 2), ("never", 0)):
        child = run_child(tmp_path, event, number)
        output, _ = child.communicate()
        assert child.returncode == (0 if event == "never" else -signal.SIGKILL)
        epochs.append([json.loads(line)["epoch"] for line in output.splitlines()])
    # an epoch whose checkpoint was not whole is trained again
    assert epochs[:3] == [[1, 2], [], [3]]
    assert epochs[3][0] == 4
    assert outcome(tmp_path) == outcome(uninterrupted)
    histories = [
        [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
        for folder in (tmp_path, uninterrupted)
    ]
    assert [entry["networks"] for entry in histories[0]] == [entry["networks"] for entry in histories[1]]


def test_a_finished_training_is_only_read_again(run_child, uninterrupted):
    before = outcome(uninterrupted)
    child = run_child(uninterrupted, "never")
    output, _ = child.communicate()
    assert (child.returncode, output) == (0, "")
    assert outcome(uninterrupted) == before


def test_killed_at_any_moment(run_child, uninterrupted, tmp_path):
    """From outside, at moments that nobody chose: some time after a first checkpoint is there."""
    checkpoint = tmp_path / "checkpoints" / "networks_0" / "checkpoint.safetensors"
    for delay in (0.0, 0.013, 0.031):
        child = run_child(tmp_path, "never")
        deadline = time.monotonic() + 120
        while (
            child.poll() is None and not (tmp_path / "checkpoints" / "networks_0" / "checkpoint.safetensors").exists()
        ):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(delay)
        child.kill()
        child.communicate()
    child = run_child(tmp_path, "never")
    child.communicate()
    assert child.returncode == 0
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_training_is_the_same_on_one_core(run_child, uninterrupted, tmp_path):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot bind a process to a core")
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        child = run_child(tmp_path, "never")
    finally:
        os.sched_setaffinity(0, allowed)
    child.communicate()
    assert child.returncode == 0
    assert outcome(tmp_path) == outcome(uninterrupted)
