"""Mistakes that one makes in a study: each ends in one clear error, none in a wrong number."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import uproot

from tests.tasks.conftest import made_once
from tests.tasks.project import Project, new_project

STUDIES = Path(__file__).parent / "mistakes"
LOADING: dict[str, str] = {}


@pytest.fixture(scope="session")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with studies that make mistakes; each test runs another one of them."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        for file in STUDIES.glob("*.py"):
            shutil.copy(file, project.folder)
        modules = "mistakes_study, mistakes_study:faulty, twice_study, twice_study:strict"
        (project.folder / "law_user.cfg").write_text(
            f"[studies]\ndefault: mistakes\nmodules: {modules}\npath: studies\n"
        )
        for name, text in LOADING.items():
            (project.folder / "studies" / name).mkdir(parents=True)
            (project.folder / "studies" / name / "study.py").write_text(text)
        write_files(folder / "files")
        project.store.mkdir(exist_ok=True)

    folder = made_once("mistakes", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", folder / "files")


def write_files(folder: Path) -> None:
    """Files of events; some come again in another file, or in another trigger's."""
    folder.mkdir(exist_ok=True)
    events = {"signal": range(10), "muons_a": range(10), "muons_b": range(8, 18), "electrons": range(15, 25)}
    for name, numbers in events.items():
        number = np.array(numbers, np.int64)
        with uproot.recreate(folder / f"{name}.root") as file:
            file["Events"] = {"run": np.full(10, 7), "event": number, "mass": 10.0 + number}


def errors(output: str) -> list[str]:
    """The errors that a command tells, each with its cure."""
    return ["error: " + part for part in re.split(r"^error: ", output, flags=re.MULTILINE)[1:]]
