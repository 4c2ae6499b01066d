"""The process that starts the jobs of a machine, waits for them and writes down how they ended.

``python -m tasks.batch.systems.local_queue FOLDER SLOTS``; it ends with the last job. All it knows is in the files of
:mod:`tasks.batch.systems.local_files`: killed and started again, it goes on with what it finds.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tasks.batch.systems.local_files import LOCK, file_of, has_work, is_locked, pid_of, proc_stat, unfinished

__all__ = ["main"]

PAUSE = 0.03
# between looks at what jobs use
MEMORY_PAUSE = 0.5
# between asking a job to end and killing it
GRACE = 5.0
# two weeks
KEPT = 14 * 86400.0


class TrainingLoop:
    """A job that runs: a child of this process, or of one before it that was killed."""

    def __init__(self, folder: Path, job: str, child: subprocess.Popen[bytes] | None) -> None:
        self.folder = folder
        self.job = job
        self.child = child
        description = json.loads(file_of(folder, job, "json").read_text(encoding="utf-8"))
        self.resources = description["resources"]
        self.started = file_of(folder, job, "lock").stat().st_mtime
        # why it is being ended, since when, and whether for its memory
        self.reason = ""
        self.asked = 0.0
        self.out_of_memory = False

    def result(self) -> tuple[int | None, int | None, str] | None:
        """Exit code, signal and reason; nothing while it runs."""
        if self.child is None:
            if is_locked(file_of(self.folder, self.job, "lock")):
                return None
            return None, None, "nobody knows how it ended: the process that waited for it was killed"
        code = self.child.poll()
        if code is None:
            return None
        if code < 0:
            return None, -code, f"killed by signal {-code}"
        return code, None, f"exit code {code}" if code else ""

    def end(self, reason: str) -> None:
        """Ask it to end, and kill it if it does not."""
        now = time.time()
        if not self.asked:
            self.reason, self.asked = reason, now
            self.send(signal.SIGTERM)
            self.send(signal.SIGCONT)
        elif now > self.asked + GRACE:
            self.send(signal.SIGKILL)

    def send(self, number: int) -> None:
        """Send a signal to all its processes."""
        for pid in self.processes():
            with contextlib.suppress(OSError):
                os.kill(pid, number)

    def processes(self) -> list[int]:
        """The processes of its session."""
        leader = self.child.pid if self.child else pid_of(self.folder, self.job)
        if leader is None:
            return []
        if not os.path.isdir("/proc/self"):
            return [leader]
        pids = [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]
        return [
            pid for pid in pids if (stat := proc_stat(f"/proc/{pid}")) and stat[3] == str(leader) and stat[0] != "Z"
        ]

    def memory(self) -> float:
        """Return the memory that its processes use together, in MB; what several share counts once."""
        pages = sum(int(stat[21]) for pid in self.processes() if len(stat := proc_stat(f"/proc/{pid}")) > 21)
        upper = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        # the exact number is slow to get
        return upper if upper <= self.resources["memory"] else sum(map(_proportional, self.processes())) / 1e3


def _proportional(pid: int) -> float:
    """A process's memory in kB, its share of what it shares."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
            return sum(float(line.split()[1]) * 1.024 for line in stream if line.startswith("Pss:"))
    except OSError:
        return 0.0


def _start(folder: Path, job: str) -> TrainingLoop:
    description = json.loads(file_of(folder, job, "json").read_text(encoding="utf-8"))
    lock = os.open(file_of(folder, job, "lock"), os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(lock, fcntl.LOCK_EX)
    child = None
    try:
        with _opened(description["log"]) as log:
            child = subprocess.Popen(
                ["/bin/sh", "-c", f'echo $$ >"$0"\n{description["script"]}', str(file_of(folder, job, "pid"))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=description["environment"],
                start_new_session=True,
                # the lock is the job's from here on: it lasts as long as its processes, whatever becomes of this one
                pass_fds=(lock,),
            )
    finally:
        os.close(lock)
    return TrainingLoop(folder, job, child)


def _opened(path: str) -> IO[bytes]:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return open(path, "ab")


def _write_end(folder: Path, job: str, **how: Any) -> None:
    path = file_of(folder, job, "end")
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"state": "ended", **how}), encoding="utf-8")
    part.rename(path)


def _look_after(running: dict[str, TrainingLoop], memory: bool) -> None:
    for job, one in list(running.items()):
        result = one.result()
        if result is None:
            limit = one.resources["runtime"]
            if one.asked or file_of(one.folder, job, "remove").exists():
                one.end("removed")
            elif time.time() > one.started + limit:
                one.end(f"killed for running longer than the {limit} s it asked for")
            elif memory and (used := one.memory()) > one.resources["memory"]:
                one.out_of_memory = True
                one.end(
                    f"killed for using {used:.0f} MB of memory, more than the {one.resources['memory']} it asked for"
                )
            continue
        # what a job leaves behind ends with it
        one.send(signal.SIGKILL)
        code, number, reason = result
        _write_end(
            one.folder,
            job,
            exit_code=None if one.asked else code,
            signal=number,
            reason=one.reason or reason,
            out_of_memory=one.out_of_memory,
            started=one.started,
        )
        del running[job]


def _begin(folder: Path, slots: int, running: dict[str, TrainingLoop], waiting: list[str]) -> None:
    for job in waiting:
        lock = file_of(folder, job, "lock")
        if lock.exists():
            # begun by a process like this one that is no more
            running[job] = TrainingLoop(folder, job, None)
            continue
        if file_of(folder, job, "remove").exists():
            _write_end(folder, job, reason="removed before it began")
            continue
        cpus = json.loads(file_of(folder, job, "json").read_text(encoding="utf-8"))["resources"]["cpus"]
        if sum(one.resources["cpus"] for one in running.values()) + cpus > slots:
            # in order: a job that needs many cores is not passed by those that need few
            break
        try:
            running[job] = _start(folder, job)
        except OSError as error:
            _write_end(folder, job, reason=f"it could not be started: {error}")


def _serve(folder: Path, slots: int) -> None:
    running: dict[str, TrainingLoop] = {}
    done: set[str] = set()
    looked = 0.0
    while True:
        now = time.monotonic()
        memory = now > looked + MEMORY_PAUSE
        looked = now if memory else looked
        _look_after(running, memory)
        left = unfinished(folder, done)
        if not left and not running:
            return
        _begin(folder, slots, running, [job for job in left if job not in running])
        time.sleep(PAUSE)


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    """Whether this process is the one that serves the folder, for as long as it does."""
    with (folder / LOCK).open("ab") as stream:
        # somebody who looks whether the folder is served has the lock for a moment
        for _ in range(20):
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            else:
                yield True
                return
        yield False


def _forget_old(folder: Path) -> None:
    """Delete what is known of jobs that ended long ago; their logs are elsewhere and stay."""
    done: set[str] = set()
    unfinished(folder, done)
    for batch in done:
        with contextlib.suppress(OSError):
            if (folder / batch).stat().st_mtime < time.time() - KEPT:
                shutil.rmtree(folder / batch)


def main(folder: Path, slots: int) -> None:
    """Serve a folder until it has no more work."""
    # who submits at this very moment either finds nobody serving, or is found here after the lock is released
    while has_work(folder):
        with _only_one(folder) as mine:
            if not mine:
                return
            _serve(folder, slots)
            _forget_old(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
