"""Projects that tests of the graph run: see :mod:`tests.tasks.project`."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tasks.project import QUICK, SMALL, Project, new_project
from tests.tasks.pulse_study import write_study
from tests.tasks.ran import watched

# beside a project and its store: what ran while its records were made
NOTES = "notes"

# small studies that tests put into a copy of the project
collect_ignore_glob = ["toy/*", "mistakes/*"]


@pytest.fixture
def project(repository: Path, mirror: Path, tmp_path: Path) -> Project:
    """A copy of the project with an empty store and the mirror; its study is ``htautau``."""
    return new_project(repository, tmp_path, "htautau", mirror)


@pytest.fixture(scope="session")
def trained(repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project after a quick ``law run TrainModel`` of the study ``htautau``; not to be changed."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "htautau", mirror)
        watched(project, folder / NOTES).law("run", "TrainModel", *QUICK)

    folder = made_once("trained", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", mirror)


# of whoever preserves a study
SECRETS = {"MY_TOKEN": "planted-token-0123", "AWS_SECRET_ACCESS_KEY": "planted-key-4567"}


@pytest.fixture(scope="session")
def author(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Somebody with secrets has preserved the study ``airshower``, small; not to be changed."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        copy_publishable(repository, project)
        with (project.folder / "law_user.cfg").open("a") as stream:
            stream.write("\n[store_mine]\nroot: sftp://planted-user@planted.example.org/work\n")
        project.variables.update(SECRETS)
        watched(project, folder / NOTES).law("run", "PreserveStudy", *SMALL)

    folder = made_once("author", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None, dict(SECRETS))


@pytest.fixture(scope="session")
def showers(author: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After ``law run Report --statistics small`` of the study ``airshower``; not to be changed."""

    def make(folder: Path) -> None:
        # what no network decides is there already
        copied(author, folder).law("run", "Report", "--statistics", "small")

    folder = made_once("showers", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.fixture(scope="session")
def collisions(trained: Project, repository: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """After a quick ``law run PreserveStudy --with-data`` of ``htautau``; not to be changed."""

    def make(folder: Path) -> None:
        project = copied(trained, folder)
        copy_publishable(repository, project)
        watched(project, folder / NOTES).law("run", "PreserveStudy", *QUICK, "--with-data")

    folder = made_once("collisions", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", mirror)


@pytest.fixture(scope="session")
def pulses(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a small study after ``law run Report``; not to be changed."""

    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        copy_publishable(repository, project)
        write_study(project.folder)
        project.law("index", "-q")
        project.law("run", "Report")

    folder = made_once("pulses", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.fixture
def pulse(pulses: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`pulses`, to be changed."""
    return copied(pulses, tmp_path)


def small_report(study: str, repository: Path, mirror: Path, factory: pytest.TempPathFactory) -> Project:
    """A study after ``law run Report --statistics small``, which all of pytest's workers share; not to be changed."""

    def make(folder: Path) -> None:
        new_project(repository, folder, study, mirror).law("run", "Report", "--statistics", "small")

    folder = made_once(study, make, factory)
    return Project(folder / "project", folder / "store", mirror)


def copy_publishable(repository: Path, project: Project) -> None:
    """What a capsule holds beside the code."""
    for name in ("setup.sh", "pyproject.toml", "LICENSE"):
        shutil.copy(repository / name, project.folder)


def made_once(name: str, make: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """A folder that all of pytest's workers share; the first one that needs it makes what is in it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            # what a worker left that failed
            for part in ("project", "store", NOTES):
                shutil.rmtree(folder / part, ignore_errors=True)
            make(folder)
            (folder / "ready").touch()
    return folder


@pytest.fixture
def rerun(trained: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`trained`, to be changed and run again."""
    return copied(trained, tmp_path)


@pytest.fixture
def finished(collisions: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`collisions`, to be changed and run again."""
    return copied(collisions, tmp_path)


def copied(project: Project, folder: Path) -> Project:
    """A copy of a project's code and store, in a folder."""
    shutil.copytree(project.folder, folder / "project", symlinks=True)
    shutil.copytree(project.store, folder / "store")
    return Project(folder / "project", folder / "store", project.mirror)
