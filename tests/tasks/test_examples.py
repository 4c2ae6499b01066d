"""The examples are studies from outside: from an empty store to the page, the capsule, and the same numbers again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis.preservation import archive
from analysis.preservation.rerunning import checked
from analysis.preservation.verdict import judge
from tests.tasks.conftest import copy_publishable
from tests.tasks.project import Project, complete_records_are_whole, made, new_project
from tests.tasks.ran import check_honesty, made_records, watched

#: lines of Python that an example may have, all files together
LINES = {"h4l": 95, "counting": 60, "dimuon": 110, "published": 60, "generated_z": 325}
# the others take some seconds more
EXAMPLES = [
    pytest.param("h4l", marks=pytest.mark.release),
    pytest.param("counting", marks=pytest.mark.long),
    pytest.param("dimuon", marks=pytest.mark.long),
    "published",
]


pytestmark = pytest.mark.long


@pytest.fixture
def project(repository: Path, mirror: Path, tmp_path: Path) -> Project:
    """A project with the examples in a folder beside it."""
    shutil.copytree(repository / "examples", tmp_path / "studies", ignore=shutil.ignore_patterns("__pycache__"))
    project = new_project(repository, tmp_path, "airshower", mirror)
    copy_publishable(repository, project)
    (project.folder / "law_user.cfg").write_text("[studies]\npath: ../studies\n")
    return project


def results(project: Project, example: str) -> dict[str, Any]:
    (file,) = project.store.glob(f"{example}/CollectResults/*/results.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def number(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = (one for one in found["numbers"] if one["name"] == name)
    return dict(one)


def table(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = (one for one in found["tables"] if one["name"] == name)
    return dict(one)


def check_h4l(found: dict[str, Any]) -> None:
    yields = table(found, "yields")
    place = yields["axes"][0]["values"].index("peak")
    counts = {column["title"]: column["values"][place] for column in yields["columns"]}
    assert counts == {"data": 10.0, "higgs": pytest.approx(5.56, abs=0.005), "zz": pytest.approx(3.56, abs=0.005)}
    # with other bins and uncertainties: 1.21 -0.46 +0.56 (stat) -0.14 +0.27 (syst)
    mu = number(found, "mu")
    assert mu["value"] == pytest.approx(1.21, abs=0.02)
    assert mu["stat"] == pytest.approx([0.46, 0.56], abs=0.02)
    assert mu["syst"] == pytest.approx([0.14, 0.27], abs=0.02)


def check_counting(found: dict[str, Any]) -> None:
    # 1040 +- 100 expected, 934 observed
    (column,) = table(found, "visible")["columns"]
    observed, expected = column["values"]
    assert observed == pytest.approx(7.5, abs=0.3)
    # two standard deviations of the background
    assert expected == pytest.approx(2.0 * (1040.0 + 100.0**2) ** 0.5 / 19.7, rel=0.05)


def check_dimuon(found: dict[str, Any]) -> None:
    # 3.0969 GeV, but for the momentum scale that nobody calibrated here
    assert number(found, "jpsi_mass")["value"] == pytest.approx(3.0969, rel=2e-3)
    (masses,) = table(found, "windows")["columns"]
    assert masses["values"] == pytest.approx([3.0932] * 3, abs=2e-4)


def check_published(found: dict[str, Any]) -> None:
    # PoS(ICRC2017)506: 79 +- 1 and 26 +- 2 g/cm2 for each decade of energy, with a break at 18.33 +- 0.02
    for name, value, size in (("below", 79.0, 1.0), ("above", 26.0, 2.0), ("lg_energy", 18.33, 0.02)):
        one = number(found, f"elongation_{name}")
        assert one["value"] == pytest.approx(value, abs=size)
        assert one["stat"] == pytest.approx([size] * 2, rel=0.3)


def check_page(project: Project, example: str) -> None:
    """What a stranger needs is on the page, and no place on this machine."""
    (file,) = project.store.glob(f"{example}/Report/*/report.html")
    page = file.read_text()
    assert f"Its code, the package <code>{example}</code>, is " in page
    assert str(project.folder.parent) not in page
    if example == "published":
        assert "made by this study" not in page
        assert "in the package astrotools 1.5.0" in page
        assert "PoS(ICRC2017)506" in page


#: networks of no use, in seconds
FEW = {
    **{f"{name}.training.folds": 3 for name in ("training", "compared_training", "halves_training")},
    **{f"{name}.training.epochs": 1 for name in ("training", "halves_training")},
    **{f"{name}.network.hidden": 8 for name in ("training", "compared_training", "halves_training")},
    "training.network.layers": 2,
    "compared_training.training.epochs": 5,
    **{f"{name}.replicas": 10 for name in ("distances", "closure")},
}


CHECKS = {"h4l": check_h4l, "counting": check_counting, "dimuon": check_dimuon, "published": check_published}


@pytest.mark.parametrize("example", EXAMPLES)
def test_from_nothing_to_a_capsule_that_gives_the_same(project: Project, example: str, tmp_path: Path):
    # a study's own task is asked for by the name of its stage, and by no other
    assert "VaryWindow" not in (project.folder / ".law" / "index").read_text()
    notes, studies = tmp_path / "notes", tmp_path / "studies"
    families = made(watched(project, notes, studies).law("run", "PreserveStudy", "--study", example))
    assert families[-1] == "PreserveStudy"
    assert "Report" in families
    complete_records_are_whole(project)
    CHECKS[example](results(project, example))

    check_page(project, example)
    check_honesty(project, made_records(project, notes, studies), example)

    (capsule,) = project.store.glob(f"{example}/PreserveStudy/*/{example}.capsule.zip")
    # what it does not hold is gone; as in a rerun, but in the environment that is there
    shutil.rmtree(tmp_path / "studies")
    archive.unpack(capsule, tmp_path / "unpacked")
    again = Project(tmp_path / "unpacked" / "source", tmp_path / "again", project.mirror)
    again.store.mkdir()
    again.law("index", "-q")
    again.law(*checked(capsule).arguments)
    verdict = judge(tmp_path / "unpacked", checked(capsule), again.store)
    assert (verdict.agrees, verdict.other_graph) == (True, "")


def test_measured_events_are_learned_from_and_generated(project: Project):
    """What generated_z does with networks that have learned next to nothing; README.md tells what good ones do."""
    project.law("index", "-q")
    changes = ",".join(f"{name}={value}" for name, value in FEW.items())
    families = made(project.law("run", "CollectResults", "--study", "generated_z", "--workers", "1", "--set", changes))
    assert {"TrainModel", "ScoreEvents", "generated", "closure"} <= set(families)
    complete_records_are_whole(project)
    found = results(project, "generated_z")
    # whatever the networks draw, momenta are conserved
    assert number(found, "outside")["value"] == 0
    assert number(found, "off_shell")["value"] < 1e-12
    assert number(found, "data_mass")["value"] == pytest.approx(90.94, abs=0.01)
    # a peak that nobody has learned is seen by the classifier
    auc = number(found, "generated_auc")
    assert auc["value"] > 0.5 + 2 * auc["stat"][0]
    assert number(found, "generated_auc_halves")["value"] == pytest.approx(0.5, abs=0.05)


#: a search for settings of two networks that learn from each other, of their loss and of their training
SEARCH = """SEARCH = Tuning("few", rounds=2, trials=2, startup=2, warmup=1, space=(
    Real("training.learning_rate", 1e-4, 1e-2, logarithmic=True),
    Choice("training.loss.penalty", ("5", "10")),
    Choice("network.critic", ("8", "16,16")),
))
"""


@pytest.mark.release
def test_settings_of_two_networks_are_searched(project: Project):
    file = "../studies/generated_z/study.py"
    project.replace(file, "FLOW = s.Network(", f"{SEARCH}FLOW = s.Network(")
    project.replace(file, "networks=(FLOW, WGAN))", "networks=(FLOW, WGAN), tunings=(SEARCH,))")
    imported = "from analysis.learning.settings import TrainingSettings\n"
    project.replace(file, imported, f"{imported}from analysis.learning.tuning_settings import Choice, Real, Tuning\n")
    changes = "training.network=wgan,training.training.epochs=2,training.network.hidden=8"
    families = made(project.law("run", "TuneModel", "--study", "generated_z", "--set", changes))
    assert families[-5:] == ["RunTrials"] * 4 + ["TuneModel"]
    (found,) = project.store.glob("generated_z/TuneModel/*/trials.json")
    trials = json.loads(found.read_text())["trials"]
    assert [trial["number"] for trial in trials] == [0, 1, 2, 3]
    assert all(trial["value"] > 0.0 for trial in trials)
    assert {tuple(trial["changes"]) for trial in trials} == {tuple(trials[0]["changes"])}
    assert set(trials[0]["changes"]) == {"training.learning_rate", "training.loss.penalty", "network.critic"}


@pytest.mark.parametrize("example", LINES)
def test_examples_are_short(repository: Path, example: str):
    files = sorted((repository / "examples" / example).rglob("*.py"))
    assert files
    assert sum(len(file.read_text().splitlines()) for file in files) <= LINES[example]
