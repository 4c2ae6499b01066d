"""Whole commands whose records jobs of real batch systems make, and what may happen to jobs there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.services.servers import Condor, Slurm
from tests.tasks.project import Project, complete_records_are_whole, copy_project, made, new_project
from tests.tasks.test_killing import watched

pytestmark = pytest.mark.services

FAMILY = "GenerateEvents"
RECORDS = 8
TASK = ("run", FAMILY, "--datasets", "proton", "--chunk-events", "500")
BEGIN = "        start, stop = self.chunk\n        step = _step(self.dataset.generate)"


@dataclass
class Cluster:
    """A project whose jobs go to a batch system.

    Args:
        project: that is run.
        workflow: for ``--workflow``.
        run: runs a command of the batch system.
    """

    project: Project
    workflow: str
    run: Any

    @property
    def jobs(self) -> tuple[str, ...]:
        return (*TASK, "--workflow", self.workflow, "--tasks-per-job", "4")

    def slow(self, seconds: float) -> None:
        """Let every branch take its time."""
        self.project.replace("tasks/data.py", BEGIN, f"        import time; time.sleep({seconds})\n{BEGIN}")

    def configure(self, text: str) -> None:
        with (self.project.folder / "law_user.cfg").open("a") as stream:
            stream.write(f"\n{text}\n")

    def attempts(self, family: str = FAMILY) -> list[dict[str, Any]]:
        files = self.project.folder.glob(f"jobs/*/{family}/*/submission.json")
        return [attempt for file in files for attempt in json.loads(file.read_text())["attempts"]]

    def running(self, process: subprocess.Popen[str]) -> list[str]:
        """Ids of jobs, once two of them run."""
        deadline = time.monotonic() + 120
        while True:
            found = [attempt["job"] for attempt in self.attempts() if attempt["state"] == "running"]
            if len(found) == 2:
                return found
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, self.attempts()
            time.sleep(0.1)

    def made(self) -> Counter[str]:
        """Labels of records that jobs say they made."""
        logs = (self.project.folder / "jobs").glob(f"*/{FAMILY}/*/*.log")
        text = "\n".join(log.read_text() for log in logs)
        return Counter(re.findall(r"^made  \w+ proton (\w+-\w+)", text, re.MULTILINE))

    def is_whole(self) -> bool:
        complete_records_are_whole(self.project)
        return len(list(self.project.store.glob(f"airshower/{FAMILY}/*/*manifest.json"))) == RECORDS


@dataclass
class Inside(Project):
    """A copy of the project's code inside the HTCondor pool.

    Args:
        condor: the pool.
        home: of the copy, seen from inside.
        programs: folder of the environment's programs, seen from inside.
    """

    condor: Condor = field(default_factory=Condor)
    home: str = ""
    programs: str = ""

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        variables = {
            "ERUMFLOW_BASE": self.home,
            "ERUMFLOW_STORE": f"{self.home}/store",
            "PYTHONPATH": self.home,
            "LAW_HOME": f"{self.home}/.law",
            "LAW_CONFIG_FILE": f"{self.home}/law.cfg",
            "PATH": f"{self.programs}:/usr/bin:/bin",
        }
        script = f"cd {self.home}; echo $$ >process; exec law {shlex.join(arguments)}"
        words = ["env", *(f"{name}={value}" for name, value in variables.items()), "bash", "-c", script]
        return self.condor.start_command(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )


def slurm_cluster(slurm: Slurm, repository: Path, folder: Path) -> Cluster:
    project = new_project(repository, folder, "airshower", None)
    cluster = Cluster(project, "slurm", slurm.run)
    cluster.configure(f"[site_slurm]\ncommand_prefix: env SLURM_CONF={slurm.exported['SLURM_CONF']}\nlast_poll: 2")
    return cluster


@pytest.fixture
def condor_cluster(condor: Condor, pool_project: str, repository: Path) -> Iterator[Cluster]:
    home = f"{condor.home}/workflow-{uuid.uuid4().hex[:8]}"
    folder = condor.outside(home)
    copy_project(repository, folder, "airshower")
    condor_user = condor.outside(condor.home).stat()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, condor_user.st_uid, condor_user.st_gid)
    project = Inside(folder, folder / "store", None, {}, condor, home, f"{pool_project}/.venv/bin")
    cluster = Cluster(project, "htcondor", condor.run)
    cluster.configure("[site_htcondor]\nlast_poll: 2\n[batch]\npending: 3")
    project.law("index", "-q")
    yield cluster
    if any(attempt["phase"] != "over" for attempt in cluster.attempts()):
        project.law(*cluster.jobs, "--cancel-jobs")
    shutil.rmtree(folder)


@pytest.fixture(params=["htcondor", "slurm", "slurm_without_accounting"])
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


def test_a_training_that_is_evicted_goes_on_to_the_same_parameters(slurm: Slurm, rerun: Project):
    settings = ("--training", "epochs=80,patience=80", "--network-settings", "hidden=8", "--checkpoint-seconds", "0")
    rerun.law("run", "TrainModel", *settings)
    (place,) = (
        file.parent
        for file in (rerun.store / "htautau/TrainModel").glob("*/history.jsonl")
        if file.read_text().count("\n") == 80
    )
    expected = (place / "parameters.safetensors").read_bytes()
    shutil.rmtree(place)

    cluster = Cluster(rerun, "slurm", slurm.run)
    cluster.configure(f"[site_slurm]\ncommand_prefix: env SLURM_CONF={slurm.exported['SLURM_CONF']}\nlast_poll: 2")
    process = rerun.start("run", "TrainModel", *settings, "--workflow", "slurm")
    deadline = time.monotonic() + 240
    while len(watched(place)) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (job,) = (attempt["job"] for attempt in cluster.attempts("TrainModel"))
    slurm.run(["scontrol", "requeue", job])
    assert not (place / "parameters.safetensors").exists()
    # Slurm waits two minutes before it starts a job again, unless it is told
    while slurm.run(["squeue", "-h", "-j", job, "-o", "%T"]).strip() != "PENDING":
        time.sleep(0.2)
    slurm.run(["scontrol", "update", f"jobid={job}", "starttime=now"])
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    (attempt,) = cluster.attempts("TrainModel")
    assert "resumed a killed training after epoch" in Path(attempt["log"]).read_text()
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
