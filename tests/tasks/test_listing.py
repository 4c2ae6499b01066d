"""Listing studies, also those from outside, and data sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tasks.project import Project, new_project

STUDY = """
import dataclasses
from analysis.registry import find_study

study = dataclasses.replace(find_study("htautau"), name="mine", title="A study of mine")
"""


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    """A project with a folder of studies beside it; one of them does not load."""
    for name, text in {"mine": STUDY, "broken": "import nothing_like_this\n"}.items():
        (tmp_path / "my studies" / name).mkdir(parents=True)
        (tmp_path / "my studies" / name / "study.py").write_text(text)
    project = new_project(repository, tmp_path, "htautau", None)
    (project.folder / "law_user.cfg").write_text("[studies]\ndefault: mine\npath: ../my studies\n")
    return project


def test_studies_and_data_sets_are_listed(project: Project):
    lines = project.law("run", "ListStudies").strip().splitlines()
    assert [line.split()[0] for line in lines] == ["airshower", "broken", "htautau", "mine"]
    assert "No module named 'nothing_like_this'" in lines[1]
    assert lines[3].endswith(f"A study of mine  [{project.folder.parent}/my studies/mine/study.py]")
    # of the default study, which lies in that folder
    lines = project.law("run", "ListDatasets").strip().splitlines()
    first = "simulated, 813 events, 1 file, licence CC0-1.0, doi:10.7483/OPENDATA.CMS.GV20.PR5T"
    assert lines[0].split(maxsplit=1) == ["GluGluToHToTauTau", first]
    assert "made by the study" in project.law("run", "ListDatasets", "--study", "airshower")


def test_a_study_without_its_extra_says_how_to_get_it(project: Project):
    study = project.folder.parent / "my studies" / "mine" / "study.py"
    # as if the vocabulary had the field
    study.write_text(f'{STUDY}object.__setattr__(study, "extra", "tiny")\n')
    (project.folder / "requirements-tiny.lock").write_text("a-tiny-package==1.0\n")
    output = project.law("run", "ListDatasets", fails=True)
    assert "the study 'mine' needs a-tiny-package as the extra 'tiny' has it" in output
    assert "cure: ERUMFLOW_EXTRAS=tiny source setup.sh" in output
    assert "Traceback" not in output
    assert "Run2012B" in project.law("run", "ListDatasets", "--study", "htautau")
