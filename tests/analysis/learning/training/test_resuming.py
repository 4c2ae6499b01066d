"""Trainings in processes of their own, killed and resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

CHILD = Path(__file__).with_name("train_until.py")
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def inputs(gaussians):
    return gaussians(1500, measured=100)


@pytest.fixture(scope="module")
def run_child(inputs, rings, compilations) -> Start:
    """Runs ``train_until.py`` in a folder, perhaps with a copy of the code."""

    def start(
        folder: Path, event: str = "never", number: int = 1, *, kind: str = "resident", code: Path | None = None
    ) -> subprocess.Popen[str]:
        if not (folder / "inputs.safetensors").exists():
            (rings(700) if kind == "adversarial" else inputs).save(folder / "inputs.safetensors")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(code)] * bool(code) + sys.path),
            "JAX_COMPILATION_CACHE_DIR": str(compilations),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
        command = [sys.executable, str(CHILD), str(folder), event, str(number), kind]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def run_through(start: Start, folder: Path, kind: str) -> Path:
    folder.mkdir()
    child = start(folder, kind=kind)
    _, errors = child.communicate()
    assert child.returncode == 0, errors
    return folder


@pytest.fixture(scope="module")
def uninterrupted(run_child, tmp_path_factory):
    """The folder of a training that ran through."""
    return run_through(run_child, tmp_path_factory.mktemp("uninterrupted") / "resident", "resident")


@pytest.fixture(scope="module")
def uninterrupted_stream(run_child, tmp_path_factory):
    """The folder of a training from a stream that ran through."""
    return run_through(run_child, tmp_path_factory.mktemp("uninterrupted") / "stream", "stream")


def outcome(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("parameters.safetensors", "network.json")]


def history(folder: Path) -> list[Any]:
    """What is the same whenever and wherever it ran."""
    entries = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [{name: entry[name] for name in ("epoch", "learning_rate", "data", "networks")} for entry in entries]


def kill_and_resume(start: Start, folder: Path, kind: str, *moments: tuple[str, int]) -> list[list[tuple[int, int]]]:
    """Kill a training at one moment after the other, then run it through; what each process told: groups and epochs."""
    told = []
    for event, number in (*moments, ("never", 1)):
        child = start(folder, event, number, kind=kind)
        output, errors = child.communicate()
        assert child.returncode == (0 if event == "never" else -signal.SIGKILL), errors
        entries = [json.loads(line) for line in output.splitlines()]
        told.append([(entry["group"], entry["epoch"]) for entry in entries])
    return told


def test_killed_and_resumed_training_is_the_same_to_the_bit(run_child, uninterrupted, tmp_path):
    """Killed after an epoch, before a checkpoint is written, and before it gets its name; one after the other."""
    told = kill_and_resume(run_child, tmp_path, "resident", ("epoch", 2), ("open", 1), ("os.rename", 2))
    # an epoch whose checkpoint was not whole is trained again
    assert told[:3] == [[(1, 1), (1, 2)], [], [(1, 3)]]
    assert told[3][0] == (1, 4)
    assert outcome(tmp_path) == outcome(uninterrupted)
    assert history(tmp_path) == history(uninterrupted)


def test_a_stream_killed_and_resumed_is_the_same_to_the_bit(run_child, uninterrupted_stream, tmp_path):
    """Killed between windows, in checkpoints between them, in a validation, and between two networks."""
    moments = (
        ("window", 3),
        ("open", 2),
        ("os.rename", 2),
        ("validation", 2),
        ("epoch", 2),
        ("end", 1),
        ("open", 1),
        ("validation", 3),
        ("end", 1),
        ("window", 5),
    )
    told = kill_and_resume(run_child, tmp_path, "stream", *moments)
    assert outcome(tmp_path) == outcome(uninterrupted_stream)
    assert history(tmp_path) == history(uninterrupted_stream)
    # no epoch was told twice, and none left out
    every = [one for some in told for one in some]
    assert every == sorted(set(every))
    assert {group for group, _ in every} == {1, 2, 3}
    # how far each came depends on the thread that reads ahead, but none of the first two finished an epoch
    assert told[:2] == [[], []]


def test_two_networks_killed_and_resumed_are_the_same_to_the_bit(run_child, tmp_path):
    """Killed at five points: what a critic and a generator have learned of each other is in the checkpoint."""
    whole = run_through(run_child, tmp_path / "whole", "adversarial")
    moments = (("open", 1), ("epoch", 1), ("os.rename", 1), ("epoch", 2), ("open", 1))
    told = kill_and_resume(run_child, tmp_path, "adversarial", *moments)
    assert told == [[], [(1, 1)], [], [(1, 2), (1, 3)], [], [(1, 4)]]
    assert outcome(tmp_path) == outcome(whole)
    assert history(tmp_path) == history(whole)
    losses = [network["losses"].keys() for entry in history(whole) for network in entry["networks"]]
    assert losses == [{"critic", "generator"}] * 12


def test_a_stream_goes_on_in_the_middle_of_an_epoch(run_child, uninterrupted_stream, tmp_path):
    """What its checkpoint says: windows that are done are not done again."""
    from safetensors.numpy import load_file

    child = run_child(tmp_path, "os.rename", 2, kind="stream")
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    checkpoint = tmp_path / "checkpoints" / "networks_0" / "checkpoint.safetensors"
    state = load_file(checkpoint)
    assert (state["progress.window"].tolist(), state["epoch"].tolist()) == ([1], [0])
    assert state["step"].tolist() == [3]
    # the last checkpoint that is whole holds; the one that was being written does not
    assert [path.name.endswith(".part") for path in checkpoint.parent.iterdir()].count(True) == 1
    kill_and_resume(run_child, tmp_path, "stream")
    assert outcome(tmp_path) == outcome(uninterrupted_stream)


@pytest.mark.parametrize("kind", ["resident", "stream"])
def test_a_finished_training_is_only_read_again(run_child, uninterrupted, uninterrupted_stream, kind):
    folder = uninterrupted if kind == "resident" else uninterrupted_stream
    before = outcome(folder)
    child = run_child(folder, kind=kind)
    output, errors = child.communicate()
    assert (child.returncode, output) == (0, ""), errors
    assert outcome(folder) == before


def test_killed_at_any_moment(run_child, uninterrupted_stream, tmp_path):
    """From outside, at moments that nobody chose: some time after a first checkpoint is there."""
    for delay in (0.0, 0.013, 0.031):
        child = run_child(tmp_path, kind="stream")
        deadline = time.monotonic() + 120
        while (
            child.poll() is None and not (tmp_path / "checkpoints" / "networks_0" / "checkpoint.safetensors").exists()
        ):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(delay)
        child.kill()
        child.communicate()
    kill_and_resume(run_child, tmp_path, "stream")
    assert outcome(tmp_path) == outcome(uninterrupted_stream)


def test_training_is_the_same_on_one_core(run_child, uninterrupted, tmp_path):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot bind a process to a core")
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        child = run_child(tmp_path)
    finally:
        os.sched_setaffinity(0, allowed)
    _, errors = child.communicate()
    assert child.returncode == 0, errors
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_a_checkpoint_of_other_code_is_refused(run_child, repository, uninterrupted, tmp_path):
    """The message says which module is another one; comments and formatting make none."""
    code, folder = tmp_path / "code", tmp_path / "training"
    shutil.copytree(repository / "analysis", code / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    # without them, each installed distribution would be one of no lock
    for lock in repository.glob("requirements*.lock"):
        shutil.copy2(lock, code)
    folder.mkdir()
    kill_until_epoch = run_child(folder, "epoch", 2)
    kill_until_epoch.communicate()
    assert kill_until_epoch.returncode == -signal.SIGKILL

    dense = code / "analysis" / "learning" / "networks" / "dense.py"
    text = dense.read_text()
    assert "REACH = 3.0" in text
    dense.write_text(text.replace("REACH = 3.0", "REACH = 3.5"))
    child = run_child(folder, code=code)
    _, errors = child.communicate()
    assert child.returncode == 1
    (difference,) = (line.strip() for line in errors.splitlines() if " there, " in line)
    assert difference.startswith("code analysis.learning.networks.dense:REACH: ")
    assert f"remove {folder / 'checkpoints'}" in errors

    dense.write_text("# the same, with a comment\n" + text)
    child = run_child(folder, code=code)
    output, errors = child.communicate()
    assert child.returncode == 0, errors
    assert json.loads(output.splitlines()[0])["epoch"] == 3
    assert outcome(folder) == outcome(uninterrupted)


def test_a_checkpoint_of_another_way_to_train_is_refused(run_child, tmp_path):
    """Rounding is not the same: a stream does not go on with what was begun in memory."""
    child = run_child(tmp_path, "epoch", 1)
    child.communicate()
    child = run_child(tmp_path, kind="stream")
    _, errors = child.communicate()
    assert child.returncode == 1
    assert "order of work: resident, 3 networks together there, stream, 1 networks together now" in errors
