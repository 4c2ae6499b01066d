"""Commands that run or have run, from their journals: what is being made, since when, how long it still takes."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.provenance.inventory import parts_of_place
from analysis.provenance.journal import JournalReader, Noted
from analysis.provenance.store import Store
from tasks.serving.durations import Durations
from tasks.serving.plans import number as as_number
from tasks.serving.plans import wanted as missing_records

__all__ = ["AtWork", "Failure", "Run", "RunReader", "Stage"]

Record = tuple[str, str]


@dataclass(frozen=True)
class AtWork:
    """A record that is being made; of a command that died, one that was.

    Args:
        place: of the record.
        label: of the record.
        since: when it was begun, seconds since the epoch.
        process: that makes it.
        remaining: seconds that it is likely to take still; ``None`` if no earlier record tells it.
    """

    place: str
    label: str
    since: float
    process: int
    remaining: float | None

    @property
    def name(self) -> str:
        """Series and label."""
        return f"{_parts(self.place)[2]} {self.label}".rstrip()

    @property
    def task(self) -> str:
        """Name of the task's folder."""
        return _parts(self.place)[1]


@dataclass(frozen=True)
class Failure:
    """Something that went wrong.

    Args:
        what: record, or nothing if it was no record's.
        reason: in words.
        time: when, seconds since the epoch.
    """

    what: str
    reason: str
    time: float


@dataclass
class Stage:
    """The records of a task that a command makes.

    Args:
        task: name of the task's folder.
        wanted: how many were missing.
        made: how many of them it has made.
        at_work: how many it is making.
        failed: how many it could not make.
        remaining: seconds that the rest is likely to take, one after the other; ``None`` if that is not known.
    """

    task: str
    wanted: int = 0
    made: int = 0
    at_work: int = 0
    failed: int = 0
    remaining: float | None = 0.0

    @property
    def state(self) -> str:
        """State in a word: ``failed``, ``running``, ``complete`` or ``waiting``."""
        if self.failed:
            return "failed"
        if self.at_work:
            return "running"
        return "complete" if self.made >= self.wanted else "waiting"


@dataclass
class Run:
    """One command.

    Args:
        name: of its journal.
        line: the command line.
        study: name of the study.
        host: where it runs or ran.
        process: the command's own.
        begin: when it began to make something, seconds since the epoch.
        end: when it ended; of one that died, its last sign.
        state: ``running``, ``complete``, ``failed``, ``interrupted``, ``died`` or ``unknown``.
        stages: in the order of their making.
        at_work: records that are being made.
        failures: the last one last.
        jobs: tasks whose records it lets jobs make, as ``study/task``.
        workers: processes that it makes records with.
    """

    name: str
    line: str
    study: str
    host: str
    process: int
    begin: float
    end: float
    state: str
    stages: list[Stage] = field(default_factory=list)
    at_work: list[AtWork] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    workers: int = 1

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self.state == "running"

    @property
    def wanted(self) -> int:
        """Number of records that were missing when it began."""
        return sum(stage.wanted for stage in self.stages)

    @property
    def made(self) -> int:
        """Number of records that it has made."""
        return sum(stage.made for stage in self.stages)

    @property
    def is_known(self) -> bool:
        """Whether the time of all that is missing is estimated."""
        return all(stage.remaining is not None for stage in self.stages)

    @property
    def remaining(self) -> float | None:
        """Seconds that it is likely to take still, by its processes side by side; ``None`` if nothing tells it."""
        known = [stage.remaining for stage in self.stages if stage.remaining is not None]
        if not known or (not sum(known) and not self.is_known):
            return None
        return max(sum(known) / max(self.workers, 1), *(one.remaining or 0.0 for one in self.at_work), 0.0)

    @property
    def is_late(self) -> bool:
        """Whether what is being made takes longer than before, so that nothing tells when it ends."""
        return self.remaining is not None and self.remaining < 1.0 and any(one.remaining == 0.0 for one in self.at_work)


class RunReader:
    """Reads the commands of a store again and again; one thread at a time does it.

    Args:
        reader: of the journals.
        store: whose earlier records tell how long records take.
    """

    def __init__(self, reader: JournalReader, store: Store) -> None:
        self._reader = reader
        self._durations = Durations(store)

    def read(self, most: int = 20) -> list[Run]:
        """Return the newest commands, the last one first."""
        return [run for noted in self._reader.read(most) if (run := self._run(noted)) is not None]

    def _run(self, noted: Noted) -> Run | None:
        if not noted.entries or not isinstance(facts := noted.entries[0].get("command"), dict):
            return None
        first = noted.entries[0]
        told = (
            str(facts.get("line") or facts.get("task", "")),
            str(facts.get("study", "")),
            str(first.get("host", "")),
        )
        run = Run(
            noted.name, *told, as_number(first.get("process")), first["time"], noted.entries[-1]["time"], _state(noted)
        )
        run.workers = as_number(facts.get("workers")) or 1
        wanted = missing_records(facts.get("plan"))
        own: dict[str, list[float]] = {}
        made: dict[Record, Any] = {}
        failed: dict[Record, Any] = {}
        begun: dict[Record, Any] = {}
        for entry in noted.entries[1:]:
            wanted |= missing_records(entry.get("plan"))
            for kind, those in (("begun", begun), ("made", made), ("failed", failed)):
                if isinstance(place := entry.get(kind), str) and parts_of_place(place):
                    those[place, str(entry.get("label", ""))] = entry if kind == "begun" else entry["time"]
                    if kind == "made" and isinstance(entry.get("seconds"), int | float):
                        own.setdefault(place, []).append(float(entry["seconds"]))
                    break
            if isinstance(entry.get("jobs"), str):
                run.jobs.append(entry["jobs"])
            run.failures += _failures(entry)
        open_ = {one: of for one, of in begun.items() if max(made.get(one, 0), failed.get(one, 0)) < of["time"]}
        lost = {one for one in failed if made.get(one, 0) < failed[one] and one not in open_}
        self._durations.note(noted.name, own)
        self._fill(run, wanted, made, lost, open_)
        if run.state == "complete":
            # what another command made meanwhile was not to be made any more
            for stage in run.stages:
                stage.wanted, stage.remaining = max(stage.made, 0), 0.0
            run.stages = [stage for stage in run.stages if stage.wanted]
        run.failures = _each_once(run.failures)
        return run

    def _fill(
        self,
        run: Run,
        wanted: Mapping[str, tuple[int, Sequence[str]]],
        made: Mapping[Record, float],
        failed: set[Record],
        begun: Mapping[Record, Mapping[str, Any]],
    ) -> None:
        stages: dict[str, Stage] = {}
        for place in dict.fromkeys([*wanted, *(place for place, _ in made), *(place for place, _ in begun)]):
            task = _parts(place)[1]
            stage = stages.setdefault(task, Stage(task))
            number, labels = wanted.get(place, (0, ()))
            own = sum(one[0] == place for one in made)
            stage.wanted += max(number, own)
            stage.made += own
            stage.failed += sum(one[0] == place for one in failed)
            stage.at_work += sum(one[0] == place for one in begun)
            left = max(number - own, 0)
            if run.is_running and left:
                each = self._durations.seconds(run.name, place, labels)
                known = stage.remaining is not None and each is not None
                stage.remaining = (stage.remaining or 0.0) + (each or 0.0) * left if known else None
        run.stages = list(stages.values())
        for (place, label), entry in begun.items():
            number, labels = wanted.get(place, (0, ()))
            each = self._durations.seconds(run.name, place, [label] if label else labels) if run.is_running else None
            remaining = None if each is None else max(each - time.time() + entry["time"], 0.0)
            run.at_work.append(AtWork(place, label, entry["time"], as_number(entry.get("process")), remaining))
            stage = stages[_parts(place)[1]]
            if remaining is not None and each is not None and stage.remaining is not None:
                stage.remaining = max(stage.remaining - (each - remaining), 0.0)
        if not run.is_running:
            for stage in run.stages:
                stage.at_work = 0


def _state(noted: Noted) -> str:
    end = noted.entries[-1].get("end")
    if end in ("complete", "failed", "interrupted"):
        return str(end)
    if noted.is_held:
        return "running"
    # the lock of another machine may not be seen from here
    return "died" if noted.entries[0].get("host") == socket.gethostname() else "unknown"


def _failures(entry: Mapping[str, Any]) -> list[Failure]:
    if isinstance(place := entry.get("failed"), str) and (parts := parts_of_place(place)):
        what = f"{parts[1]} {parts[2]} {entry.get('label', '')}".rstrip()
        return [Failure(what, str(entry.get("reason", "")), entry["time"])]
    return [Failure("", entry["error"], entry["time"])] if isinstance(entry.get("error"), str) else []


def _each_once(failures: Sequence[Failure]) -> list[Failure]:
    """Leave out errors that were told of a record already."""
    of_records = {one.reason for one in failures if one.what}
    found = {(one.what, one.reason): one for one in failures if one.what or one.reason not in of_records}
    return [one for one in found.values() if one.reason != "interrupted"]


def _parts(place: str) -> tuple[str, str, str, str]:
    return parts_of_place(place) or ("", place, "", "")
