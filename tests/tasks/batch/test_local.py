"""Jobs as processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import BatchError
from tasks.batch.resources import Resources
from tasks.batch.sites import Site, batch_system
from tasks.batch.systems import local_files
from tests.tasks.batch.cases import SMALL, Pool, SystemCases, wait_for


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    folder = tmp_path / "jobs"
    folder.mkdir()
    site = Site("here", "local", logs=tmp_path / "logs", slots=2, scratch=str(tmp_path))
    pool = Pool(site, folder, 2, suspend=lambda job: os.kill(process(site, job), signal.SIGSTOP), refuses=True)
    yield pool
    pool.clean()


def queue_folder(site: Site) -> Path:
    (folder,) = (site.logs / "local").iterdir()
    return folder


def process(site: Site, job: str) -> int:
    wait_for(lambda: local_files.pid_of(queue_folder(site), job))
    return local_files.pid_of(queue_folder(site), job) or 0


def queue_process(site: Site) -> int:
    """The process that starts jobs: the one that has the folder's name among its words."""
    folder = str(queue_folder(site)).encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if folder in words:
                return int(entry.name)
    raise AssertionError("there is no such process")


class TestLocal(SystemCases):
    def test_jobs_go_on_without_the_command_that_submitted_them(self, pool: Pool, repository: Path) -> None:
        code = f"""
from pathlib import Path
from tasks.batch.sites import Site, batch_system
from tasks.batch.systems.system import Job
folder = Path({str(pool.folder)!r})
site = Site("here", "local", logs=Path({str(pool.site.logs)!r}), slots=2)
script = "sleep 0.5; echo $0 >>out"
jobs = [Job(f"j{{i}}", ("/bin/sh", "-c", script, str(i)), folder / "log", folder=folder) for i in range(4)]
print(*batch_system(site).submit(jobs), flush=True)
import os; os.kill(os.getpid(), 9)
"""
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=repository, env=os.environ | {"PYTHONPATH": str(repository)}, capture_output=True
        )
        assert done.returncode == -9, done.stderr.decode()
        ids = done.stdout.decode().split()
        out = pool.folder / "out"
        # nobody asks for them, and they run
        wait_for(lambda: out.exists() and sorted(out.read_text().split()) == ["0", "1", "2", "3"])
        pool.wait(ids, ["ended"])
        # with nothing left to do, nothing stays behind
        wait_for(lambda: not local_files.is_served(queue_folder(pool.site)))

    def test_the_queue_is_killed_and_nothing_runs_twice(self, pool: Pool) -> None:
        script = "echo $$ >>started; while [ ! -e gate ]; do sleep 0.05; done"
        jobs = [pool.job(script) for _ in range(3)]
        ids = pool.submit(*jobs)
        started = pool.folder / "started"
        wait_for(lambda: started.exists() and len(started.read_text().split()) == 2)
        os.kill(queue_process(pool.site), signal.SIGKILL)
        wait_for(lambda: not local_files.is_served(queue_folder(pool.site)))
        # the next question finds the two that run, and sees to it that the third will
        states = [one.state for one in pool.system.query(ids).values()]
        assert states == ["running", "running", "pending"]
        time.sleep(0.5)
        assert len(started.read_text().split()) == 2
        (pool.folder / "gate").touch()
        found = pool.wait(ids, ["ended"])
        assert len(started.read_text().split()) == 3
        assert found[ids[2]].succeeded
        for job in ids[:2]:
            assert found[job].exit_code is None
            assert "nobody knows" in found[job].reason

    def test_jobs_of_a_killed_queue_can_be_removed(self, pool: Pool) -> None:
        (number,) = pool.submit(pool.job("sleep 300"))
        pid = process(pool.site, number)
        os.kill(queue_process(pool.site), signal.SIGKILL)
        pool.system.remove([number])
        # gone, or waiting for its parent to notice
        assert local_files.proc_stat(f"/proc/{pid}")[:1] in ([], ["Z"])
        assert "removed" in pool.status(number).reason

    def test_jobs_that_ended_long_ago_are_forgotten(self, pool: Pool) -> None:
        old, new = pool.submit(pool.job("true"))[0], pool.submit(pool.job("true"))[0]
        pool.wait([old, new], ["ended"])
        wait_for(lambda: not local_files.is_served(queue_folder(pool.site)))
        batch = queue_folder(pool.site) / old.partition(".")[0]
        os.utime(batch, (0, time.time() - 15 * 86400))
        pool.end_of(pool.job("true"))
        wait_for(lambda: not batch.exists())
        assert pool.status(old).state == "gone"
        assert pool.status(new).state == "ended"

    def test_a_job_that_takes_longer_than_it_asked_for(self, pool: Pool) -> None:
        status = pool.end_of(pool.job("sleep 60", resources=replace(SMALL, runtime=1)))
        assert status.exit_code is None
        assert "longer than the 1 s" in status.reason

    def test_a_job_that_needs_many_cores_is_not_passed_by(self, pool: Pool) -> None:
        wide = replace(SMALL, cpus=2)
        scripts = [("sleep 0.3; echo 1 >>order", SMALL), ("echo 2 >>order", wide), ("echo 3 >>order", SMALL)]
        ids = pool.submit(*(pool.job(script, resources=resources) for script, resources in scripts))
        pool.wait(ids, ["ended"])
        assert (pool.folder / "order").read_text().split() == ["1", "2", "3"]

    def test_all_or_none(self, pool: Pool) -> None:
        jobs = [pool.job("touch ran"), pool.job("true", resources=Resources(cpus=3))]
        with pytest.raises(BatchError, match=r"asks for 3 cores, and there are 2"):
            pool.submit(*jobs)
        assert pool.system.find([jobs[0].name]) == {}

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        system = batch_system(Site("here", "local", logs=tmp_path / "file"))
        with pytest.raises(BatchError, match="cannot be written"):
            system.check()
