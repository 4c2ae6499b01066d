"""What becomes of jobs when somebody interrupts the command that follows them."""

from __future__ import annotations

import multiprocessing
import sys
from typing import Any

from analysis.errors import BatchError

__all__ = ["ON_INTERRUPT", "remove_on_interrupt"]

ON_INTERRUPT = ("ask", "leave", "remove")


def remove_on_interrupt(jobs: Any, choice: str) -> None:
    """Leave the jobs or remove them.

    Args:
        jobs: of a workflow, see :class:`~tasks.batch.record_jobs.RecordJobs`.
        choice: ``ask``, ``leave`` or ``remove``; where nobody can be asked, they are left.
    """
    number = len(jobs.submission.active)
    if not number:
        return
    what = f"{number} job{'s' * (number != 1)}"
    if choice == "ask":
        jobs.display.stop()
        choice = _ask(what)
    if choice != "remove":
        jobs.display.tell(f"{what} left; the same command takes them up, with --cancel-jobs it removes them")
        return
    try:
        jobs.polling.remove_all()
        jobs.display.tell(f"{what} removed")
    except BatchError as error:
        jobs.display.tell(f"the jobs could not be removed: {error}")


def _ask(what: str) -> str:
    # one of several worker processes has no keyboard
    if multiprocessing.parent_process() is not None or not sys.stdin.isatty():
        return "leave"
    try:
        answer = input(f"\ninterrupted: leave {what} running, or remove them? [L/r] ")
    except (KeyboardInterrupt, EOFError):
        return "leave"
    return "remove" if answer.strip().lower().startswith("r") else "leave"
