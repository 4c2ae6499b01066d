"""Jobs as files remember them, so that a command can be killed and its jobs taken up by the next one."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from analysis.errors import BatchError
from tasks.batch.bundles import Branch, read_json, write_json
from tasks.batch.turns import rest

__all__ = ["Attempt", "Submission", "active_attempts", "remembered_attempts"]

FORMAT = 2
FILE = "submission.json"
LOCK_PAUSE = 0.2

# "intended": written before the batch system is asked, so that a job is never without a trace
Phase = Literal["intended", "submitted", "over"]


@dataclass
class Attempt:
    """One job, from the intention to submit it until it is out of the queue.

    Args:
        name: of the job; no other job has it.
        records: what it is to make, see :attr:`~tasks.batch.bundles.Branch.record`.
        number: which attempt at them, counted from 1.
        memory: that it asked for, in MB.
        log: file of its output; its other files lie beside it.
        site: that it was sent to; only its batch system knows the job.
        job: the batch system's id; empty until that is known.
        phase: ``intended``, ``submitted`` or ``over``.
        state: last known state, in the batch system's words.
        host: where it ran.
        reason: why it is over, if it left branches undone; or why it waits.
        submitted: in s since 1970.
        out_of_memory: whether it was killed for using more memory than it asked for.
    """

    name: str
    records: list[str]
    number: int
    memory: int
    log: str
    site: str
    job: str = ""
    phase: Phase = "intended"
    state: str = "pending"
    host: str = ""
    reason: str = ""
    submitted: float = field(default_factory=time.time)
    out_of_memory: bool = False

    def path(self, ending: str) -> Path:
        """One of its files: ``json`` (the description), ``report.json``."""
        return Path(self.log).parent / f"{self.name}.{ending}"


class Submission:
    """The attempts of one workflow.

    Workflows of the same task may have records in common (another choice of data sets). Who makes a record holds its
    place's lock; whoever comes after takes over the jobs that were at it, whichever workflow sent them.

    The attempts stand in the project's folder, whatever site they are at: sites with different ``logs`` have them in
    common, and two commands for two sites keep out of each other's way.

    Args:
        parent: folder in which the jobs of the task are remembered.
        store: address of the store that the records go to.
        branches: of the workflow, by number.
    """

    def __init__(self, parent: Path, store: str, branches: Mapping[int, Branch]) -> None:
        self._parent = parent
        self._numbers = {branch.record: number for number, branch in branches.items()}
        places = sorted({branch.place for branch in branches.values()})
        # the same whenever the same records are made; copies of the project may have a folder for logs in common
        self.name = _digest(str(parent), store, *places)
        self.folder = parent / self.name
        # always in the same order, so that no two commands wait for each other
        self._locks = sorted({self.name, *(_digest(store, place) for place in places)})
        self.attempts: list[Attempt] = []
        self._saved: Any = None

    @property
    def active(self) -> list[Attempt]:
        """Attempts that may be in the queue."""
        return [attempt for attempt in self.attempts if attempt.phase != "over"]

    def branches(self, attempt: Attempt) -> list[int]:
        """Numbers of the workflow's branches that an attempt is at."""
        return [self._numbers[record] for record in attempt.records if record in self._numbers]

    def load(self) -> Submission:
        """Read what earlier commands left.

        Raises:
            BatchError: a file is damaged.
        """
        self.attempts = _read(self.folder / FILE)
        for file in self._others():
            known = {attempt.name for attempt in self.attempts}
            self.attempts += [a for a in _read(file) if a.name not in known and self._concerns(a)]
        return self

    def save(self) -> None:
        """Remember the attempts as they are now."""
        attempts = [dataclasses.asdict(attempt) for attempt in self.attempts]
        if attempts != self._saved and (attempts or self._saved is not None or (self.folder / FILE).exists()):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(self.folder / FILE, {"format": FORMAT, "attempts": attempts})
            self._saved = attempts

    def forget_past(self) -> None:
        """A new command tries anew: attempts that are over count no longer; their logs stay."""
        self.attempts = self.active

    @contextlib.contextmanager
    def held(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only command that makes these records by jobs; ends with the process, however that ends.

        Args:
            waiting: called once if another command is at some of them.
        """
        with contextlib.ExitStack() as stack:
            told = False
            for name in self._locks:
                descriptor = self._lock_file(name)
                stack.callback(_unlock, descriptor)
                while not _locked(descriptor):
                    if not told:
                        waiting()
                        told = True
                    rest(LOCK_PAUSE)
            self.load()
            self._take_over()
            yield

    def delete(self, logs: Iterable[Path]) -> set[str]:
        """Delete what nothing needs any more: files of this workflow, and of others of the task without a job.

        Those are of earlier code, or of another choice of data sets. To be called by who holds the locks, after the
        jobs are removed.

        Args:
            logs: folders that may have logs and descriptions of the task's jobs.

        Returns:
            Names of the jobs whose files are deleted.
        """
        jobs: set[str] = set()
        parents = {*logs, self._parent}
        for name in sorted(path.name for path in self._parent.glob("[!.]*/")):
            with self._unused(name) as unused:
                for folder in (parent / name for parent in parents if unused):
                    jobs |= {file.name.partition(".")[0] for file in folder.glob("*")}
                    shutil.rmtree(folder, ignore_errors=True)
        return jobs

    @contextlib.contextmanager
    def _unused(self, name: str) -> Iterator[bool]:
        """Whether no job of a workflow is left and no command at it; while it lasts, none begins."""
        descriptor = self._lock_file(name)
        try:
            if name != self.name:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield all(attempt.phase == "over" for attempt in _read(self._parent / name / FILE))
        except BlockingIOError:
            yield False
        finally:
            _unlock(descriptor)

    def _lock_file(self, name: str) -> int:
        folder = self._parent / ".locks"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise BatchError(
                f"jobs are remembered in {folder.parent}, which cannot be written: {error.strerror}",
                cure="give commands that send jobs from a copy of the project that is yours",
            ) from None

    def _take_over(self) -> None:
        """With the locks held: what other workflows left of these records is followed here from now on."""
        self.save()
        names = {attempt.name for attempt in self.attempts}
        for file in self._others():
            theirs = _read(file)
            left = [attempt for attempt in theirs if attempt.name not in names]
            if len(left) < len(theirs):
                write_json(file, {"format": FORMAT, "attempts": [dataclasses.asdict(attempt) for attempt in left]})

    def _others(self) -> list[Path]:
        return [file for file in sorted(self._parent.glob(f"*/{FILE}")) if file.parent != self.folder]

    def _concerns(self, attempt: Attempt) -> bool:
        return attempt.phase != "over" and any(record in self._numbers for record in attempt.records)


def active_attempts(folder: Path) -> list[Attempt]:
    """Return the jobs that may be in a queue, of all tasks that are remembered in a folder.

    Raises:
        BatchError: a file is damaged.
    """
    return [one for _, attempts in remembered_attempts(folder) for one in attempts if one.phase != "over"]


def remembered_attempts(folder: Path) -> Iterator[tuple[Path, list[Attempt]]]:
    """Yield the files of all tasks that are remembered in a folder, each with its attempts.

    Raises:
        BatchError: a file is damaged.
    """
    for file in sorted(folder.rglob(FILE)):
        yield file, _read(file)


def _read(file: Path) -> list[Attempt]:
    values = read_json(file) or {"format": FORMAT, "attempts": []}
    if values.get("format") != FORMAT:
        raise BatchError(
            f"{file} is of format {values.get('format')}, not {FORMAT}: another version of the project wrote it",
            cure="end the jobs with that version (--cancel-jobs), or remove them by hand and delete the file",
        )
    return [Attempt(**attempt) for attempt in values["attempts"]]


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def _unlock(descriptor: int) -> None:
    # a process that was forked meanwhile has the file open, too
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)
