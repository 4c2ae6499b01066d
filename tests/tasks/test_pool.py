"""The default study on the HTCondor pool: another Debian, another Python, another user, the same keys and numbers."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.services.servers import Condor
from tests.tasks.batch.clusters import condor_copy
from tests.tasks.project import QUICK, Project, complete_records_are_whole, made, new_project

pytestmark = [pytest.mark.services, pytest.mark.long]

# Where Python, packages or the system's mathematics differ: of a number, relative to its size or to its uncertainty.
# Fits end where the minimiser is content, which is that much beside the minimum.
TOLERANCE = 1e-3
JOBS = ("--workflow", "htcondor", "--tasks-per-job", "4")
# whose records jobs make, of those that a page needs
TASKS = ("SimulateData", "ReconstructEvents", "TrainModel", "ScoreEvents", "BuildWorkspace", "FitMeasurement")
# a tenth of the events
SMALL = (*QUICK, "--statistics", "small")


def results_of(store: Path) -> dict[str, Any]:
    (file,) = store.glob("airshower/CollectResults/*/results.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def leaves(tree: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """What a tree holds, by where it stands there; members of lists go by their names where they have one."""
    if isinstance(tree, dict):
        for name, member in tree.items():
            yield from leaves(member, f"{place}/{name}")
    elif isinstance(tree, list):
        for i, member in enumerate(tree):
            name = member.get("name", i) if isinstance(member, dict) else i
            yield from leaves(member, f"{place}/{name}")
    else:
        yield place, tree


def differences(here: Any, there: Any, tolerance: float = 0.0) -> list[str]:
    """Where two trees of results differ, a line each."""
    ours, theirs = dict(leaves(here)), dict(leaves(there))
    lines = [f"{place}: only in one" for place in sorted(ours.keys() ^ theirs.keys())]
    for place in sorted(ours.keys() & theirs.keys()):
        a, b = ours[place], theirs[place]
        if isinstance(a, float) and isinstance(b, float):
            if a != b and not math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * size_of(place, ours)):
                lines.append(f"{place}: {a!r} and {b!r}, {abs(a - b) / max(abs(a), abs(b)):.1e} of it")
        elif a != b:
            lines.append(f"{place}: {a!r} and {b!r}")
    return lines


def size_of(place: str, found: dict[str, Any]) -> float:
    """How large a number's own uncertainty is; 0 if it has none."""
    stat = place.rpartition("/")[0] + "/stat/0"
    return abs(found[stat]) if place.endswith("/value") and isinstance(found.get(stat), float) else 0.0


def keys_of(store: Path) -> set[str]:
    """Task, series and key of every record."""
    return {str(file.parent.relative_to(store)) for file in store.glob("airshower/*/*/*manifest.json")}


@pytest.fixture
def inside(condor: Condor, pool_project: str, repository: Path) -> Iterator[Project]:
    """A copy of the project inside the pool, with an empty store."""
    with condor_copy(condor, pool_project, repository, "airshower", cpus=2) as cluster:
        yield cluster.project


def test_a_report_from_the_pool_is_the_same_as_from_here(inside: Project, repository: Path, tmp_path: Path):
    here = new_project(repository, tmp_path, "airshower", None)
    without_jobs = dataclasses.replace(inside, store=inside.store.with_name("without_jobs"))
    # side by side, as jobs leave processors idle
    with ThreadPoolExecutor() as side:
        report = side.submit(inside.law, "run", "Report", *SMALL, *JOBS)
        without_jobs.law("run", "CollectResults", *SMALL)
        here.law("run", "CollectResults", *SMALL)
        output = report.result()
    assert output.count("submitted to htcondor") >= len(TASKS)
    assert {"FetchPublications", "Report"} <= set(made(output))
    complete_records_are_whole(inside)
    assert {key.split("/")[1] for key in keys_of(inside.store)} >= {*TASKS, "PlotMeasurement", "Report"}

    # bit for bit where Python, packages and system are the same
    assert keys_of(without_jobs.store) < keys_of(inside.store)
    assert differences(results_of(without_jobs.store), results_of(inside.store)) == []

    # here all keys are the same: with the pool's records nothing is left to be done
    assert keys_of(here.store) < keys_of(inside.store)
    theirs = tmp_path / "theirs"
    shutil.copytree(inside.store, theirs)
    there = Project(here.folder, theirs, here.mirror)
    assert made(there.law("run", "Report", *SMALL)) == []
    assert differences(results_of(here.store), results_of(theirs), TOLERANCE) == []


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ({"value": 1.0005, "stat": [0.1]}, None),
        ({"value": 1.0, "stat": [0.1001]}, None),
        ({"value": 1.002, "stat": [0.1]}, "/numbers/mu/value: 1.0 and 1.002, 2.0e-03 of it"),
        ({"value": 1.0, "stat": [0.2]}, "/numbers/mu/stat/0: 0.1 and 0.2, 5.0e-01 of it"),
        ({"value": 1.0}, "/numbers/mu/stat/0: only in one"),
    ],
)
def test_a_difference_is_named(other: dict[str, Any], line: str | None):
    one = {"numbers": [{"name": "mu", "value": 1.0, "stat": [0.1]}]}
    found = differences(one, {"numbers": [{"name": "mu", **other}]}, TOLERANCE)
    assert found == ([line] if line else [])
