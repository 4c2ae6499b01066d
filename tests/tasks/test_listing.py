"""Listing studies, also those from outside, and data sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tasks.project import Project, new_project

STUDY = """
from analysis.study import Dataset, SourceFile, Study

FILE = SourceFile("events.root", url="https://example.org", sha256="0" * 64, size=1, events=1234, mirror="events.root")
DATA = Dataset("run", title="Run", kind="measured", files=(FILE,), luminosity=1.0, licence="CC0-1.0", doi="10.1/x")
study = Study(name="mine", title="A study of mine", datasets=(DATA,)EXTRA)
"""


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    """A project with a folder of studies beside it; one of them does not load."""
    for name, text in {"mine": STUDY, "broken": "import nothing_like_this\n"}.items():
        (tmp_path / "my studies" / name).mkdir(parents=True)
        (tmp_path / "my studies" / name / "study.py").write_text(text.replace("EXTRA", ""))
    project = new_project(repository, tmp_path, "htautau", None)
    (project.folder / "law_user.cfg").write_text("[studies]\ndefault: mine\npath: ../my studies\n")
    return project


def test_studies_and_data_sets_are_listed(project: Project):
    lines = {line.split()[0]: line for line in project.law("run", "ListStudies").strip().splitlines()}
    assert list(lines) == sorted(lines)
    assert lines.keys() > {"airshower", "broken", "htautau", "mine"}
    assert "No module named 'nothing_like_this'" in lines["broken"]
    assert lines["mine"].endswith(f"A study of mine  [{project.folder.parent}/my studies/mine/study.py]")
    # of the default study, which lies in that folder
    first = project.law("run", "ListDatasets").strip().splitlines()[0]
    assert first.split(maxsplit=1) == [
        "run",
        "measured, 1,234 events, 1 file, copied from https://example.org, licence CC0-1.0, doi:10.1/x",
    ]
    assert "made by the study" in project.law("run", "ListDatasets", "--study", "airshower")


def test_a_study_without_its_extra_says_how_to_get_it(project: Project):
    study = project.folder.parent / "my studies" / "mine" / "study.py"
    study.write_text(STUDY.replace("EXTRA", ', extra="tiny"'))
    (project.folder / "requirements-tiny.lock").write_text("a-tiny-package==1.0\n")
    output = project.law("run", "ListDatasets", fails=True)
    assert "the study 'mine' needs a-tiny-package as the extra 'tiny' has it" in output
    assert "cure: ERUMFLOW_EXTRAS=tiny source setup.sh" in output
    assert "Traceback" not in output
    assert "Run2012B" in project.law("run", "ListDatasets", "--study", "htautau")


def test_stages_and_tasks_are_listed(project: Project):
    lines = project.law("run", "ListStages", "--study", "htautau").strip().splitlines()
    listed = {line.split()[0]: line for line in lines}
    assert list(listed)[:3] == ["calibration", "calibrated", "reconstructed"]
    assert "CalibrateEvents per chunk; of calibration; calibrated.correction=muon_scale" in listed["calibrated"]
    assert "training.network=dense|lorentz|attention" in listed["training"]
    assert "fit.data=observed" in listed["fit"]
    tasks = [line.split()[0] for line in project.law("run", "ListTasks").strip().splitlines()]
    assert tasks == sorted(set(tasks))
    assert {"CalibrateEvents", "TrainModel", "Report", "CheckStudy", "NewStudy", "ListStages"} <= set(tasks)


@pytest.mark.long
def test_stages_are_asked_for_by_their_names(project: Project):
    index = (project.folder / ".law" / "index").read_text()
    assert "tasks.named:htautau.trainingFigures:" in index
    assert "tasks.named:airshower.calibrated:" in index
    assert "mine" not in index.replace("tasks.named:mine", "")
    output = project.law("run", "airshower.calibrated", "--help")
    assert output.startswith("law run airshower.calibrated")
    assert "--datasets" in output
    places = """
from tasks.calibration import CalibrateEvents
from tasks.named import named_tasks
from tasks.framework.settings import study_named
for task in (named_tasks(study_named("airshower"))["airshower.calibrated"](), CalibrateEvents(study="airshower")):
    print(task.place("proton"), type(task).__name__)
"""
    named, standard = project.python(places).splitlines()
    assert named.split()[0] == standard.split()[0]
    assert "no stage of the study 'airshower' is called 'calibrate'" in project.law(
        "run", "MakeEvents", "--study", "airshower", "--stage", "calibrate", fails=True
    )
    assert "law run CalibrateEvents --stage calibrated" in project.law(
        "run", "MakeEvents", "--study", "airshower", "--stage", "calibrated", fails=True
    )
