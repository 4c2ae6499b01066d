"""Jobs of a machine as files: what every process knows of them.

A job ``ID`` of a batch of jobs is ``FOLDER/BATCH/ID.json`` (what to do), ``ID.lock`` (locked by the job's processes for
as long as they run), ``ID.pid``, ``ID.remove`` (it is to be removed) and ``ID.end`` (how it ended). So nothing is
forgotten, whoever is killed. The standard library alone: the process that starts jobs is there in a moment.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

__all__ = [
    "LOCK",
    "ask_to_remove",
    "file_of",
    "has_work",
    "is_locked",
    "is_served",
    "pid_of",
    "proc_stat",
    "state",
    "unfinished",
]

LOCK = "queue.lock"


def file_of(folder: Path, job: str, kind: str) -> Path:
    """One of a job's files, by its ending."""
    return folder / job.partition(".")[0] / f"{job}.{kind}"


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock of a file."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def is_served(folder: Path) -> bool:
    """Whether a process starts the jobs of a folder."""
    return is_locked(folder / LOCK)


def unfinished(folder: Path, done: set[str]) -> list[str]:
    """Ids of jobs that have not ended, the oldest first; batches without any are added to those known to be done."""
    jobs: list[str] = []
    try:
        batches = sorted(
            entry.name for entry in os.scandir(folder) if entry.name[0].isdigit() and entry.name not in done
        )
    except FileNotFoundError:
        return jobs
    for batch in batches:
        names = os.listdir(folder / batch)
        ended = {name[:-4] for name in names if name.endswith(".end")}
        some = [name[:-5] for name in names if name.endswith(".json") and name[:-5] not in ended]
        jobs += sorted(some, key=lambda job: int(job.partition(".")[2]))
        if not some:
            done.add(batch)
    return jobs


def has_work(folder: Path) -> bool:
    """Whether a folder has jobs that have not ended."""
    return bool(unfinished(folder, set()))


def state(folder: Path, job: str) -> dict[str, Any] | None:
    """Return the state of a job, by the names of a status; nothing if there is no such job."""
    # the end is looked for last: a job that ends meanwhile is running or ended, never something else
    description, lock = file_of(folder, job, "json").exists(), file_of(folder, job, "lock")
    begun = lock.exists()
    started = lock.stat().st_mtime if begun else None
    try:
        return json.loads(file_of(folder, job, "end").read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    if not description:
        return None
    if not begun:
        return {"state": "pending"}
    return {"state": "suspended" if _is_stopped(folder, job) else "running", "started": started}


def ask_to_remove(folder: Path, job: str) -> bool:
    """Ask the queue to remove a job; whether there is such a job that has not ended."""
    if not file_of(folder, job, "json").exists() or file_of(folder, job, "end").exists():
        return False
    file_of(folder, job, "remove").touch()
    return True


def pid_of(folder: Path, job: str) -> int | None:
    """The process of a job; nothing before it begins."""
    try:
        return int(file_of(folder, job, "pid").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _is_stopped(folder: Path, job: str) -> bool:
    pid = pid_of(folder, job)
    return bool(pid) and proc_stat(f"/proc/{pid}")[:1] == ["T"] and is_locked(file_of(folder, job, "lock"))


def proc_stat(process: str) -> list[str]:
    """State, parent, group, session ... of a process, as in proc(5) after the name."""
    try:
        with open(f"{process}/stat", encoding="utf-8", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()
    except OSError:
        return []
