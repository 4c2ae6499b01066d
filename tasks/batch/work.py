"""Work to be done by jobs, the waiting times, and the failures that it may end with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.batch.bundles import Branch
from tasks.batch.submission import Attempt
from tasks.batch.systems.system import Job

__all__ = ["Failure", "Patience", "Work"]


@dataclass(frozen=True)
class Patience:
    """Waiting times for the states of jobs and for their records, in s.

    Args:
        first_poll: between the first queries, and after every change.
        last_poll: between queries in the long run.
        ended: after a job's end until its records are seen; files of other machines may come late.
        gone: until a job that neither queue nor history knows is given up; histories may come late.
        suspended: until a suspended job is removed and submitted again.
        unreachable: until a batch system without an answer is given up; the jobs go on meanwhile.
        pending: until it is asked why a job waits, and again after five times as long.
    """

    first_poll: float = 1.0
    last_poll: float = 30.0
    ended: float = 15.0
    gone: float = 45.0
    suspended: float = 120.0
    unreachable: float = 900.0
    pending: float = 60.0


@dataclass(frozen=True)
class Failure:
    """A branch without a record, and the reason.

    Args:
        branch: which.
        reason: of the last attempt.
        log: of the last attempt.
        memory: whether it may have been for a lack of memory.
    """

    branch: Branch
    reason: str
    log: str
    memory: bool = False


class Work(ABC):
    """Work to be done, as far as jobs are concerned."""

    #: the branches, by number
    branches: Mapping[int, Branch]

    @abstractmethod
    def missing(self) -> set[int]:
        """Branches whose records are not complete in the store now."""

    @abstractmethod
    def job(self, attempt: Attempt) -> Job:
        """The job of an attempt; its description is written."""
