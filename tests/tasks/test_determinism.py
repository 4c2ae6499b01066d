"""The number of processes and of cores, and the order of branches, change no bit of any record."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.training import TrainModel
from tests.tasks.project import QUICK, SMALL, Project

pytestmark = pytest.mark.long


def digests(project: Project) -> dict[str, str]:
    """SHA-256 of every file of every record, by its place; those left out that hold times."""
    found: dict[str, str] = {}
    for file in project.store.glob("*/*/*/*manifest.json"):
        manifest: dict[str, Any] = json.loads(file.read_text())
        varying = TrainModel.varying if manifest["record"]["family"] == "TrainModel" else ()
        begin = str(file.relative_to(project.store)).removesuffix("manifest.json")
        found |= {f"{begin}{name}": one["sha256"] for name, one in manifest["payload"].items() if name not in varying}
    return found


def run_otherwise(usual: Project, folder: Path, first: str, *command: str) -> Project:
    """A command with an empty store and one core, after the last branches of a task, made by three processes."""
    # what it needs is compiled anew, too
    variables = usual.variables | {"ERUMFLOW_COMPILED": str(folder / "compiled")}
    other = replace(usual, folder=folder / "project", store=folder / "store", variables=variables)
    shutil.copytree(usual.folder, other.folder, ignore=shutil.ignore_patterns("__pycache__"))
    other.store.mkdir()
    with (other.folder / "law_user.cfg").open("a") as stream:
        stream.write("\n[resources]\ncores: 1\n")
    size = command[command.index("--statistics") :] if "--statistics" in command else ()
    other.law("run", first, *size, "--branches", "3,2", "--workers", "3")
    assert len(list(other.store.glob(f"*/{first}/*/*manifest.json"))) == 2
    other.law("run", *command)
    return other


def assert_same_bits(usual: Project, other: Project, records: int) -> None:
    before, after = digests(usual), digests(other)
    assert len(after) >= records
    # the usual run went further
    assert after.keys() <= before.keys()
    assert [name for name in sorted(after) if before[name] != after[name]] == []


def test_airshower_up_to_its_networks(author: Project, tmp_path: Path):
    # all else is done on one core by three processes where a capsule without network is run again
    other = run_otherwise(author, tmp_path, "FitEvents", "TrainModel", *SMALL)
    assert_same_bits(author, other, 35)


@pytest.mark.release
def test_htautau_up_to_its_fit(collisions: Project, tmp_path: Path):
    # one campaign's fits of three
    other = run_otherwise(collisions, tmp_path, "CalibrateEvents", "FitMeasurement", *QUICK, "--campaign", "2012B")
    assert_same_bits(collisions, other, 200)
