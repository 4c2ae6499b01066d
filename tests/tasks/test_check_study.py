"""CheckStudy: to studies what a linter is to code."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tasks.conftest import made_once
from tests.tasks.project import Project, new_project

HERE = Path(__file__).parent
PHYSICS = (HERE / "mistakes" / "mistakes_physics.py").read_text().splitlines()
#: what is found by stage: problem, line, cure
FAULTS = {
    "overwrites": ("the step changes its input 'raw' in place with 'pulse /= 200.0'", "    pulse /= 200.0", "a copy"),
    "centres": ("the result depends on which events come together: 'pulse' differs", "def centres", "per data set"),
    "draws": ("another one when the step runs again: 'pulse' differs", "def draws", "seeded with the events' identity"),
    "loses": ("it loses 1 of 20 events", "def loses", "selects=True"),
    "doubles": ("1 of its 20 events come more than once", "def doubles", "return each event once"),
    "reorders": ("its events are in another order", "def reorders", "in the order in which they came"),
    "mapping": ("it returns a dict with the keys 'pulse', not events", "def mapping", "an awkward array of records"),
    "generate": ("it loses 1 of 20 events", "def forgets", "return a record for each event"),
    "weights, weights": ("the weights lack 'scale_down'", "def weigh_one_way", "take the shift out of the study"),
}


@pytest.fixture(scope="session")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a sound study and one that is full of faults."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        for file in (*(HERE / "mistakes").glob("mistakes_*.py"), *(HERE / "toy").glob("*.py")):
            shutil.copy(file, project.folder)
        modules = "mistakes_study:faulty, toy_study, toy_networks"
        examples = repository / "examples"
        (project.folder / "law_user.cfg").write_text(f"[studies]\ndefault: toy\nmodules: {modules}\npath: {examples}\n")
        project.store.mkdir(exist_ok=True)

    folder = made_once("checked", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


def rows(output: str) -> dict[str, str]:
    """The table: verdict by stage and data set."""
    found = re.findall(r"^(good|FAULT|not checked) +(.*?)(?:  \(| ?:)", output, flags=re.MULTILINE)
    return {what.strip(): verdict for verdict, what in found}


@pytest.mark.long
def test_a_sound_study_passes(project: Project):
    output = project.law("run", "CheckStudy")
    table = rows(output)
    assert set(table.values()) == {"good", "not checked"}
    assert {what for what, verdict in table.items() if verdict == "not checked"} == {"low_fit", "high_fit"}
    stages = {"generate", "simulate", "cleaned", "selected", "ranked", "weighted", "summary", "yields", "shapes"}
    assert stages < {what.partition(" ")[0] for what in table}
    assert {f"{stage} {name}" for stage in ("cleaned", "selected") for name in ("signal", "run")} < set(table)
    # under a shift, too
    assert {"cleaned under gain_up signal", "cleaned under gain_down signal"} < set(table)
    assert re.search(r"checked \d+ steps of toy in \d+ s: nothing is wrong", output)
    # of records, only what steps of chunks take of all events
    assert {path.name for path in project.store.glob("toy/*")} == {
        "GenerateEvents",
        "SimulateData",
        "cleaned",
        "thirds",
    }


@pytest.mark.long
def test_planted_faults_are_found_in_one_run(project: Project):
    output = project.law("run", "CheckStudy", "--study", "faulty", fails=True)
    assert "Traceback" not in output
    table = rows(output)
    assert {what.rpartition(" ")[0] for what, verdict in table.items() if verdict == "FAULT"} == set(FAULTS)
    assert {what for what, verdict in table.items() if what.startswith("keeps")} == {"keeps signal", "keeps run"}
    (told,) = re.findall(r"^error: (.*(?:\n  .*)*)", output, flags=re.MULTILINE)
    assert re.match(r"the study 'faulty' has \d+ faults:", told)
    findings = re.findall(r"^  (\w.*)\n    cure: (.*)$", told, flags=re.MULTILINE)
    for stage, (problem, line, cure) in FAULTS.items():
        dataset = {"weights, weights": "signal", "generate": "broken"}.get(stage, "run")
        number = next(n for n, text in enumerate(PHYSICS, 1) if line in text)
        (advice,) = [two for one, two in findings if one.startswith(f"{stage} of {dataset}: ") and problem in one]
        assert cure in advice
        (first,) = [one for one, _ in findings if one.startswith(f"{stage} of {dataset}: ") and problem in one]
        assert first.endswith(f"(mistakes_physics.py, line {number})")


@pytest.mark.long
def test_before_a_training_made_up_scores_stand_in(project: Project):
    output = project.law("run", "CheckStudy", "--study", "toynetworks")
    table = rows(output)
    assert {"inputs signal", "next_inputs signal", "histograms signal", "histograms run"} < set(table)
    assert table["scores"] == table["training"] == "not checked"
    assert "made-up numbers stand in for scores" in output


@pytest.mark.long
@pytest.mark.parametrize("study", ["h4l", "counting", "dimuon", "published"])
def test_nothing_is_wrong_with_the_examples(project: Project, mirror: Path, study: str):
    output = replace(project, mirror=mirror).law("run", "CheckStudy", "--study", study)
    assert "good" in rows(output).values()
    assert "FAULT" not in rows(output).values()
