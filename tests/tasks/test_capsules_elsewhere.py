"""The default study's capsule on other systems: a bare Debian, a cluster's jobs, a machine without any network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.preservation.comparison import first_difference
from analysis.preservation.description import Description
from analysis.preservation.stored import StoredRecords
from analysis.preservation.verdict import preserved_in, unlike
from tests.services.servers import Condor, Debian
from tests.tasks.batch.clusters import belongs_to_user
from tests.tasks.project import SMALL, Project, made

pytestmark = [pytest.mark.services, pytest.mark.long]

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


def test_a_bare_system_and_a_cluster_give_the_same_bits_as_each_other(
    author: Project, debian: Debian, condor: Condor, on_pool: Path, tmp_path: Path
):
    home = tmp_path / "home"
    home.mkdir()
    for folder in (home, on_pool):
        preserved(author, folder)
    (on_pool / "mine.cfg").write_text("[site_htcondor]\ncpus: 2\nlast_poll: 2\n[batch]\npending: 3\n")
    belongs_to_user(condor, on_pool)
    words = ["bash", "-c", 'cd "$0" && exec "$@"', f"{condor.home}/{on_pool.name}", "python3", NAME]
    words += ["--workflow", "htcondor", "--settings", "mine.cfg"]
    # side by side, as jobs leave processors idle
    with ThreadPoolExecutor() as side:
        cluster = side.submit(waited_for, condor, words)
        bare = debian.run(home, ["python3", NAME])
        jobs = cluster.result()

    assert bare.returncode == 0, bare.stdout + bare.stderr
    assert " tables: all agree" in bare.stdout
    assert jobs.returncode == 0, jobs.stdout + jobs.stderr
    assert jobs.stderr.count("submitted to htcondor") >= len(TASKS)

    # nothing beside what it says
    assert {path.name for path in home.iterdir()} == {NAME, RERUN}
    for folder in (home, on_pool):
        # another Python than the preserved one's: tolerances hold, and hardly any number needs them
        found = verdict_in(folder / RERUN)
        assert all_is_well(found)
        assert any(text.startswith("python: ") for text in found["conditions_that_differ"])
        assert not (folder / RERUN / "source" / ".venv").exists()

    # jobs or none: not a bit of any record
    description = Description.from_json((home / RERUN / "capsule.json").read_bytes())
    one, other = (StoredRecords(folder / RERUN / "store", "airshower") for folder in (home, on_pool))
    names = preserved_in(home / RERUN)
    manifests = {name: one.manifest(name, names[name]["record"]["key"]) or {} for name in names}
    # the same keys as where it was preserved
    assert all(manifest["record"]["key"] == names[name]["record"]["key"] for name, manifest in manifests.items())
    assert first_difference(manifests, other.manifest, unlike=unlike(description)) is None


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
