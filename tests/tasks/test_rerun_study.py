"""``law run RerunStudy``: a small capsule run again from a clone, its verdict a record."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.preservation import archive
from analysis.preservation.rerunning import checked
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import records_of
from tests.analysis.preservation.rerunnable import edited
from tests.analysis.preservation.rerunnable import made as made_capsule
from tests.analysis.preservation.test_rerunning import rewritten
from tests.tasks.project import Project, made, new_project


@pytest.fixture(scope="module")
def clone(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new_project(repository, tmp_path_factory.mktemp("clone"), "airshower", None)


@pytest.fixture
def project(clone: Project, tmp_path: Path) -> Project:
    """The clone with an empty store, and a home folder in which nothing is."""
    for name in ("store", "home"):
        (tmp_path / name).mkdir()
    return Project(clone.folder, tmp_path / "store", None, {"HOME": str(tmp_path / "home")})


@pytest.fixture
def capsule(tmp_path: Path) -> Path:
    return made_capsule(tmp_path)


def words(capsule: Path, *more: str) -> list[str]:
    return ["run", "RerunStudy", "--capsule", str(capsule), "--folder", str(capsule.parent / "to"), *more]


def verdicts(project: Project, outcome: str) -> list[Path]:
    return sorted(project.store.glob(f"tiny/RerunStudy/{outcome}-*/verdict.json"))


@pytest.mark.long
def test_agreement_is_a_record_and_can_be_added_to_the_capsule(project: Project, capsule: Path, tmp_path: Path):
    output = project.law(*words(capsule))
    assert "1 number: all agree" in output
    (file,) = verdicts(project, "agrees")
    assert json.loads(file.read_text())["agrees"]
    # of this store like any other
    (record,) = records_of(LocalStore(project.store), "tiny")
    assert record.verify()["parts"]["parameters"] == {"capsule": hashlib.sha256(capsule.read_bytes()).hexdigest()}
    assert str(file) in output

    # known: nothing runs, and what is asked for is done
    copy = tmp_path / "with_verdict.zip"
    output = project.law(*words(capsule, "--add", str(copy)))
    assert "quantity" not in output
    assert made(output) == []
    (name,) = (name for name in checked(copy).members if name.startswith("verdicts/"))
    assert archive.read(copy, name) == file.read_bytes()
    root, described = json.loads(archive.read(copy, "ro-crate-metadata.json"))["@graph"]
    assert root["hasPart"] == [{"@id": described["@id"]}] == [{"@id": name}]
    # the copy is a capsule like the first one
    verify = subprocess.run([sys.executable, "-I", str(copy), "verify"], capture_output=True, text=True)
    assert verify.returncode == 0, verify.stderr


@pytest.mark.services
@pytest.mark.usefixtures("bubblewrap")
def test_it_runs_in_a_sandbox(project: Project, capsule: Path, tmp_path: Path):
    more = b"""
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=0.2)
except OSError as error:
    (store.parent / "told").write_text(f"{error.strerror} {sorted(os.listdir(os.environ['HOME']))}")
data = """
    edited(capsule, "source/study.txt", lambda text: text.replace(b"\ndata = ", more))
    (tmp_path / "home" / "private").touch()
    quiet = Project(project.folder, project.store, None, {**project.variables, "API_TOKEN": "x", "NAMED": "y"})
    # the packages of this one are none
    rewritten(capsule, {"wheels/x.whl": b"x"}, said=True)
    setup = b'[ ! -e "$_base/.venv/law" ] || { export PATH="$_base/.venv:$PATH"; return 0; }\nmkdir -p'
    edited(capsule, "source/setup.sh", lambda text: text.replace(b"mkdir -p", setup))
    output = quiet.law(*words(capsule, "--container", "--no-network", "--variables", "NAMED"))
    assert "1 number: all agree" in output
    assert (tmp_path / "to/store/told").read_text() == "Network is unreachable []"
    given = json.loads((tmp_path / "to/store/seen.json").read_text())["environment"]
    assert given["NAMED"] == "y"
    assert "API_TOKEN" not in given


def test_a_pipe_is_no_capsule(project: Project, tmp_path: Path):
    os.mkfifo(tmp_path / "x.zip")
    output = project.law(*words(tmp_path / "x.zip"), fails=True)
    assert "x.zip is no ordinary file" in output
    assert "Traceback" not in output


def test_a_difference_is_a_record_and_a_failure(project: Project, capsule: Path):
    edited(capsule, "source/study.txt", lambda text: text.replace(b"CONSTANT = 2.0", b"CONSTANT = 2.002"))
    output = project.law(*words(capsule), fails=True)
    assert "DIFFERS" in output
    assert "gives other numbers" in output
    assert "Traceback" not in output
    assert verdicts(project, "agrees") == []
    (file,) = verdicts(project, "differs")
    assert json.loads(file.read_text())["first_difference"]["record"] == "FitMeasurement/default"


def test_records_of_the_store_are_verified_without_running(project: Project, capsule: Path, tmp_path: Path):
    output = project.law(*words(capsule, "--only-verify"), fails=True)
    assert output.count("missing") == 3
    assert not (tmp_path / "to").exists()
    project.law(*words(capsule))
    (tmp_path / "to" / "store" / "tiny").rename(project.store / "records")
    for folder in (project.store / "records").iterdir():
        (project.store / "tiny").mkdir(exist_ok=True)
        folder.rename(project.store / "tiny" / folder.name)
    assert "3 of 3 records have the preserved content" in project.law(*words(capsule, "--only-verify"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "there is no file"), (b"PK", "damaged or incomplete"), (b"", "damaged or incomplete")],
)
def test_what_is_no_capsule_is_told(project: Project, tmp_path: Path, content: bytes | None, problem: str):
    file = tmp_path / "x.zip"
    if content is not None:
        file.write_bytes(content)
    output = project.law(*words(file), fails=True)
    assert problem in output
    assert "Traceback" not in output
    assert verdicts(project, "*") == []
