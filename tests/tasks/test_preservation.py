"""A study preserved, and its capsule against records of the same, of a changed and of a shortened run."""

from __future__ import annotations

import getpass
import json
import platform
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.export.exported import events_of
from analysis.preservation import archive, command, expectations, sources, verdict
from analysis.preservation.rerunning import checked
from analysis.provenance.store import sha256_of
from tests.tasks.project import SMALL, Project, made
from tests.validators import readers, validation

pytestmark = pytest.mark.long


def capsule_of(project: Project, study: str = "airshower", holds: str = "results/") -> Path:
    """The one capsule of a study with members in a folder."""
    files = project.store.glob(f"{study}/PreserveStudy/*/{study}.capsule.zip")
    (file,) = (file for file in files if any(name.startswith(holds) for name in checked(file).members))
    return file


@pytest.fixture
def capsule(author: Project) -> Path:
    return capsule_of(author)


@pytest.fixture
def again(author: Project, tmp_path: Path) -> Project:
    """A copy of the author's project, with its records."""
    shutil.copytree(author.store, tmp_path / "store")
    return replace(author, store=tmp_path / "store")


@pytest.fixture
def other(author: Project, tmp_path: Path) -> Project:
    """A copy of the project that may be changed, with an empty store."""
    folder, store = tmp_path / "other", tmp_path / "others"
    shutil.copytree(author.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    store.mkdir()
    return replace(author, folder=folder, store=store)


def test_an_unknown_task_to_begin_after_is_refused_before_anything_runs(other: Project):
    output = other.law("run", "PreserveStudy", "--from-task", "PrepareTrainig", fails=True)
    assert "there is no task 'PrepareTrainig'" in output
    assert "PrepareTraining, " in output
    assert "Traceback" not in output
    assert made(output) == []


def test_the_same_study_gives_the_same_bytes(again: Project, capsule: Path):
    shutil.rmtree(capsule_of(again).parent)
    assert made(again.law("run", "PreserveStudy", *SMALL)) == ["PreserveStudy"]
    assert sha256_of(capsule_of(again)) == sha256_of(capsule)


def test_a_capsule_is_small_and_says_nothing_of_whose_machine_it_was(author: Project, capsule: Path):
    assert capsule.stat().st_size < 25e6
    assert private_texts_in(capsule, author) == []


def test_no_secret_of_whoever_made_it_is_in_a_store_or_a_log(author: Project):
    files = [path for folder in (author.store, author.folder) for path in folder.rglob("*")]
    files = [path for path in files if path.is_file() and ".venv" not in path.parts]
    assert len(files) > 100
    wrong = [path for path in files for secret in author.variables.values() if secret.encode() in path.read_bytes()]
    assert wrong == []


def test_records_are_verified_without_running_anything(
    again: Project, capsule: Path, capsys: pytest.CaptureFixture[str]
):
    words = [str(capsule), "--only-verify", "--store", str(again.store)]
    assert command.main(words) == command.AGREES
    (fit,) = again.store.glob("airshower/FitMeasurement/*/fit.json")
    fit.write_bytes(fit.read_bytes().replace(b"1", b"2", 1))
    capsys.readouterr()
    assert command.main(words) == command.DIFFERS
    assert "FitMeasurement/default" in capsys.readouterr().out


def test_a_constant_changed_by_a_thousandth_is_caught_and_named(
    author: Project, other: Project, capsule: Path, tmp_path: Path
):
    # what comes before the calibration, or beside it, is as it was
    same = {"GenerateEvents", "SimulateData", "FetchPublications", "BuildWorkspace", "FitMeasurement"}
    for family in same:
        shutil.copytree(author.store / "airshower" / family, other.store / "airshower" / family)
    # the unit of every signal in the detector
    other.replace(
        "analysis/studies/airshower/calibration/derive.py", "(working.shape) / hump", "(working.shape) / (1.001 * hump)"
    )
    assert not same & set(made(other.law("run", "CollectResults", *SMALL)))
    found = judged(capsule, other.store, tmp_path / "capsule")
    assert not found.agrees
    assert found.trace is not None
    assert found.trace.record == "DeriveCalibration/calibration"
    assert found.trace.causes == ("configuration step changed",)
    # on any machine: it is another analysis, and numbers are farther away than another processor takes them
    assert found.other_graph == "DeriveCalibration/calibration"
    expected = expectations.from_json((tmp_path / "capsule" / expectations.FILE).read_bytes())
    allowed = {one.name: one.allowed for one in expected}
    assert [row.quantity for row in found.rows if abs(row.difference or 0) > allowed.get(row.quantity, float("inf"))]


def test_a_rerun_begins_after_the_task_whose_records_the_capsule_brings(again: Project, other: Project, tmp_path: Path):
    again.law("run", "PreserveStudy", *SMALL, "--from-task", "ScoreEvents")
    file = capsule_of(again, holds="store/")
    archive.unpack(file, tmp_path / "capsule")
    shutil.copytree(tmp_path / "capsule" / "store", other.store, dirs_exist_ok=True)
    done = set(made(other.law("run", "Report", *SMALL)))
    assert {"EvaluateModel", "CollectResults", "Report"} <= done
    assert not done & {"GenerateEvents", "SimulateData", "ReconstructEvents", "TrainModel", "ScoreEvents"}
    assert private_texts_in(file, again) == []
    found = verdict.judge(tmp_path / "capsule", checked(file), other.store)
    assert found.agrees
    assert found.bit_for_bit


@pytest.mark.services
def test_outside_validators_accept_the_capsule_of_simulated_showers(author: Project, capsule: Path, tmp_path: Path):
    accepted(author, capsule, "airshower", tmp_path)


@pytest.mark.services
def test_outside_validators_accept_the_capsule_of_real_collisions(collisions: Project, tmp_path: Path):
    capsule = capsule_of(collisions, "htautau")
    assert list(collisions.store.glob("htautau/PrepareTraining/Run2012B-*"))
    accepted(collisions, capsule, "htautau", tmp_path)
    # all public files that the study reads, as a mirror folder
    folder = tmp_path / "capsule"
    inputs = [one for one in sources.from_json((folder / sources.FILE).read_bytes()) if one.mirror]
    assert {sha256_of(folder / "data" / one.mirror) for one in inputs} == {one.sha256 for one in inputs}
    data = sum(one.size or 0 for one in inputs)
    assert data > 7e6
    # manifests name every definition that counts; those of three campaigns
    assert capsule.stat().st_size - data < 35e6


def private_texts_in(capsule: Path, project: Project) -> list[str]:
    """What a capsule says of people, machines and folders: members and texts."""
    wrong = [
        *project.variables.values(),
        "planted-user",
        "planted.example.org",
        str(project.folder),
        str(project.store),
    ]
    # short names, such as root's, are in any text
    wrong += [name for name in (platform.node(), getpass.getuser(), str(Path.home())) if len(name) > 5]
    with zipfile.ZipFile(capsule) as opened:
        contents = {name: opened.read(name) for name in opened.namelist()}
    return [f"{name}: {text}" for name, content in contents.items() for text in wrong if text.encode() in content]


def accepted(project: Project, capsule: Path, study: str, work: Path) -> None:
    """What others' programs say of a real capsule: nothing."""
    folder = work / "capsule"
    archive.unpack(capsule, folder)
    (work / "crate").mkdir()
    inputs = sources.from_json((folder / sources.FILE).read_bytes())
    found = validation.complaints_about_crate(folder, work / "crate")
    known = {(one.severity, one.message) for one in validation.known_complaints(inputs)}
    # an address of the project's would be recommended; it has none
    addresses = ("The Application SHOULD have a url", "The organization SHOULD have a URL.")
    known |= {("RECOMMENDED", one) for one in addresses}
    assert {(one.severity, one.message) for one in found} <= known
    validation.check_citation(folder)
    validation.check_reana(folder)
    validation.check_provenance(folder)
    workspaces = sorted((folder / "results" / "workspaces").glob("*.json"))
    assert workspaces
    for file in workspaces:
        readers.check_statistical_model(json.loads(file.read_text()))
    for file in (folder / "results" / "workspaces" / "seeds").glob("*.json"):
        for workspace in json.loads(file.read_text()).values():
            readers.check_statistical_model(workspace)
    # events of every data set, without those of shifts
    places = (place for place in (project.store / study / "PrepareTraining").iterdir() if "." not in place.name)
    for place in sorted(places):
        events = events_of(TrainingInputs.load(min(place.glob("*.safetensors"))), slice(200))
        readers.check_network(folder / "results" / "networks" / "model.onnx", events)


def judged(capsule: Path, store: Path, folder: Path) -> verdict.Verdict:
    archive.unpack(capsule, folder)
    return verdict.judge(folder, checked(capsule), store)


def test_manifests_in_a_capsule_are_those_of_the_store(author: Project, capsule: Path):
    with zipfile.ZipFile(capsule) as opened:
        names = [name for name in opened.namelist() if name.startswith("records/")]
        assert len(names) > 45
        for name in names:
            stored = json.loads((author.store / name.removeprefix("records/")).read_text())
            kept = json.loads(opened.read(name))
            assert (kept["payload"], kept["inputs"], kept["parts"]) == (
                stored["payload"],
                stored["inputs"],
                stored["parts"],
            )
