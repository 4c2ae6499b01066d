from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import warnings

import jax
import numpy as np
import pytest

from analysis.errors import StoreError
from analysis.learning.training.tensorboard import EventFile, write_events
from analysis.learning.training.train import train


@pytest.fixture(scope="module")
def history(gaussians, small_network, small_settings, tmp_path_factory):
    """Of a real training, as a record holds it."""
    folder = tmp_path_factory.mktemp("checkpoints")
    jax.config.update("jax_disable_most_optimizations", True)
    entries = train(gaussians(400), small_network, small_settings, checkpoints=folder).history
    jax.config.update("jax_disable_most_optimizations", False)
    return [json.loads(json.dumps(entry)) for entry in entries]


def read(path):
    """What TensorBoard finds in a file: (wall time, step, value) by name."""
    with warnings.catch_warnings():
        # of TensorBoard's own making
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        found = EventAccumulator(str(path), size_guidance={"scalars": 0})
        found.Reload()
    return {
        name: [(point.wall_time, point.step, point.value) for point in found.Scalars(name)]
        for name in found.Tags()["scalars"]
    }


def value_of(entry, where, key):
    if not where:
        return entry[key]
    (network,) = (network for network in entry["networks"] if f"fold {network['fold']}" == where)
    return {**network, **network["metrics"]}[key]


@pytest.mark.long
def test_tensorboard_reads_the_history(history, tmp_path):
    write_events(history, tmp_path / "history.tfevents")
    for found in (read(tmp_path), read(tmp_path / "history.tfevents")):
        single = {"learning_rate", "seconds", "events_per_second", "compile_seconds"}
        of_folds = {name for name in found if "/" in name}
        assert found.keys() == single | of_folds
        assert {f"fold {fold}/{name}" for fold in range(3) for name in ("training_loss", "validation_loss")} <= of_folds
        assert len(found["compile_seconds"]) == 1
        for name, points in found.items():
            if name == "compile_seconds":
                continue
            where, _, key = name.rpartition("/")
            expected = [value_of(entry, where, key) for entry in history]
            assert [step for _, step, _ in points] == [1, 2, 3, 4, 5, 6]
            assert np.allclose([value for _, _, value in points], expected, rtol=1e-6)
            times = [time for time, _, _ in points]
            assert np.allclose(times, np.cumsum([entry["seconds"] for entry in history]), rtol=1e-12)


def entry(epoch, *networks):
    return {
        "epoch": epoch,
        "epochs": 9,
        "seconds": 0.5,
        "loss": "gaussian",
        "device": "cpu",
        "networks": list(networks),
    }


def test_metrics_seeds_and_stopped_networks(tmp_path):
    def fold(fold, seed, loss, stopped=False):
        metrics = {"auc": 0.5, "confusion": None}
        return {
            "fold": fold,
            "seed": seed,
            "validation_loss": loss,
            "stopped": stopped,
            "best_epoch": 1,
            "metrics": metrics,
        }

    entries = [
        entry(1, fold(0, 1, 4.0), fold(0, 2, 3.0, stopped=True)),
        entry(2, fold(0, 1, math.nan), fold(0, 2, 3.0, stopped=True)),
    ]
    write_events(entries, tmp_path / "a.tfevents")
    found = read(tmp_path)
    assert found.keys() == {
        "seconds",
        *(f"fold 0, seed {seed}/{name}" for seed in (1, 2) for name in ("validation_loss", "auc")),
    }
    first, second = found["fold 0, seed 1/validation_loss"]
    assert first == (0.5, 1, 4.0)
    assert second[:2] == (1.0, 2)
    assert math.isnan(second[2])
    assert found["fold 0, seed 2/validation_loss"] == [(0.5, 1, 3.0)]
    assert found["fold 0, seed 1/auc"] == [(0.5, 1, 0.5), (1.0, 2, 0.5)]


def test_bytes_depend_on_the_history_only(history, tmp_path):
    (tmp_path / "other").mkdir()
    paths = [tmp_path / "other" / name for name in ("1.tfevents", "2.tfevents", "3.tfevents")]
    write_events(history, paths[0])
    code = (
        "import json, sys; from pathlib import Path; from analysis.learning.training.tensorboard import write_events;"
        "write_events(json.loads(sys.stdin.read()), Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code, str(paths[1])]
    subprocess.run(command, input=json.dumps(history), text=True, env=environment, check=True)
    write_events(history, paths[2])
    write_events(history, paths[2])  # replaces what is there
    content = paths[0].read_bytes()
    assert paths[1].read_bytes() == paths[2].read_bytes() == content
    assert socket.gethostname().encode() not in content
    write_events([*history[:-1], {**history[-1], "learning_rate": 7.0}], paths[1])
    assert paths[1].read_bytes() != content


def test_a_growing_file_can_be_watched(history, tmp_path):
    path = tmp_path / "live" / "live.tfevents"
    with EventFile(path) as file:
        assert path.exists()
        assert read(path) == {}
        for number, one in enumerate(history, start=1):
            file.add(one)
            assert len(read(path)["learning_rate"]) == number
    write_events(history, tmp_path / "whole.tfevents")
    assert path.read_bytes() == (tmp_path / "whole.tfevents").read_bytes()


def test_files_that_cannot_be_written_or_would_not_be_found(history, tmp_path):
    with pytest.raises(ValueError, match=r"'history\.events': the name has to hold 'tfevents'"):
        write_events(history, tmp_path / "history.events")
    (tmp_path / "a.tfevents").mkdir()
    with pytest.raises(StoreError, match=r"the event file .*a\.tfevents cannot be written: Is a directory"):
        write_events(history, tmp_path / "a.tfevents")
    (tmp_path / "full.tfevents").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        write_events(history, tmp_path / "full.tfevents")
