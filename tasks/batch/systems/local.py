"""Jobs as processes of this machine, which go on when the submitting command ends."""

from __future__ import annotations

import json
import os
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path

from analysis.errors import BatchError
from tasks.batch.description import PATH, start_lines
from tasks.batch.sites import Site
from tasks.batch.systems import local_files
from tasks.batch.systems.system import BatchSystem, Job, Status

__all__ = ["Local"]

REMOVAL_TIME = 30.0
START_TIME = 20.0
QUEUE = "tasks.batch.systems.local_queue"
SOURCES = Path(__file__).resolve().parents[3]


class Local(BatchSystem):
    """Processes of this machine, as many at once as it has processor cores.

    Jobs are folders below the site's log folder. A process of its own (:mod:`tasks.batch.systems.local_queue`) starts
    them, waits for them and ends with the last; every call that needs it sees to it that it is there.

    Args:
        site: how many cores jobs may use, and where the folders are.
    """

    def __init__(self, site: Site) -> None:
        self.name = site.name
        self._site = site
        # of this machine: the same folder may be seen from others
        self._folder = site.logs.absolute() / "local" / (platform.node() or "localhost")
        self._slots = site.slots or len(
            os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
        )

    def submit(self, jobs: Sequence[Job]) -> list[str]:
        for job in jobs:
            if job.resources.cpus > self._slots:
                raise BatchError(
                    f"site {self.name!r}: a job asks for {job.resources.cpus} cores, and there are {self._slots}",
                    cure=f"ask for less, or set slots in [site_{self.name}]",
                )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # in the order of their names the queue starts them
            batch = f"{time.time_ns():020d}-{secrets.token_hex(3)}"
            waiting = self._folder / f".{batch}"
            waiting.mkdir()
            ids = [f"{batch}.{index}" for index in range(len(jobs))]
            for job, number in zip(jobs, ids, strict=True):
                description = {
                    "name": job.name,
                    "script": "\n".join(start_lines(job, self._site)),
                    "environment": {"PATH": PATH, "HOME": str(Path.home()), **job.environment},
                    "resources": asdict(job.resources),
                    "log": str(job.log),
                }
                (waiting / f"{number}.json").write_text(json.dumps(description), encoding="utf-8")
            # all or none: one rename makes them jobs
            waiting.rename(self._folder / batch)
        except OSError as error:
            raise BatchError(
                f"site {self.name!r}: {self._folder} cannot be written: {error.strerror}",
                cure=f"name another folder: logs in [site_{self.name}]",
            ) from None
        self._see_to_queue()
        return ids

    def find(self, names: Collection[str]) -> dict[str, str]:
        found = {}
        for path in self._folder.glob("[0-9]*/*.json"):
            if (name := json.loads(path.read_text(encoding="utf-8"))["name"]) in names:
                found[name] = path.stem
        return found

    def query(self, ids: Collection[str]) -> dict[str, Status]:
        self._see_to_queue()
        return {job: self._status(job) for job in ids}

    def remove(self, ids: Collection[str]) -> None:
        left = [job for job in ids if local_files.ask_to_remove(self._folder, job)]
        end = time.monotonic() + REMOVAL_TIME
        while left := [job for job in left if self._status(job).state not in ("ended", "gone")]:
            self._see_to_queue()
            if time.monotonic() > end:
                raise BatchError(
                    f"site {self.name!r}: processes do not end: jobs {', '.join(left[:10])}",
                    cure="look at them with ps; one that waits for a disk or a server cannot be killed",
                )
            time.sleep(0.05)

    def why_pending(self, job: str) -> str:
        status = self._status(job)
        if status.state != "pending":
            return "it does not wait any more"
        return f"other jobs use the {self._slots} cores that jobs may use on this machine"

    def check(self) -> str:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            probe = self._folder / f".check-{secrets.token_hex(4)}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise BatchError(
                f"site {self.name!r}: {self._folder} cannot be written: {error.strerror}",
                cure=f"name another folder: logs in [site_{self.name}]",
            ) from None
        return f"processes of this machine, {self._slots} cores"

    def _status(self, job: str) -> Status:
        found = local_files.state(self._folder, job)
        return Status(**found, host=platform.node()) if found else Status("gone")

    def _see_to_queue(self) -> None:
        """Start the process that starts jobs, unless it is there or there is nothing to do."""
        if not local_files.has_work(self._folder) or local_files.is_served(self._folder):
            return
        log = self._folder / "queue.log"
        words = [sys.executable, "-S", "-m", QUEUE, str(self._folder), str(self._slots)]
        with log.open("ab") as stream:
            # through a shell that ends at once, so that it is nobody's child; in a session of its own, because Ctrl-C
            # and the end of the terminal are for the submitting command alone
            subprocess.run(
                ["/bin/sh", "-c", '"$@" &', "sh", *words],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                env={"PATH": PATH, "PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"},
                cwd="/",
                check=True,
            )
        end = time.monotonic() + START_TIME
        while local_files.has_work(self._folder) and not local_files.is_served(self._folder):
            if time.monotonic() > end:
                raise BatchError(
                    f"site {self.name!r}: the process that starts jobs does not begin", cure=f"{log} may say why"
                )
            time.sleep(0.01)
