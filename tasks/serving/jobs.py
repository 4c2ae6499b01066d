"""Jobs at batch systems: attempts with their states, reasons and logs, as the commands that follow them remember."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import BatchError
from analysis.provenance import plain_files
from tasks.batch.submission import Attempt, remembered_attempts

__all__ = ["Jobs", "jobs_in", "log_of"]

_LOG_BYTES = 64 << 10


@dataclass(frozen=True)
class Jobs:
    """The jobs of a task.

    Args:
        task: ``study/task``.
        attempts: those that may be in a queue first.
        problem: why they cannot be told; empty if they can.
    """

    task: str
    attempts: tuple[Attempt, ...]
    problem: str = ""


def jobs_in(folder: Path) -> list[Jobs]:
    """Return the jobs that are remembered in a folder, by task."""
    found: dict[str, list[Attempt]] = {}
    problems: list[Jobs] = []
    try:
        for file, attempts in remembered_attempts(folder):
            found.setdefault(file.parent.parent.relative_to(folder).as_posix(), []).extend(attempts)
    except (BatchError, TypeError) as error:
        problems.append(Jobs("", (), str(error)))
    tasks = [
        Jobs(task, tuple(sorted(some, key=lambda one: (one.phase == "over", -one.submitted))))
        for task, some in sorted(found.items())
        if some
    ]
    return [*problems, *tasks]


def log_of(folder: Path, name: str) -> str | None:
    """Return the end of the log of a job that is remembered in a folder; ``None`` if there is no such job or log."""
    attempts = (one for jobs in jobs_in(folder) for one in jobs.attempts)
    attempt = next((one for one in attempts if one.name == name), None)
    if attempt is None:
        return None
    try:
        with plain_files.reading(Path(attempt.log)) as stream:
            stream.seek(max(stream.seek(0, os.SEEK_END) - _LOG_BYTES, 0))
            return (stream.read() or b"").decode(errors="replace")
    except OSError:
        return None
