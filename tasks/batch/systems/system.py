"""Interface of every batch system: submit jobs, query their states, remove them, tell why one waits."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from analysis.errors import BatchError
from tasks.batch.resources import Resources

__all__ = ["BatchSystem", "Job", "State", "Status"]

State = Literal["pending", "running", "held", "suspended", "ended", "gone"]

# a description is open to everybody on the cluster; files may be named in it, what is in them may not
_SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|ACCESS_KEY(?!_ID)|API_KEY|CREDENTIAL", re.IGNORECASE)
_NAMES_A_FILE = re.compile(r"_(FILE|DIR|PATH|FOLDER)$", re.IGNORECASE)


@dataclass(frozen=True)
class Job:
    """One attempt at some work.

    Args:
        name: never used before; letters, digits, ``.``, ``_`` and ``-``.
        command: program (absolute, or found in /usr/bin and /bin) and arguments; no shell reads them.
        environment: all variables that the job gets beside the batch system's own; nothing secret, it is public.
        resources: what it asks for.
        log: file of its standard output and error on the submitting side; its folder exists.
        folder: to start in, visible on the workers; ``None`` for a fresh one on the worker with copies of the files.
        files: brought along if there is no folder, found there by their last names.
        folders: of the workers that the job uses besides; a container shows them at the same paths.

    Raises:
        BatchError: the name does not serve, a variable looks like a secret, or a text has a line break in it.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,120}", self.name):
            raise BatchError(
                f"{self.name!r} is no name for a job", cure="use letters, digits, '.', '_', '-'; at most 120"
            )
        if not self.command:
            raise BatchError(f"job {self.name} has no command")
        for name in self.environment:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise BatchError(f"job {self.name}: {name!r} is no name of an environment variable")
            if _SECRET.search(name) and not _NAMES_A_FILE.search(name):
                raise BatchError(
                    f"job {self.name}: the variable {name} looks like a secret, and everybody can read them",
                    cure="put it into a file that only you can read, and pass the file's name (NAME_FILE)",
                )
        folders = [str(folder) for folder in (self.log, self.folder or "", *self.folders)]
        for text in (*self.command, *self.environment.values(), *folders):
            if re.search(r"[\n\r\0]", text):
                raise BatchError(f"job {self.name}: a line break in {text[:60]!r}, which batch systems do not take")


@dataclass(frozen=True)
class Status:
    """Status of a job.

    Args:
        state: ``pending`` (also: to be started again by the batch system), ``running``, ``held`` and ``suspended``
            (both may go on some day), ``ended`` (for whatever reason; out of the queue, cannot run again) or ``gone``
            (neither the queue nor the history knows it).
        exit_code: of the command; ``None`` unless it came to an end by itself.
        signal: that ended the command, if one did.
        reason: in words, for everything but an ordinary end; may be empty.
        host: where it runs or ran last; empty if nowhere.
        out_of_memory: whether it was killed or held for using more memory than it asked for.
        started: its latest start, in s since 1970; ``None`` if it was never started or that is not known.
    """

    state: State
    exit_code: int | None = None
    signal: int | None = None
    reason: str = ""
    host: str = ""
    out_of_memory: bool = False
    started: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the command ended with exit code 0; says nothing about its result."""
        return self.state == "ended" and self.exit_code == 0


class BatchSystem(ABC):
    """A batch system as seen from the submitting side; every method is one or a few commands, however many jobs."""

    #: name of the site, for messages
    name: str

    @abstractmethod
    def submit(self, jobs: Sequence[Job]) -> list[str]:
        """Submit jobs, all or none.

        Returns:
            An id for each job, in their order.

        Raises:
            Unusable: its commands cannot be executed, so nothing was submitted; see
                :class:`~tasks.batch.systems.commands.Unusable`, which every method may raise.
            BatchError: the batch system refuses or does not answer. After no answer the jobs may have been taken all
                the same: :meth:`find` tells.
        """

    @abstractmethod
    def find(self, names: Collection[str]) -> dict[str, str]:
        """Ids of jobs that were submitted under these names, by name; only those that queue or history know.

        Raises:
            BatchError: the batch system does not answer.
        """

    @abstractmethod
    def query(self, ids: Collection[str]) -> dict[str, Status]:
        """The states of jobs; every id has one.

        Raises:
            BatchError: the batch system, or a part that is needed to know, does not answer; that is never ``gone``.
        """

    @abstractmethod
    def remove(self, ids: Collection[str]) -> None:
        """Remove jobs, whatever their state; when this returns, none of them runs or will run again.

        Raises:
            BatchError: the batch system does not answer, or jobs are still there after a bounded time (2 min).
        """

    def forget(self, names: Collection[str]) -> None:  # noqa: B027
        """Delete what was noted of jobs that were submitted under these names; none of them may be in the queue."""

    @abstractmethod
    def why_pending(self, job: str) -> str:
        """Tell why a job waits, in one or two sentences.

        Raises:
            BatchError: the batch system does not answer.
        """

    @abstractmethod
    def check(self) -> str:
        """See that the commands are there and the batch system answers.

        Returns:
            Its version, for people.

        Raises:
            BatchError: something is missing; the message says what.
        """
