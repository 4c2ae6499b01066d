"""Settings of other projects, in the working folder and in the environment, count for nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tasks.project import Project, copy_project

# nobody listens there, and luigi would ask for a minute
ELSEWHERE = "[core]\nlocal_scheduler: False\ndefault-scheduler-host: 127.0.0.1\ndefault-scheduler-port: 1\n"
OTHER = f"[modules]\nnot.there\n[luigi_core]\n{ELSEWHERE.partition(chr(10))[2]}"


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("own_configuration")
    copy_project(repository, folder / "project", "airshower")
    project = Project(folder / "project", folder / "store", None)
    project.law("index", "-q")
    return project


def told(project: Project, folder: Path, **variables: str) -> tuple[str, str]:
    """What a command in a folder prints, and its errors; it ends well, and soon."""
    begin = time.monotonic()
    done = subprocess.run(
        ["law", "run", "ListStudies"],
        cwd=folder,
        env=project.environment() | variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - begin < 30
    return done.stdout, done.stderr


@pytest.mark.parametrize("name", ["luigi.cfg", "client.cfg"])
@pytest.mark.parametrize("text", [ELSEWHERE, "no configuration at all", "[core]\nautoload_range: True\n"])
def test_of_the_working_folder(project: Project, tmp_path: Path, name: str, text: str):
    usual = told(project, tmp_path)
    (tmp_path / name).write_text(text)
    assert told(project, tmp_path) == usual


def test_of_the_environment(project: Project, tmp_path: Path):
    usual, nothing = told(project, tmp_path)
    assert nothing == ""
    (tmp_path / "other.cfg").write_text(ELSEWHERE)
    (tmp_path / "law.cfg").write_text(OTHER)
    for variables in (
        {"LUIGI_CONFIG_PATH": str(tmp_path / "other.cfg")},
        {"LUIGI_CONFIG_PATH": "/nowhere/luigi.cfg", "LUIGI_CONFIG_PARSER": "toml"},
        {"LAW__luigi_core__local_scheduler": "False", "LAW__luigi_core__default_scheduler_port": "1"},
        {"LAW_CONFIG_FILE": str(tmp_path / "law.cfg"), "LAW_HOME": str(tmp_path)},
    ):
        found, errors = told(project, tmp_path, **variables)
        assert found == usual
        named = ", ".join(sorted(name for name in variables if name != "LAW_HOME"))
        assert errors == f"warning: not heeded are {named}: settings are those of law.cfg and law_user.cfg\n"


@pytest.mark.parametrize("how", [("--workers", "2"), ("--workflow", "batch-local")])
def test_processes_and_jobs_of_a_command_know_no_others(
    project: Project, tmp_path: Path, how: tuple[str, str], request: pytest.FixtureRequest
):
    """Whatever lies where the command runs, and whatever a site's own lines leave in the environment of a job."""
    (tmp_path / "luigi.cfg").write_text("no configuration at all")
    own = project.folder / "law_user.cfg"
    before = own.read_text()
    request.addfinalizer(lambda: own.write_text(before))
    lines = (f"export LUIGI_CONFIG_PATH={tmp_path}/luigi.cfg", f"export LAW__store__root={tmp_path}/other")
    # the store is that of law_user.cfg
    prepare = "".join(f"\n    {line}" for line in (*lines, "unset ERUMFLOW_STORE"))
    store = tmp_path / "own"
    own.write_text(f"{before}[store]\nroot: {store}\n[site_local]\nprepare:{prepare}\n")
    environment = project.environment()
    del environment["ERUMFLOW_STORE"]
    task = ("GenerateEvents", "--datasets", "proton", "--chunk-events", "500", "--branches", "0:2")
    done = subprocess.run(["law", "run", *task, *how], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(store.glob("airshower/GenerateEvents/*/*manifest.json"))) == 2
    assert not (tmp_path / "other").exists()


def test_an_opened_study_knows_no_others(project: Project, tmp_path: Path):
    (tmp_path / "client.cfg").write_text("no configuration at all")
    (tmp_path / "law.cfg").write_text(OTHER)
    code = "from tasks import open_study; print(open_study('airshower'))"
    others = {
        "LUIGI_CONFIG_PATH": str(tmp_path / "client.cfg"),
        "LAW__store__root": "/nowhere",
        "LAW_CONFIG_FILE": str(tmp_path / "law.cfg"),
    }
    for variables in ({}, others):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=project.environment() | variables,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "GenerateEvents" in done.stdout
        assert [name for name in variables if name not in done.stderr] == []


@pytest.mark.parametrize("level", ["1", "2", "3"])
def test_python_may_be_told_to_take_docstrings_away(project: Project, tmp_path: Path, level: str):
    usual, _ = told(project, tmp_path)
    found, errors = told(project, tmp_path, PYTHONOPTIMIZE=level)
    assert found == usual
    assert errors == ("" if level == "1" else "warning: not heeded is PYTHONOPTIMIZE: law needs its docstrings\n")
