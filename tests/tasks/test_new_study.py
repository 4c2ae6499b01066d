"""``law run NewStudy``: what it writes is short, complete and runs; it overwrites nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from analysis.errors import StudyError
from analysis.new_study.writing import PLACEHOLDER, write_study
from tests.tasks.project import Project, new_project


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    return new_project(repository, tmp_path, "airshower", None)


def test_what_is_written(tmp_path: Path, repository: Path):
    files = write_study("mine", tmp_path)
    names = {"README.md", "events.py", "settings.py", "steps.py", "study.py", "test_mine.py"}
    assert {file.name for file in files} == {file.name for file in (tmp_path / "mine").iterdir()} == names
    for file in files:
        text = file.read_text()
        assert PLACEHOLDER not in text
        assert text.count("\n") < 60
    style = ["ruff", "check", "--config", str(repository / "pyproject.toml"), "--ignore", "I001", str(tmp_path)]
    for command in (style, ["ruff", "format", "--check", *style[2:4], str(tmp_path)]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Mine", "its package is called so"),
        ("my-study", "its package is called so"),
        ("../mine", "study"),
        ("json", "'json' is the name of another package"),
        ("numpy", "'numpy' is the name of another package"),
        ("analysis", "'analysis' is the name of another package"),
    ],
)
def test_names_that_cannot_be(tmp_path: Path, name: str, problem: str):
    with pytest.raises(StudyError, match=problem):
        write_study(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_its_steps_are_right_at_once_and_nothing_is_overwritten(project: Project, tmp_path: Path):
    studies = tmp_path / "my studies"
    output = project.law("run", "NewStudy", "--name", "mine", "--folder", str(studies))
    assert f"path: {studies}" in output
    (studies / "mine" / "README.md").write_text("mine")
    assert "is there already" in project.law("run", "NewStudy", "--name", "mine", "--folder", str(studies), fails=True)
    assert (studies / "mine" / "README.md").read_text() == "mine"
    with (project.folder / "law_user.cfg").open("a") as stream:
        stream.write(f"path: {studies}\n")
    assert "there is a study 'mine' already" in project.law("run", "NewStudy", "--name", "mine", fails=True)
    inside = project.law("run", "NewStudy", "--name", "other", "--folder", "analysis/studies", fails=True)
    assert "is a folder of this project" in inside

    # its own test: CheckStudy; its page is made by the guide's test
    done = subprocess.run(
        ["pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=studies / "mine",
        env=project.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
