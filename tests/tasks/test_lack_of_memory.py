"""Trainings that have too little memory, however that ends them: the same words, the same cure, the same status."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.project import Project, new_project

# trainings of nothing, which end as one that lacks memory does
TASKS = """
import os, resource, signal
from tasks.framework.record_task import recorded
from tasks.training import TrainModel


class Lacking(TrainModel):
    exclude_index = True

    def needs(self, series):
        return {}


class Killed(Lacking):
    def make(self, draft):
        os.kill(os.getpid(), signal.SIGKILL)


class Crashed(Lacking):
    def make(self, draft):
        os.kill(os.getpid(), signal.SIGSEGV)


class Aborted(Lacking):
    def make(self, draft):
        os.abort()


class Limited(Lacking):
    def make(self, draft):
        import numpy as np

        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 10**8, used + 10**8))
        np.ones(10**9)


class OnDevice(Lacking):
    def make(self, draft):
        import jax.numpy as jnp

        jnp.ones((2**30, 2**20))


class Hungry(Lacking):
    def make(self, draft):
        all = []
        while True:
            all.append(b"x" * 10**7)
"""
CURE = (
    "take less memory: train with smaller batches (--training batch_size=64; they have 128 events) or a smaller "
    "network; let events take less (training_memory in [resources] of law_user.cfg); make fewer records at once "
    "(--workers); or give jobs more (memory, in MB, in [resources_NAME] of law_user.cfg)"
)
WAYS = {
    "Killed": r"was killed by signal 9 \(SIGKILL\), perhaps for its memory: it used up to 0\.\d\d GB",
    "Crashed": r"was killed by signal 11 \(SIGSEGV\), perhaps for its memory: it used up to 0\.\d\d GB",
    "Aborted": r"was killed by signal 6 \(SIGABRT\), perhaps for its memory: it used up to 0\.\d\d GB",
    "Limited": r"there is not enough memory to make \S+ \(MemoryError: .*\)",
    "OnDevice": r"there is not enough memory to make \S+ \(JaxRuntimeError: RESOURCE_EXHAUSTED: .*\)",
}
BY_KERNEL = r"was killed by signal 9 \(SIGKILL\), by the kernel for its memory: it used up to 0\.[1-4]\d GB"
# of failed tasks, whatever they fail with
STATUS = 40
LIMIT_BYTES = 400_000_000


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def lacking(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(repository, tmp_path_factory.mktemp("lacking"), "airshower", None)
    (project.folder / "lacking.py").write_text(TASKS)
    return project


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group for little memory."""
    name = f"erumflow-test-{uuid.uuid4().hex[:8]}"
    for folder, limit in (
        (Path("/sys/fs/cgroup/memory", name), "memory.limit_in_bytes"),
        (Path("/sys/fs/cgroup", name), "memory.max"),
    ):
        try:
            folder.mkdir()
            (folder / limit).write_text(str(LIMIT_BYTES))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            continue
        yield folder
        # whoever was in it has ended, or does at once
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                folder.rmdir()
            except OSError:
                time.sleep(0.1)
            else:
                return
    pytest.skip("this machine lets nobody make a control group for memory here")


def end_of(project: Project, name: str, *arguments: str, group: Path | None = None) -> tuple[int, str]:
    """Exit status and output of a training, by a command that is in a control group if there is one."""
    command = [str(Path(sys.executable).parent / "law"), "run", f"lacking.{name}", *arguments]
    if group:
        command = ["/bin/sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', str(group), *command]
    done = subprocess.run(
        command,
        cwd=project.folder,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def check_command(project: Project, name: str, way: str, group: Path | None = None) -> None:
    status, output = end_of(project, name, "--workers", "2", group=group)
    who = rf"the process that made {name} \w+ " if way.startswith("was") else ""
    (cure,) = re.findall(rf"^error: {who}{way}\n  cure: (.*)$", output, re.MULTILINE)
    assert (status, cure) == (STATUS, CURE.replace("NAME", name)), output


def check_job(project: Project, name: str, way: str, group: Path | None = None) -> None:
    status, output = end_of(project, name, "--workflow", "batch-local", "--retries", "0", group=group)
    who = "its process " if way.startswith("was") else ""
    (cure,) = re.findall(
        rf"^error: 1 of 1 records of {name} were not made:\n  \w+: {who}{way} \(log \S+\)\n  cure: (.*)$",
        output,
        re.MULTILINE,
    )
    assert (status, cure.partition("; read the logs")[0]) == (STATUS, CURE.replace("NAME", name)), output


def ways(*, long: set[str]) -> list[Any]:
    return [pytest.param(*one, marks=pytest.mark.long if one[0] in long else (), id=one[0]) for one in WAYS.items()]


@pytest.mark.parametrize(("name", "way"), ways(long={"Aborted", "OnDevice"}))
def test_in_a_command(name: str, way: str, lacking: Project):
    check_command(lacking, name, way)


@pytest.mark.parametrize(("name", "way"), ways(long={"Crashed", "Aborted", "OnDevice"}))
def test_in_a_job(name: str, way: str, lacking: Project):
    check_job(lacking, name, way)


def test_by_the_kernel_in_a_command(lacking: Project, group: Path):
    check_command(lacking, "Hungry", BY_KERNEL, group)


def test_by_the_kernel_in_a_job(lacking: Project, group: Path):
    check_job(lacking, "Hungry", BY_KERNEL, group)
