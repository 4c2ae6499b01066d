"""``law run Compare``: two results, by keys, by revisions, and the working tree."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.tasks.project import Project, new_project
from tests.test_reuse import STUDY

COMPARE = ("run", "Compare", "--study", "peak")


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=physicist", "-c", "user.email=physicist@example.org"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def project_with(repository: Path, folder: Path, studies: str) -> tuple[Project, Path]:
    """A project and the folder of a small study, below the project's or beside it."""
    project = new_project(repository, folder, "airshower", None)
    place = (project.folder / studies).resolve()
    place.mkdir()
    (place / "peak.py").write_text(STUDY)
    (project.folder / "law_user.cfg").write_text(f"[studies]\npath: {studies}\n")
    return project, place


@pytest.mark.long
def test_a_revision_of_a_study_and_the_working_tree(repository: Path, tmp_path: Path):
    project, studies = project_with(repository, tmp_path, "../my studies")
    git(studies, "init", "-q")
    git(studies, "add", ".")
    git(studies, "commit", "-q", "-m", "A peak")
    git(studies, "tag", "v1")
    output = project.law(*COMPARE, "--a", "v1", "--of", "mass", fails=True)
    assert f"error: revision v1 of {studies} (" in output
    # to be pasted as it stands
    switch = f"git -C '{studies}' switch"
    assert f"cure: {switch} --detach v1, then law run peak.mass, then {switch} -" in output
    project.law("run", "CollectResults", "--study", "peak")
    assert "these are the same records" in project.law(*COMPARE, "--a", "v1")

    project.replace("../my studies/peak.py", "scale: float = 1.0", "scale: float = 1.02")
    # nothing is made by a comparison
    output = project.law(*COMPARE, "--a", "v1", fails=True)
    assert "error: the working tree makes CollectResults all-" in output
    assert "cure: law run CollectResults --study peak" in output
    project.law("run", "CollectResults", "--study", "peak")
    before = git(studies, "status", "--porcelain"), sorted(project.store.rglob("*"))
    output = project.law(*COMPARE, "--a", "v1", "--output", "told", "--figures", "1")
    assert (git(studies, "status", "--porcelain"), sorted(project.store.rglob("*"))) == before
    assert "    setting scale: 1.0 -> 1.02" in output
    (figure,) = (project.folder / "told").glob("*.png")
    assert f"written to told: comparison.json, {figure.name}" in output
    found = json.loads((project.folder / "told" / "comparison.json").read_text())
    assert found["a"]["from"] == f"revision v1 of {studies} ({git(studies, 'rev-parse', 'v1')[:12]})"
    assert found["b"]["from"] == "the working tree"
    numbers = {one["name"]: one for one in found["numbers"]}
    assert numbers["mass"]["difference"] > 1.0
    same = {(one["task"], one["series"]) for one in found["records"] if not one["differ"]}
    assert ("CalibrateEvents", "data") not in same
    spectra = found["histograms"]["MergeHistograms all"]
    assert all(one["chi2"] > 0 for one in spectra if one["spectrum"]["shift"] == "nominal")

    # records by their keys, wherever they are
    keys = sorted(path.name.rpartition("-")[2] for path in project.store.glob("peak/MergeHistograms/all-*"))
    output = project.law("run", "Compare", "--a", keys[0][:8], "--b", keys[1])
    assert output.startswith(f"a  MergeHistograms all {keys[0]}, made ")
    assert "spectra are others" in output
    keys = [next(project.store.glob(f"peak/{task}/*")).name[-12:] for task in ("mass", "selected")]
    output = project.law(*COMPARE, "--a", keys[0], "--b", keys[1], fails=True)
    assert "cure: compare records of the same task" in output
    assert "say --study peak" in project.law("run", "Compare", "--a", keys[0], fails=True)


@pytest.mark.long
def test_a_revision_of_the_project(repository: Path, tmp_path: Path):
    project, _ = project_with(repository, tmp_path, "mine")
    (project.folder / ".gitignore").write_text("law_user.cfg\n.law\n.cache\n__pycache__\n")
    git(project.folder, "init", "-q")
    git(project.folder, "add", ".")
    git(project.folder, "commit", "-q", "-m", "A project")
    project.law("run", "peak.mass")
    undo = project.replace("mine/peak.py", "float(mass.mean())", "float(np.median(mass))")
    project.law("run", "peak.mass")
    output = project.law(*COMPARE, "--a", "HEAD", "--of", "mass")
    assert output.startswith(f"a  revision HEAD of {project.folder} (")
    assert "mass [GeV]" in output
    undo()
    assert "these are the same records" in project.law(*COMPARE, "--a", "HEAD", "--of", "mass")

    output = project.law(*COMPARE, "--a", "HEAD", "--of", "mas", fails=True)
    assert "has no 'mas' among what the page is made of; did you mean 'mass'?" in output
    output = project.law(*COMPARE, "--a", "v2", fails=True)
    assert "'v2' is neither the beginning of a record's key nor a revision of the repository that holds" in output
    # a revision whose code does not load
    project.replace("mine/peak.py", "import numpy", "import nothing_such")
    git(project.folder, "commit", "-qam", "broken")
    git(project.folder, "tag", "broken")
    git(project.folder, "checkout", "-q", "HEAD~1")
    output = project.law(*COMPARE, "--a", "broken", "--of", "mass", fails=True)
    assert "error: the revision broken of" in output
    assert "does not decide its records: " in output
    assert "nothing_such" in output
