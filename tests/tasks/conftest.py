"""Projects that tests of the graph run: see :mod:`tests.tasks.project`."""

from __future__ import annotations

import fcntl
import os
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
    """A copy of the project after a quick ``law run TrainModel`` of the study ``htautau``; not to be changed.

    All of pytest's workers share it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            # what a worker left that failed
            for name in ("project", "store"):
                shutil.rmtree(folder / name, ignore_errors=True)
            new_project(repository, folder, "htautau", mirror).law("run", "TrainModel", *QUICK)
            (folder / "ready").touch()
    return Project(folder / "project", folder / "store", mirror)


@pytest.fixture
def rerun(trained: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`trained`, to be changed and run again."""
    folder, store = tmp_path / "project", tmp_path / "store"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(trained.store, store)
    return Project(folder, store, trained.mirror)
