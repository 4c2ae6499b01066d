"""Copies of the project whose jobs go to real batch systems."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.services.servers import Condor, Slurm
from tests.tasks.project import Project, complete_records_are_whole, copy_project, new_project

FAMILY = "GenerateEvents"
RECORDS = 8
TASK = ("run", FAMILY, "--datasets", "proton", "--chunk-events", "500")
BEGIN = "        start, stop = self.chunk\n        identity = identify(self.dataset.name, start, stop - start)"


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
            "ERUMFLOW_STORE": f"{self.home}/{self.store.name}",
            "PYTHONPATH": self.home,
            "LAW_HOME": f"{self.home}/.law",
            "LAW_CONFIG_FILE": f"{self.home}/law.cfg",
            "PATH": f"{self.programs}:/usr/bin:/bin",
        }
        if self.mirror is not None:
            variables["ERUMFLOW_MIRROR"] = str(self.mirror)
        variables |= self.variables
        script = f"cd {self.home}; echo $$ >process; exec law {shlex.join(arguments)}"
        words = ["env", *(f"{name}={value}" for name, value in variables.items()), "bash", "-c", script]
        return self.condor.start_command(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )


def slurm_cluster(slurm: Slurm, repository: Path, folder: Path) -> Cluster:
    """A copy of the project, of the study ``airshower``, that knows the way to a Slurm."""
    cluster = Cluster(new_project(repository, folder, "airshower", None), "slurm", slurm.run)
    cluster.configure(slurm_site(slurm))
    return cluster


def slurm_site(slurm: Slurm) -> str:
    """What law_user.cfg has to say of a Slurm."""
    return f"[site_slurm]\ncommand_prefix: env SLURM_CONF={slurm.exported['SLURM_CONF']}\nlast_poll: 2"


@contextlib.contextmanager
def condor_copy(
    condor: Condor,
    pool_project: str,
    repository: Path,
    study: str,
    mirror: Path | None = None,
    records: Path | None = None,
    cpus: int = 1,
) -> Iterator[Cluster]:
    """A copy of the project inside the pool, gone afterwards.

    Args:
        condor: the pool.
        pool_project: where an environment is, inside.
        repository: what is copied.
        study: what commands without ``--study`` are about.
        mirror: folder of public data; copied, too.
        records: a store that the copy's begins as.
        cpus: processors of a job, of four that the pool has.
    """
    home = f"{condor.home}/workflow-{uuid.uuid4().hex[:8]}"
    folder = condor.outside(home)
    copy_project(repository, folder, study)
    inside = None
    if mirror is not None:
        shutil.copytree(mirror, folder / "mirror")
        inside = Path(home, "mirror")
    if records is not None:
        shutil.copytree(records, folder / "store")
    belongs_to_user(condor, folder)
    project = Inside(folder, folder / "store", inside, {}, condor, home, f"{pool_project}/.venv/bin")
    cluster = Cluster(project, "htcondor", condor.run)
    cluster.configure(f"[site_htcondor]\ncpus: {cpus}\nlast_poll: 2\n[batch]\npending: 3")
    project.law("index", "-q")
    try:
        yield cluster
    finally:
        # a test may have failed at anything
        if jobs := [a["job"] for a in cluster.attempts("*") if a["phase"] != "over" and a["job"]]:
            condor.run(["condor_rm", *jobs], check=False)
            deadline = time.monotonic() + 60
            # a pool that does not answer has none; what the test found is not to be hidden by that
            queue = ["condor_q", *jobs, "-af", "ClusterId"]
            while re.search(r"^\d+$", condor.run(queue, check=False), re.MULTILINE) and time.monotonic() < deadline:
                time.sleep(0.5)
        shutil.rmtree(folder)


def belongs_to_user(condor: Condor, folder: Path) -> None:
    """Give a folder and all in it to the pool's user."""
    user = condor.outside(condor.home).stat()
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
        os.chown(path, user.st_uid, user.st_gid)
