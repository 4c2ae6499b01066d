"""Whole commands whose records jobs of real batch systems make, and what may happen to jobs there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.servers import Condor, Slurm
from tests.tasks.batch.clusters import (
    FAMILY,
    RECORDS,
    TASK,
    Cluster,
    Inside,
    condor_copy,
    slurm_cluster,
    slurm_site,
)
from tests.tasks.project import LASTING, Project, lasting_training, made
from tests.tasks.test_killing import watched

pytestmark = pytest.mark.services


@pytest.fixture
def condor_cluster(condor: Condor, pool_project: str, repository: Path) -> Iterator[Cluster]:
    with condor_copy(condor, pool_project, repository, "airshower") as cluster:
        yield cluster


SERVICE_OF = {"htcondor": "condor", "slurm": "slurm", "slurm_without_accounting": "slurm_without_accounting"}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.services(used)) for name, used in SERVICE_OF.items()])
def cluster(request: pytest.FixtureRequest, repository: Path, tmp_path: Path) -> Cluster:
    if request.param == "htcondor":
        found: Cluster = request.getfixturevalue("condor_cluster")
        return found
    return slurm_cluster(request.getfixturevalue(request.param), repository, tmp_path)


def test_jobs_make_the_same_records_as_the_command_itself(cluster: Cluster):
    output = cluster.project.law(*cluster.jobs)
    assert f"2 jobs for {RECORDS} records submitted to {cluster.workflow}" in output
    assert cluster.is_whole()
    assert set(cluster.made().values()) == {1}
    assert made(cluster.project.law(*TASK)) == []


def test_a_job_that_somebody_removes_is_submitted_again(cluster: Cluster):
    cluster.slow(1.0)
    process = cluster.project.start(*cluster.jobs)
    first, _ = cluster.running(process)
    cluster.run(["condor_rm" if cluster.workflow == "htcondor" else "scancel", first])
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert cluster.is_whole()
    assert "attempt 1 at" in output
    assert [attempt["number"] for attempt in cluster.attempts()] == [1, 1, 2]


def test_a_held_job_is_removed_and_submitted_again(cluster: Cluster):
    cluster.slow(1.0)
    process = cluster.project.start(*cluster.jobs)
    first, _ = cluster.running(process)
    hold = ["condor_hold", first] if cluster.workflow == "htcondor" else ["scontrol", "requeuehold", first]
    cluster.run(hold)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert cluster.is_whole()
    queue = ["condor_q", first, "-af", "JobStatus"] if cluster.workflow == "htcondor" else ["squeue", "-h", "-j", first]
    assert cluster.run(queue, check=False).strip() in ("", "slurm_load_jobs error: Invalid job id specified")


def test_a_killed_command_is_taken_up_by_the_next(cluster: Cluster):
    cluster.slow(0.5)
    process = cluster.project.start(*cluster.jobs)
    cluster.running(process)
    if isinstance(cluster.project, Inside):
        os.kill(int((cluster.project.folder / "process").read_text()), signal.SIGKILL)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    output = cluster.project.law(*cluster.jobs)
    assert "taking up 2 jobs of an earlier command" in output
    assert cluster.is_whole()
    assert set(cluster.made().values()) == {1}


@dataclass
class Training:
    """A training whose upstream records are there, and how its batch system evicts a job."""

    cluster: Cluster
    evict: Callable[[str], None]


@pytest.fixture
def slurm_training(slurm: Slurm, rerun: Project) -> Training:
    cluster = Cluster(rerun, "slurm", slurm.run)
    cluster.configure(slurm_site(slurm))

    def evict(job: str) -> None:
        slurm.run(["scontrol", "requeue", job])
        # Slurm waits two minutes before it starts a job again, unless it is told, once it has begun to wait
        while slurm.run(["squeue", "-h", "-j", job, "-o", "%T %r"]).strip() != "PENDING BeginTime":
            time.sleep(0.2)
        slurm.run(["scontrol", "update", f"jobid={job}", "starttime=now"])

    return Training(cluster, evict)


@pytest.fixture
def condor_training(condor: Condor, pool_project: str, repository: Path, trained: Project) -> Iterator[Training]:
    def evict(job: str) -> None:
        condor.run(["condor_vacate_job", job])

    # records of this machine's Python serve the pool's
    with condor_copy(condor, pool_project, repository, "htautau", records=trained.store) as cluster:
        yield Training(cluster, evict)


@pytest.mark.parametrize(
    "training",
    [pytest.param(f"{name}_training", marks=pytest.mark.services(name)) for name in ("condor", "slurm")],
)
def test_a_training_that_is_evicted_goes_on_to_the_same_parameters(training: str, request: pytest.FixtureRequest):
    found: Training = request.getfixturevalue(training)
    cluster, project = found.cluster, found.cluster.project
    place, expected = lasting_training(project)

    process = project.start("run", "TrainModel", *LASTING, "--workflow", cluster.workflow)
    deadline = time.monotonic() + 240
    while len(watched(place)) < 3:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (job,) = (attempt["job"] for attempt in cluster.attempts("TrainModel"))
    found.evict(job)
    assert not (place / "parameters.safetensors").exists()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    # the same job once more, not another one
    (attempt,) = cluster.attempts("TrainModel")
    log = project.condor.outside(attempt["log"]) if isinstance(project, Inside) else Path(attempt["log"])
    assert "resumed a killed training after epoch" in log.read_text()
    assert (place / "parameters.safetensors").read_bytes() == expected


def test_a_job_that_no_machine_can_run_is_explained(condor_cluster: Cluster):
    condor_cluster.configure(f"[resources_{FAMILY}]\nmemory: 900000")
    process = condor_cluster.project.start(*condor_cluster.jobs)
    assert process.stdout is not None
    for line in process.stdout:
        if "waits:" in line:
            break
    else:
        pytest.fail("it never said why")
    assert "memory" in line.lower()
    os.kill(int((condor_cluster.project.folder / "process").read_text()), signal.SIGKILL)
    process.communicate()
    assert "2 jobs removed" in condor_cluster.project.law(*condor_cluster.jobs, "--cancel-jobs")
