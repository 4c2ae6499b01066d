"""Treatment of jobs when somebody interrupts the command that follows them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from analysis.errors import BatchError
from tasks.batch.table import counted

__all__ = ["ON_INTERRUPT", "ask_once", "followed"]

ON_INTERRUPT = ("ask", "leave", "remove")

# whose jobs the command follows, with what is to become of them
_followed: list[tuple[Any, str]] = []
_answer = ""


@contextlib.contextmanager
def followed(jobs: Any, choice: str) -> Iterator[None]:
    """Follow jobs; an interrupt meanwhile leaves or removes them.

    Args:
        jobs: of a workflow, see :class:`~tasks.batch.record_jobs.RecordJobs`.
        choice: ``ask``, ``leave`` or ``remove``; where nobody can be asked, they are left.
    """
    _followed.append((jobs, choice))
    try:
        yield
    except KeyboardInterrupt:
        ask_once()
        _leave_or_remove(jobs, _answer if choice == "ask" else choice)
        raise
    finally:
        _followed.remove((jobs, choice))


def ask_once() -> None:
    """Ask what becomes of all jobs that are to be asked about, unless that was asked before."""
    global _answer
    number = sum(len(jobs.submission.active) for jobs, choice in _followed if choice == "ask")
    if number and not _answer:
        _answer = _ask(counted(number, "job"))


def _leave_or_remove(jobs: Any, choice: str) -> None:
    number = len(jobs.submission.active)
    if not number:
        return
    if choice != "remove":
        left = counted(number, "job")
        jobs.display.tell(f"{left} left; the same command takes them up, with --cancel-jobs it removes them")
        return
    try:
        jobs.known.remove_all()
        jobs.display.tell(f"{counted(number, 'job')} removed")
    except BatchError as error:
        jobs.display.tell(f"the jobs could not be removed: {error}")


def _ask(what: str) -> str:
    if not sys.stdin.isatty():
        return "leave"
    try:
        answer = input(f"\ninterrupted: leave {what} running, or remove them? [L/r] ")
    except (KeyboardInterrupt, EOFError):
        return "leave"
    return "remove" if answer.strip().lower().startswith("r") else "leave"
