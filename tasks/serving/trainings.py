"""Trainings in progress, from the checkpoints that they write, and the curves of finished ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.provenance import plain_files
from analysis.provenance.names import check_label, check_place
from tasks.serving.curves import Curves, draw
from tasks.serving.runs import AtWork, Run

__all__ = ["Training", "finished_training", "tell_remaining", "trainings"]

_CHECKPOINT = "checkpoint.safetensors"
_MOST_HEADER = 64 << 20
# of a history that is none, whoever wrote it
_WRONG = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True)
class Training:
    """One group of networks that is trained, or was.

    Args:
        place: of the record.
        label: of the record.
        title: what is trained.
        group: number of the group, counted from 1, and of how many.
        epoch: that is done.
        epochs: at most.
        seconds: of one epoch, on the average of the last ones.
        events_per_second: training events of all networks.
        device: that it runs on.
        metrics: of the validation, averaged over the networks, by name.
        best: the best epoch of each network.
        stopped: how many of the networks have stopped, and of how many.
        curves: its losses.
        is_running: whether a process is at it.
    """

    place: str
    label: str
    title: str
    group: tuple[int, int]
    epoch: int
    epochs: int
    seconds: float
    events_per_second: float
    device: str
    metrics: Mapping[str, float]
    best: tuple[int, ...]
    stopped: tuple[int, int]
    curves: Curves | None
    is_running: bool = True

    @property
    def remaining(self) -> float:
        """Seconds that the rest of the epochs takes at most."""
        return (self.epochs - self.epoch) * self.seconds


def trainings(root: Path, runs: Iterable[Run]) -> list[Training]:
    """Return the trainings that commands are at, or were at when they died.

    Args:
        root: local folder that has the workspaces of records.
        runs: commands, the last one first.
    """
    found: dict[tuple[str, str], list[Training]] = {}
    for run in runs:
        for one in run.at_work:
            if (one.place, one.label) not in found and (run.is_running or run.state in ("died", "unknown")):
                found[one.place, one.label] = _of_workspace(root, one, run.is_running)
    return [training for some in found.values() for training in some]


def tell_remaining(runs: Iterable[Run], found: Iterable[Training]) -> None:
    """Let trainings say how much longer they take at most, where earlier records do not tell, or tell more.

    Args:
        runs: commands; what they are at is changed in place.
        found: the trainings that they are at.
    """
    last = {(one.place, one.label): one.remaining for one in found if one.is_running and one.group[0] == one.group[1]}
    for run in runs:
        for number, one in enumerate(run.at_work):
            most = last.get((one.place, one.label))
            if most is None or not run.is_running:
                continue
            new = min(one.remaining or most, most)
            run.at_work[number] = replace(one, remaining=new)
            for stage in run.stages:
                if stage.task == one.task and (stage.remaining is not None or stage.wanted - stage.made == 1):
                    stage.remaining = max((stage.remaining or 0.0) - (one.remaining or 0.0), 0.0) + new


def finished_training(history: bytes, place: str) -> Training | None:
    """Return the training of a complete record from its ``history.jsonl``; ``None`` if that is none."""
    try:
        entries = [json.loads(line) for line in history.decode().splitlines()]
        return _training(place, "", entries, is_running=False)
    except _WRONG:
        return None


def _of_workspace(root: Path, at_work: AtWork, is_running: bool) -> list[Training]:
    folder = root / check_place(at_work.place) / ".workspace" / (check_label(at_work.label) or "record")
    found = []
    for file in sorted(folder.glob(f"*/{_CHECKPOINT}")):
        try:
            state = file.stat()
            history = _history(file, state.st_mtime_ns, state.st_size)
            training = _training(at_work.place, at_work.label, history, is_running=is_running)
        except (OSError, *_WRONG):
            # it is being replaced, or of another version
            continue
        found.append(training)
    return found


@lru_cache(maxsize=64)
def _history(file: Path, changed: int, size: int) -> Sequence[Mapping[str, Any]]:
    """Read the history in the head of a checkpoint; its arrays are not read."""
    with plain_files.reading(file) as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > min(size, _MOST_HEADER):
            raise ValueError("no head of a checkpoint")
        head = json.loads(stream.read(length))
    history: Sequence[Mapping[str, Any]] = json.loads(head["__metadata__"]["checkpoint"])["history"]
    return history


def _training(place: str, label: str, history: Sequence[Mapping[str, Any]], *, is_running: bool) -> Training:
    last, recent = history[-1], history[-10:]
    networks = last["networks"]
    metrics = {
        str(name): sum(float(network["metrics"][name]) for network in networks) / len(networks)
        for name in last["metrics"]
    }
    _, task, folder = place.split("/", 2)
    return Training(
        place,
        label,
        f"{task} {folder.rpartition('-')[0]} {label}".rstrip(),
        (int(last["group"]), int(last["groups"])),
        int(last["epoch"]),
        int(last["epochs"]),
        sum(float(entry["seconds"]) for entry in recent) / len(recent),
        float(last["events_per_second"]),
        str(last["device"]),
        metrics,
        tuple(int(network["best_epoch"]) for network in networks),
        (sum(bool(network["stopped"]) for network in networks), len(networks)),
        draw(history),
        is_running,
    )
