"""Trainings that run, from their checkpoints, and finished ones, from their histories."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.learning.training.checkpoints import NAME, Checkpoint, save
from tasks.serving.runs import AtWork, Run, Stage
from tasks.serving.trainings import finished_training, tell_remaining, trainings
from tests.tasks.project import Project

PLACE = "study/TrainModel/hexagonal-0123456789ab"


def entry(epoch: int, *losses: float, group: int = 1) -> dict[str, Any]:
    networks = [
        {
            "training_loss": loss,
            "validation_loss": loss + 0.1,
            "metrics": {"resolution": 10.0 * loss},
            "best_epoch": epoch,
            "stopped": number == 0,
        }
        for number, loss in enumerate(losses)
    ]
    facts = {"group": group, "groups": 2, "epoch": epoch, "epochs": 20, "seconds": 2.0, "events_per_second": 5000.0}
    return {**facts, "device": "cpu", "metrics": ["resolution"], "networks": networks}


def run(state: str, *at_work: AtWork) -> Run:
    return Run("name", "law run TrainModel", "study", "here", 1, 0.0, 1.0, state, at_work=list(at_work))


def at_work(place: str = PLACE) -> AtWork:
    return AtWork(place, "", time.time(), 1, None)


def write(root: Path, group: str, history: list[dict[str, Any]], place: str = PLACE) -> Path:
    folder = root / place / ".workspace" / "record" / group
    return save(folder, Checkpoint({"weights": np.zeros((100, 100))}, history, {"of": "a test"}))


def test_one_that_runs(tmp_path: Path):
    write(tmp_path, "group-1", [entry(1, 0.5, 0.7), entry(2, 0.4, 0.6)])
    write(tmp_path, "group-2", [entry(1, 0.3, group=2)])
    first, second = trainings(tmp_path, [run("running", at_work())])
    assert (first.title, first.is_running, first.epoch, first.epochs) == ("TrainModel hexagonal", True, 2, 20)
    assert (first.group, second.group, first.stopped) == ((1, 2), (2, 2), (1, 2))
    assert first.metrics == {"resolution": pytest.approx(5.0)}
    assert first.remaining == pytest.approx(36.0)
    assert first.best == (2, 2)
    assert first.curves is not None
    assert first.curves.words.startswith("Losses after 2 epochs: training loss 0.5")
    # the next checkpoint is another file of the same name
    write(tmp_path, "group-1", [entry(number, 0.5, 0.7) for number in (1, 2, 3)])
    assert trainings(tmp_path, [run("running", at_work())])[0].epoch == 3


def test_of_commands_that_ended_those_that_were_killed(tmp_path: Path):
    write(tmp_path, "group-1", [entry(1, 0.5)])
    assert trainings(tmp_path, [run("complete", at_work())]) == []
    (died,) = trainings(tmp_path, [run("died", at_work())])
    assert not died.is_running
    # one that goes on is told once, as running
    (one,) = trainings(tmp_path, [run("running", at_work()), run("died", at_work())])
    assert one.is_running


@pytest.mark.parametrize(
    ("before", "told"),
    [(None, 38.0), (0.0, 38.0), (7.0, 7.0), (90.0, 38.0)],
    ids=["nothing known", "longer than before", "earlier records", "more than there is"],
)
def test_a_training_says_how_long_it_takes_at_most(tmp_path: Path, before: float | None, told: float):
    write(tmp_path, "group-2", [entry(1, 0.5, group=2)])
    one = run("running", AtWork(PLACE, "", 0.0, 1, before))
    one.stages = [Stage("TrainModel", wanted=1, at_work=1, remaining=before)]
    tell_remaining([one], trainings(tmp_path, [one]))
    assert one.at_work[0].remaining == one.stages[0].remaining == one.remaining == pytest.approx(told)
    write(tmp_path, "group-2", [entry(1, 0.5, group=1)])
    other = run("running", AtWork(PLACE, "", 0.0, 1, before))
    tell_remaining([other], trainings(tmp_path, [other]))
    # another group comes after this one
    assert other.at_work[0].remaining == before


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x10" + b"\0" * 7 + b'{"__metadata__":1', b"{" * 100])
def test_what_is_no_checkpoint_is_left_out(tmp_path: Path, content: bytes):
    file = write(tmp_path, "group-1", [entry(1, 0.5)])
    file.write_bytes(content)
    link = write(tmp_path, "group-2", [entry(1, 0.5)]).parent.parent / "group-3"
    link.mkdir()
    (link / NAME).symlink_to(tmp_path / PLACE / ".workspace" / "record" / "group-2" / NAME)
    history = [entry(1, 0.5)]
    del history[0]["networks"]
    write(tmp_path, "group-4", history)
    write(tmp_path, "group-5", [])
    assert len(trainings(tmp_path, [run("running", at_work())])) == 1


@pytest.mark.parametrize(
    "history",
    [
        b"",
        b"\xff\n{}",
        b"7",
        b"[" * 100_000,
        json.dumps(entry(1)).encode(),
        json.dumps(entry(1, 0.5) | {"epochs": 1e999}).encode(),
    ],
)
def test_what_is_no_history_is_none(history: bytes):
    assert finished_training(history, PLACE) is None


def test_finished_ones_of_a_study(trained: Project):
    """What a real training has left is read."""
    (file,) = trained.store.glob("htautau/TrainModel/*/history.jsonl")
    place = file.parent.relative_to(trained.store).as_posix()
    training = finished_training(file.read_bytes(), place)
    assert training is not None
    # five folds, two seeds
    assert (training.epoch, training.epochs, training.stopped[1], training.is_running) == (2, 2, 10, False)
    assert training.curves is not None
    assert sum(not line.is_average for line in training.curves.lines) == 20
    assert training.metrics
    assert training.events_per_second > 0
