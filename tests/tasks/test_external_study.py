"""A study from outside needs no change in the project: a folder, and a line in the configuration."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml

from analysis.preservation import archive
from analysis.preservation.rerunning import checked
from analysis.preservation.verdict import judge
from tests.services.servers import Debian
from tests.tasks.conftest import copy_publishable
from tests.tasks.outside_study import write_study
from tests.tasks.project import Project, made, new_project

NAME = "dice.capsule.zip"


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    """A project with a study beside it, in a folder with a blank in its name."""
    write_study(tmp_path / "my studies")
    project = new_project(repository, tmp_path, "airshower", None)
    copy_publishable(repository, project)
    (project.folder / "law_user.cfg").write_text("[studies]\ndefault: airshower\npath:\n    $STUDIES\n    ../nowhere\n")
    project.variables["STUDIES"] = str(tmp_path / "my studies")
    return project


@pytest.mark.long
def test_a_folder_named_in_the_configuration_is_all_it_takes(project: Project, tmp_path: Path):
    arguments = ("run", "CollectResults", "--study", "dice")
    assert made(project.law(*arguments)) == ["GenerateEvents", "SimulateData", "rolled", "mean", "CollectResults"]
    assert (project.store / "dice" / "mean").is_dir()
    assert made(project.law(*arguments)) == []

    # in another package than the study's own
    helper = tmp_path / "my studies" / "dicetools" / "rolls.py"
    helper.write_text("SIDES = 8\n")
    output = project.law(*arguments)
    assert {"rolled", "mean"} <= set(made(output))
    assert "code dicetools.rolls:SIDES changed" in output
    helper.write_text("# the most usual die\nSIDES = 6\n")
    assert made(project.law(*arguments)) == []
    output = project.law("run", "Report", "--study", "unknown", fails=True)
    assert re.search(r"use one of: airshower, .*dice, .*htautau", output)


def preserved(project: Project, folder: Path) -> Path:
    """Preserve the study into a folder, and take it away from where it was."""
    project.law("run", "PreserveStudy", "--study", "dice")
    (file,) = project.store.glob(f"dice/PreserveStudy/*/{NAME}")
    shutil.rmtree(project.variables["STUDIES"])
    Path(project.variables["STUDIES"]).with_name("offset.txt").unlink()
    folder.mkdir()
    return Path(shutil.copy(file, folder))


@pytest.mark.network
def test_its_capsule_has_all_of_it_and_says_whose_it_is(project: Project, tmp_path: Path):
    studies = Path(project.variables["STUDIES"])
    # a path that there is on no other machine
    study = studies / "dice" / "study.py"
    study.write_text(study.read_text().replace("../../offset.txt", str(tmp_path / "offset.txt")))
    git = ["git", "-C", str(studies), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    capsule = preserved(project, tmp_path / "elsewhere")
    with zipfile.ZipFile(capsule) as opened:
        names = set(opened.namelist())
        cited = yaml.safe_load(opened.read("CITATION.cff"))
        readme = opened.read("README.md").decode()
        settings = opened.read("source/law_user.cfg").decode()
        index = json.loads(opened.read("source/files/index.json"))
        root = next(one for one in json.loads(opened.read("ro-crate-metadata.json"))["@graph"] if one["@id"] == "./")
    (offset,) = (name for name in names if name.startswith("source/files/") and name.endswith("/offset.txt"))
    assert [row["file"] for row in index] == [offset.removeprefix("source/")]
    brought = {name.removeprefix("source/more/") for name in names if name.startswith("source/more/")}
    own = {"dice/study.py", "dice/physics.py", "dice/table.json"}
    assert brought == own | {"dicetools/__init__.py", "dicetools/rolls.py", "dicetools/words.py"}
    assert settings.split() == ["[studies]", "default:", "airshower", "path:", "more"]
    assert (cited["authors"], cited["license"], cited["commit"]) == ([{"name": "A. Physicist"}], "MIT", commit)
    assert f"Authors: A. Physicist; code: commit {commit}." in readme
    assert root["license"] == {"@id": "https://spdx.org/licenses/MIT"}

    # as in a rerun, but in the environment that is there
    archive.unpack(capsule, tmp_path / "unpacked")
    (tmp_path / "again").mkdir()
    rerun = Project(tmp_path / "unpacked" / "source", tmp_path / "again", None)
    rerun.law("index", "-q")
    assert "mean" in made(rerun.law(*checked(capsule).arguments))
    verdict = judge(tmp_path / "unpacked", checked(capsule), rerun.store)
    assert (verdict.agrees, verdict.other_graph) == (True, "")


@pytest.mark.services
@pytest.mark.long
def test_its_capsule_is_run_again_in_a_bare_system(project: Project, debian: Debian, tmp_path: Path):
    home = preserved(project, tmp_path / "home").parent
    done = debian.run(home, ["python3", NAME])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 number: all agree" in done.stdout
