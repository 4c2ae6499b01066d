"""Display of jobs for users: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from analysis.printable import in_a_line, printable
from tasks.batch.submission import Attempt
from tasks.batch.turns import rest
from tasks.framework.reporting import tell

__all__ = ["Display", "LiveTable", "View", "attempt_lines", "counted", "display_for", "end"]

SHOWN_JOBS = 20
# plain lines about progress come less often the longer it takes
FIRST_LINE, LAST_LINE = 5.0, 300.0


@dataclass(frozen=True)
class View:
    """Numbers of branches by state, and the attempts.

    Args:
        total: number of branches.
        done: whose records are complete.
        running: in jobs that run.
        pending: in jobs that wait.
        failed: given up.
        attempts: jobs of this command, and of earlier ones that are still there.
        at_work: records that the command itself is making, and how far it is; nothing if jobs make them.
    """

    total: int
    done: int
    running: int
    pending: int
    failed: int
    attempts: Sequence[Attempt]
    at_work: Sequence[tuple[str, str]] | None = None

    @property
    def counts(self) -> str:
        """In one line."""
        parts = [f"{self.done}/{self.total} done", f"{self.running} running", f"{self.pending} pending"]
        return ", ".join(parts + ([f"{self.failed} failed"] if self.failed else []))

    def jobs(self) -> list[Attempt]:
        """List the jobs that are active or have failed, the latest last."""
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
        rest(seconds)


class LiveTable(Display):
    """A part of the one table that is drawn anew at its place on the terminal."""

    # of all workflows that are followed, in the order in which they began
    _views: ClassVar[dict[LiveTable, View]] = {}
    _live: ClassVar[Any] = None
    _ended: ClassVar[bool] = False

    def __exit__(self, *_: Any) -> None:
        self._views.pop(self, None)
        self._draw()

    def tell(self, line: str) -> None:
        from rich.console import Console

        console = self._live.console if self._live else Console()
        console.print(printable(f"jobs  {self.name}: {line}"), markup=False, highlight=False, soft_wrap=True)

    def show(self, view: View) -> None:
        self._views[self] = view
        self._draw()

    @classmethod
    def _draw(cls) -> None:
        from rich.live import Live

        views = [
            (display.name, view) for display, view in cls._views.items() if view.jobs() or view.at_work is not None
        ]
        if not views or cls._ended:
            if cls._live:
                cls._live.stop()
                cls._live = None
            return
        if cls._live is None:
            cls._live = Live(auto_refresh=False, transient=True)
            cls._live.start()
        cls._live.update(_table(views, cls._live.console.height), refresh=True)


def end() -> None:
    """Draw nothing any more: somebody is about to be asked."""
    LiveTable._ended = True
    LiveTable._draw()


def _table(views: Sequence[tuple[str, View]], height: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    title = printable("\n".join(f"{name}: {view.counts}" for name, view in views))
    table = Table(title=Text(title), title_justify="left", expand=False)
    by_jobs = any(view.at_work is None for _, view in views)
    columns = ("task", "job", "state", "attempt", "records", "since", "host", "reason")
    for column in columns if by_jobs else ("task", "record", "progress"):
        table.add_column(column, overflow="ellipsis", no_wrap=column != "reason")
    shown = max(min(SHOWN_JOBS, height - len(views) - 6) // len(views), 1)
    hidden = 0
    for name, view in views:
        jobs = view.jobs()
        hidden += len(jobs[:-shown])
        for attempt in jobs[-shown:]:
            table.add_row(*_plain(name, *_cells(attempt)))
        for record, progress in view.at_work or ():
            table.add_row(*_plain(name, record, *(["running", "", "", "", ""] if by_jobs else []), progress))
    if hidden:
        table.caption = f"and {hidden} more jobs"
    return table if table.row_count else Text(title)


def _plain(*texts: str) -> Iterator[Any]:
    """Cells of which nothing is read as a style, or by the terminal as a command."""
    from rich.text import Text

    return (Text(in_a_line(text)) for text in texts)


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
        >>> job = Attempt("Task-1", ["place/a", "place/b"], 2, 2000, "a.log", "naf", "7.0", state="held", reason="disk")
        >>> attempt_lines([job])
        ['job 7.0 at naf: held, attempt 2, 2 records: disk']
    """
    lines = []
    for attempt in attempts:
        job, state, number, records, _, host, reason = _cells(attempt)
        state += f" on {host}" if host else ""
        line = f"job {job} at {attempt.site}: {state}, attempt {number}, {counted(int(records), 'record')}"
        lines.append(f"{line}: {reason}" if reason else line)
    return lines


def counted(number: int, what: str) -> str:
    """A number of things.

    Examples:
        >>> counted(1, "job"), counted(2, "job")
        ('1 job', '2 jobs')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def display_for(name: str) -> Display:
    """A part of the live table if somebody watches, else plain lines."""
    return LiveTable(name) if sys.stdout.isatty() else Display(name)
