"""``law run FitWorkspace``: workspaces of others, without a study."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.inference.test_workspace_files import patch_set, written
from tests.analysis.inference.test_workspace_fit import KEYS, counting
from tests.tasks.project import Project, new_project


@pytest.fixture(scope="module")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new_project(repository, tmp_path_factory.mktemp("workspaces"), "airshower", None)


def run(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, with what it prints and its errors apart."""
    law = str(Path(sys.executable).parent / "law")
    return subprocess.run(
        [law, "run", "FitWorkspace", *words],
        cwd=project.folder.parent,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.long
def test_json_is_all_that_is_printed(project: Project):
    folder = project.folder.parent
    written(folder / "workspace.json", workspace := counting())
    content = patch_set(workspace, "m_100", "m_200")
    for one, events in zip(content["patches"], (20.0, 5.0), strict=True):
        one["patch"] = [{"op": "replace", "path": "/channels/0/samples/0/data/0", "value": events}]
    written(folder / "set.json", content)
    # a path of where the command runs
    words = ("--workspace", "workspace.json", "--patch", "set.json", "--patch-name", "m_200", "--json")
    done = run(project, *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert tuple(found) == KEYS
    assert found["value"] == pytest.approx(3.0, abs=1e-6)


def test_a_table_and_what_a_reader_has_to_know(project: Project):
    file = written(project.folder.parent / "bound.json", counting(observed=40.0))
    done = run(project, "--workspace", str(file))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["parameter", "best", "fit"]
    assert lines[1].split()[0] == "mu"
    names = [line.split("  ")[0] for line in lines[lines.index("") + 1 :]]
    assert names[:5] == ["workspace", "data", "mu", "interval", "significance"]
    assert "upper limit" in names
    assert any(line.startswith("note") and "at a bound of its range: mu = 0" in line for line in lines)


def test_mistakes_are_told_and_nothing_is_printed(project: Project):
    written(project.folder.parent / "here.json", counting())
    done = run(project, "--workspace", "here.json", "--poi", "nu", "--json")
    assert done.returncode != 0
    assert done.stdout == ""
    assert "error: the workspace here.json has no parameter 'nu'" in done.stderr
    assert "  cure: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_a_fit_without_a_minimum_is_told_both_ways(project: Project):
    # 100 events where nothing is expected, whatever the strength
    workspace = counting(background=50.0)
    workspace["channels"][0]["samples"] = [
        {**one, "data": [0.0, one["data"][0]]} for one in workspace["channels"][0]["samples"]
    ]
    workspace["observations"][0]["data"] = [100.0, 60.0]
    written(project.folder.parent / "impossible.json", workspace)
    done = run(project, "--workspace", "impossible.json", "--json")
    assert done.returncode != 0
    found = json.loads(done.stdout)
    assert tuple(found) == KEYS
    assert found["converged"] is False
    assert "no minimum" in found["notes"][0]
    assert "error: workspace 'impossible.json'" in done.stderr
