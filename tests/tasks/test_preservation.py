"""A study preserved, and its capsule against records of the same, of a changed and of a shortened run."""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.preservation import archive, command, expectations, verdict
from analysis.preservation.rerunning import checked
from tests.tasks.project import QUICK, Project, made, new_project

pytestmark = pytest.mark.long

SMALL = (*QUICK, "--statistics", "small")
# what makes an environment, beside the code
MORE = ("setup.sh", "pyproject.toml", "LICENSE")
SECRETS = {"MY_TOKEN": "planted-token-0123", "AWS_SECRET_ACCESS_KEY": "planted-key-4567"}


@pytest.fixture(scope="module")
def author(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of somebody with secrets, and its study preserved."""
    project = new_project(repository, tmp_path_factory.mktemp("author"), "airshower", None)
    for name in MORE:
        shutil.copy(repository / name, project.folder)
    with (project.folder / "law_user.cfg").open("a") as stream:
        stream.write("\n[store_mine]\nroot: sftp://planted-user@planted.example.org/work\n")
    project.variables.update(SECRETS)
    project.law("run", "PreserveStudy", *SMALL)
    return project


@pytest.fixture
def capsule(author: Project) -> Path:
    (file,) = author.store.glob("airshower/PreserveStudy/*/capsule.zip")
    return file


@pytest.fixture
def other(author: Project, tmp_path: Path) -> Project:
    """A copy of the project with an empty store."""
    folder = tmp_path / "other"
    shutil.copytree(author.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "store").mkdir()
    return replace(author, folder=folder, store=tmp_path / "store")


def test_the_same_study_gives_the_same_bytes(author: Project, capsule: Path):
    before = hashlib.sha256(capsule.read_bytes()).hexdigest()
    shutil.rmtree(capsule.parent)
    assert made(author.law("run", "PreserveStudy", *SMALL)) == ["PreserveStudy"]
    assert hashlib.sha256(capsule.read_bytes()).hexdigest() == before


def test_a_capsule_is_small_and_says_nothing_of_whose_machine_it_was(author: Project, capsule: Path):
    assert capsule.stat().st_size < 25e6
    wrong = [*SECRETS.values(), "planted-user", "planted.example.org", str(author.folder), str(author.store)]
    wrong += [platform.node(), getpass.getuser()] if len(platform.node()) > 5 else []
    with zipfile.ZipFile(capsule) as opened:
        for name in opened.namelist():
            content = opened.read(name)
            assert not [text for text in wrong if text.encode() in content and len(text) > 5], name


def test_records_are_verified_without_running_anything(
    author: Project, capsule: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert command.main([str(capsule), "--only-verify", "--store", str(author.store)]) == command.AGREES
    copy = tmp_path / "store"
    shutil.copytree(author.store, copy)
    (fit,) = copy.glob("airshower/FitMeasurement/*/fit.json")
    fit.write_bytes(fit.read_bytes().replace(b"1", b"2", 1))
    capsys.readouterr()
    assert command.main([str(capsule), "--only-verify", "--store", str(copy)]) == command.DIFFERS
    assert "FitMeasurement/default" in capsys.readouterr().out


def test_a_constant_changed_by_a_thousandth_is_caught_and_named(other: Project, capsule: Path, tmp_path: Path):
    # the unit of every signal in the detector
    other.replace(
        "analysis/studies/airshower/calibration/derive.py", "(working.shape) / hump", "(working.shape) / (1.001 * hump)"
    )
    other.law("run", "MakeResults", *SMALL)
    found = judged(capsule, other.store, tmp_path / "capsule")
    assert not found.agrees
    assert found.trace is not None
    assert found.trace.record == "DeriveCalibration/corrections"
    assert found.trace.causes == ("configuration derive changed",)
    # not for the last bits alone: on another processor, too
    assert [
        row.quantity
        for row in found.rows
        if row.difference and abs(row.difference) > tolerances(tmp_path)[row.quantity]
    ]


def test_a_rerun_begins_after_the_task_whose_records_the_capsule_brings(
    author: Project, other: Project, tmp_path: Path
):
    author.law("run", "PreserveStudy", *SMALL, "--from-task", "PrepareTraining")
    (file,) = (f for f in author.store.glob("airshower/PreserveStudy/*/capsule.zip") if holds(f, "store/"))
    archive.unpack(file, tmp_path / "capsule")
    shutil.copytree(tmp_path / "capsule" / "store", other.store, dirs_exist_ok=True)
    done = set(made(other.law("run", "MakeResults", *SMALL)))
    assert "TrainModel" in done
    assert not done & {"GenerateEvents", "SimulateData", "CalibrateEvents", "ReconstructEvents", "PrepareTraining"}
    found = verdict.judge(tmp_path / "capsule", checked(file), other.store)
    assert found.agrees


def tolerances(folder: Path) -> dict[str, float]:
    """How far numbers may be from the preserved ones on another processor."""
    expected = expectations.from_json((folder / "capsule" / expectations.FILE).read_bytes())
    return {one.name: one.allowed for one in expected}


def judged(capsule: Path, store: Path, folder: Path) -> verdict.Verdict:
    archive.unpack(capsule, folder)
    return verdict.judge(folder, checked(capsule), store)


def holds(capsule: Path, folder: str) -> bool:
    return any(name.startswith(folder) for name in json.loads(archive.read(capsule, "capsule.json"))["members"])
