"""The jobs of one workflow as a file remembers them, so that a command can be killed and taken up by the next one."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tasks.batch.bundles import Branch, read_json, write_json

__all__ = ["Attempt", "Submission", "submission_id"]

FORMAT = 1
FILE = "submission.json"

# "intended": written before the batch system is asked, so that a job is never without a trace
Phase = Literal["intended", "submitted", "over"]


@dataclass
class Attempt:
    """One job, from the intention to submit it until it is out of the queue.

    Args:
        name: of the job; no other job has it.
        branches: numbers of the branches that it is to run.
        number: which attempt at them, counted from 1.
        memory: that it asked for, in MB.
        log: file of its output.
        job: the batch system's id; empty until that is known.
        phase: ``intended``, ``submitted`` or ``over``.
        state: last known state, in the batch system's words.
        host: where it ran.
        reason: why it is over, if it left branches undone; or why it waits.
        submitted: in s since 1970.
        out_of_memory: whether it was killed for using more memory than it asked for.
    """

    name: str
    branches: list[int]
    number: int
    memory: int
    log: str
    job: str = ""
    phase: Phase = "intended"
    state: str = "pending"
    host: str = ""
    reason: str = ""
    submitted: float = field(default_factory=time.time)
    out_of_memory: bool = False


class Submission:
    """The attempts of one workflow, in a file of its folder.

    Args:
        folder: for this file, the jobs' descriptions and their logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attempts: list[Attempt] = []

    @property
    def file(self) -> Path:
        """Where it is remembered."""
        return self.folder / FILE

    @property
    def active(self) -> list[Attempt]:
        """Attempts that may be in the queue."""
        return [attempt for attempt in self.attempts if attempt.phase != "over"]

    def load(self) -> Submission:
        """Read what an earlier command left; nothing if there was none.

        Raises:
            BatchError: the file is damaged.
        """
        values = read_json(self.file) or {"attempts": []}
        self.attempts = [Attempt(**attempt) for attempt in values["attempts"]]
        return self

    def save(self) -> None:
        """Remember the attempts as they are now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        attempts: list[dict[str, Any]] = [dataclasses.asdict(attempt) for attempt in self.attempts]
        write_json(self.file, {"format": FORMAT, "attempts": attempts})

    def path(self, attempt: Attempt, ending: str) -> Path:
        """A file of an attempt: ``json`` (its description), ``report.json``."""
        return self.folder / f"{attempt.name}.{ending}"

    def forget_past(self) -> None:
        """A new command tries anew: attempts that are over count no longer; their logs stay."""
        self.attempts = self.active

    @contextlib.contextmanager
    def held(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only command that submits these jobs; ends with the process, however that ends.

        Args:
            waiting: called once if another command is at it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def submission_id(store: str, branches: Sequence[Branch]) -> str:
    """A short name for the jobs of a workflow: the same whenever the same records of a store are made.

    Args:
        store: its address.
        branches: of the whole workflow; only their places count.
    """
    places = sorted({branch.place for branch in branches})
    return hashlib.sha256("\n".join([store, *places]).encode()).hexdigest()[:10]
