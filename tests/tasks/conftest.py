"""Projects that tests of the graph run: see :mod:`tests.tasks.project`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tasks.project import QUICK, Project, new_project


@pytest.fixture
def project(repository: Path, mirror: Path, tmp_path: Path) -> Project:
    """A copy of the project with an empty store and the mirror; its study is ``htautau``."""
    return new_project(repository, tmp_path, "htautau", mirror)


@pytest.fixture(scope="session")
def trained(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project after a quick ``law run TrainModel`` of the study ``htautau``; not to be changed."""
    copy = new_project(repository, tmp_path_factory.mktemp("trained"), "htautau", mirror)
    copy.law("run", "TrainModel", *QUICK)
    return copy


@pytest.fixture
def rerun(trained: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`trained`, to be changed and run again."""
    folder, store = tmp_path / "project", tmp_path / "store"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(trained.store, store)
    return Project(folder, store, trained.mirror)
