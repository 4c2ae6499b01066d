"""What a user sees of jobs: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasks.batch.submission import Attempt
from tasks.framework.reporting import tell

__all__ = ["Display", "LiveTable", "View", "attempt_lines", "display_for"]

SHOWN_JOBS = 20
# plain lines about progress come less often the longer it takes
FIRST_LINE, LAST_LINE = 5.0, 300.0


@dataclass(frozen=True)
class View:
    """How things stand.

    Args:
        total: number of branches.
        done: whose records are complete.
        running: in jobs that run.
        pending: in jobs that wait.
        failed: given up.
        attempts: jobs of this command, and of earlier ones that are still there.
    """

    total: int
    done: int
    running: int
    pending: int
    failed: int
    attempts: Sequence[Attempt]

    @property
    def counts(self) -> str:
        """In one line."""
        parts = [f"{self.done}/{self.total} done", f"{self.running} running", f"{self.pending} pending"]
        return ", ".join(parts + ([f"{self.failed} failed"] if self.failed else []))

    def jobs(self) -> list[Attempt]:
        """Those that somebody would look at: active ones and those that failed, the latest last."""
        return [attempt for attempt in self.attempts if attempt.phase != "over" or attempt.reason]


class Display:
    """Plain lines.

    Args:
        name: of the workflow.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._told = ""
        self._next = time.monotonic() + FIRST_LINE
        self._pause = FIRST_LINE

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def tell(self, line: str) -> None:
        """Say something that stays."""
        tell(f"jobs  {self.name}: {line}")

    def show(self, view: View) -> None:
        """Show how things stand, if that is new and the last time was a while ago."""
        now = time.monotonic()
        if now >= self._next and view.counts != self._told:
            self._told = view.counts
            self._pause = min(1.5 * self._pause, LAST_LINE)
            self._next = now + self._pause
            self.tell(view.counts)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def stop(self) -> None:
        """Draw nothing any more: somebody is about to be asked."""


class LiveTable(Display):
    """A table that is drawn anew at its place on the terminal."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(), auto_refresh=False, transient=True)

    def __enter__(self) -> Display:
        self._live.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._live.stop()

    def stop(self) -> None:
        self._live.stop()

    def tell(self, line: str) -> None:
        self._live.console.print(f"jobs  {self.name}: {line}", markup=False, highlight=False, soft_wrap=True)

    def show(self, view: View) -> None:
        self._live.update(_table(self.name, view) if view.jobs() else "", refresh=True)


def _table(name: str, view: View) -> Any:
    from rich.table import Table

    table = Table(title=f"{name}: {view.counts}", title_justify="left", expand=False)
    for column in ("job", "state", "attempt", "records", "since", "host", "reason"):
        table.add_column(column, overflow="ellipsis", no_wrap=column != "reason")
    jobs = view.jobs()
    for attempt in jobs[-SHOWN_JOBS:]:
        table.add_row(*_cells(attempt))
    if len(jobs) > SHOWN_JOBS:
        table.caption = f"and {len(jobs) - SHOWN_JOBS} more jobs"
    return table


def _cells(attempt: Attempt) -> tuple[str, ...]:
    state = attempt.state if attempt.phase != "over" else "failed"
    since = time.strftime("%H:%M:%S", time.localtime(attempt.submitted))
    return (
        attempt.job or attempt.name,
        state,
        str(attempt.number),
        str(len(attempt.records)),
        since,
        attempt.host,
        attempt.reason,
    )


def attempt_lines(attempts: Sequence[Attempt]) -> list[str]:
    """The same in plain lines, for ``--print-status``.

    Examples:
        >>> job = Attempt("Task-1", ["place/a", "place/b"], 2, 2000, "a.log", job="7.0", state="held", reason="disk")
        >>> attempt_lines([job])
        ['job 7.0: held, attempt 2, 2 records: disk']
    """
    lines = []
    for attempt in attempts:
        job, state, number, records, _, host, reason = _cells(attempt)
        where = f" on {host}" if host else ""
        line = f"job {job}: {state}{where}, attempt {number}, {records} record{'s' * (records != '1')}"
        lines.append(f"{line}: {reason}" if reason else line)
    return lines


def display_for(name: str) -> Display:
    """A live table if somebody watches this process alone, else plain lines."""
    alone = multiprocessing.parent_process() is None
    return LiveTable(name) if alone and sys.stdout.isatty() else Display(name)
