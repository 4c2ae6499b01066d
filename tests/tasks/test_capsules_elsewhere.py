"""The default study's capsule on other systems: a cluster's jobs, a machine without any network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.services.servers import Condor
from tests.tasks.batch.clusters import belongs_to_user
from tests.tasks.project import SMALL, Project, made

pytestmark = [pytest.mark.services, pytest.mark.release]

NAME = "airshower.capsule.zip"
RERUN = "airshower-rerun"
# whose records jobs make
TASKS = ("SimulateData", "ReconstructEvents", "TrainModel", "ScoreEvents", "BuildWorkspace", "FitMeasurement")


def preserved(project: Project, folder: Path) -> None:
    """Put the project's one capsule into a folder."""
    (file,) = project.store.glob(f"airshower/PreserveStudy/*/{NAME}")
    shutil.copy(file, folder)


def verdict_in(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "verdict.json").read_text())
    return found


def all_is_well(found: Mapping[str, Any]) -> bool:
    assert len(found["rows"]) >= 39
    assert [row for row in (*found["rows"], *found["tables"]) if not row["agrees"]] == []
    assert len(found["tables"]) >= 4
    return bool(found["agrees"])


def waited_for(condor: Condor, words: list[str]) -> subprocess.CompletedProcess[str]:
    """A command inside the pool's system, after its end."""
    pipe = subprocess.PIPE
    process = condor.start_command(words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(words, process.returncode, output, errors)


@pytest.fixture
def on_pool(condor: Condor) -> Iterator[Path]:
    """An empty folder of the pool's user, gone afterwards, as this machine sees it."""
    folder = condor.outside(f"{condor.home}/rerun-{uuid.uuid4().hex[:8]}")
    folder.mkdir()
    belongs_to_user(condor, folder)
    yield folder
    shutil.rmtree(folder)


def test_jobs_of_a_cluster_give_the_same_bits(author: Project, condor: Condor, on_pool: Path):
    preserved(author, on_pool)
    (on_pool / "mine.cfg").write_text("[site_htcondor]\ncpus: 2\nlast_poll: 2\n[batch]\npending: 3\n")
    belongs_to_user(condor, on_pool)
    words = ["bash", "-c", 'cd "$0" && exec "$@"', f"{condor.home}/{on_pool.name}", "python3", NAME]
    jobs = waited_for(condor, [*words, "--workflow", "htcondor", "--settings", "mine.cfg"])
    assert jobs.returncode == 0, jobs.stdout + jobs.stderr
    assert " tables: all agree" in jobs.stdout
    assert jobs.stderr.count("submitted to htcondor") >= len(TASKS)

    # nothing beside what it says
    assert {path.name for path in on_pool.iterdir()} == {NAME, RERUN, "mine.cfg"}
    # another Python than the preserved one's
    rerun = on_pool / RERUN
    found = verdict_in(rerun)
    assert all_is_well(found)
    assert any(text.startswith("python: ") for text in found["conditions_that_differ"])
    assert not (rerun / "source" / ".venv").exists()

    # jobs or none, this Python or that: not a bit of any record
    assert found["first_difference"] is None


def test_wheels_and_records_in_it_replace_all_networks(author: Project, tmp_path: Path):
    shutil.copytree(author.store, tmp_path / "store")
    project = replace(author, store=tmp_path / "store")
    for file in project.store.glob("airshower/PreserveStudy/*"):
        shutil.rmtree(file)
    project.law("run", "PreserveStudy", *SMALL, "--with-wheels", "--from-task", "TrainModel")
    preserved(project, tmp_path)
    # one core, and several steps at a time: it must not matter
    core = str(min(os.sched_getaffinity(0)))
    command = ["unshare", "--net", "taskset", "--cpu-list", core, sys.executable, NAME, "--workers", "3"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = verdict_in(tmp_path / RERUN)
    assert all_is_well(found)
    assert found["bit_for_bit"]
    assert found["first_difference"] is None
    # what the capsule brought was not made again
    again = set(made(done.stderr))
    assert {"ScoreEvents", "EvaluateModel", "Report"} <= again
    assert not again & {"GenerateEvents", "SimulateData", "ReconstructEvents", "PrepareTraining", "TrainModel"}
