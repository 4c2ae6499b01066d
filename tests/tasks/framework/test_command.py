"""Commands that are written wrongly: one error and its cure, no traceback, and law's own command in all else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tasks.conftest import made_once
from tests.tasks.project import Project, copy_project

WHOLE = "it takes whole numbers"


@pytest.fixture(scope="session")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with two examples, one of them twice under two names; not to be changed."""

    def make(folder: Path) -> None:
        for example, name in (("h4l", "h4l"), ("dimuon", "dimuon"), ("dimuon", "jpsi")):
            add_study(repository, folder / "studies", example, name)
        copy_project(repository, folder / "project", "airshower")
        with (folder / "project" / "law_user.cfg").open("a") as stream:
            stream.write(f"path: {folder / 'studies'}\n")
        # a task of one name in two studies is no matter: nothing is said
        assert Project(folder / "project", folder / "store", None).law("index", "-q") == ""

    folder = made_once("commands", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


def add_study(repository: Path, folder: Path, example: str, name: str) -> None:
    shutil.copytree(repository / "examples" / example, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (folder / name).glob("*.py"):
        file.write_text(file.read_text().replace(f'"{example}"', f'"{name}"').replace(f"{example}.", f"{name}."))


@pytest.fixture
def own(project: Project, tmp_path: Path) -> Project:
    """A copy of the project, whose studies are to be changed."""
    shutil.copytree(project.folder.parent / "studies", tmp_path / "studies")
    shutil.copytree(project.folder, tmp_path / "project")
    settings = tmp_path / "project" / "law_user.cfg"
    settings.write_text(settings.read_text().replace(str(project.folder.parent), str(tmp_path)))
    return Project(tmp_path / "project", tmp_path / "store", None)


def said(project: Project, command: str) -> tuple[str, str]:
    """What is wrong with a command, and what to do, which is all that it says."""
    output = project.law("run", *command.split(), fails=True)
    error, cure, *more = output.splitlines()
    assert not more, output
    assert error.startswith("error: "), output
    assert cure.startswith("  cure: "), output
    return error.removeprefix("error: "), cure.removeprefix("  cure: ")


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "error", "cure"),
    [
        (
            "h4l.yield",
            "the study 'h4l' has no stage 'yield'; did you mean 'h4l.yields'?",
            "law run ListStages --study h4l",
        ),
        ("h5l.yields", "no task is called 'h5l.yields', and no study 'h5l'; did you mean 'h4l.yields'?", "ListStudies"),
        ("Reprot --study h4l", "no task is called 'Reprot'; did you mean 'Report'?", "law run ListTasks"),
        ("yields", "no task is called 'yields'; did you mean 'h4l.yields'?", "law index -q"),
        ("VaryWindow", "no task is called 'VaryWindow'; did you mean 'dimuon.windows' or 'jpsi.windows'?", "ListTasks"),
        ("dimuon.windows --widths a,b", "--widths cannot be 'a,b': it takes numbers", "half widths of the windows"),
        ("dimuon.windows --widths=0.2,x", "--widths cannot be '0.2,x': it takes numbers", "dimuon.windows --help"),
        (
            "FitMeasurement --study h4l --data observd",
            "--data cannot be 'observd'; did you mean 'observed'?",
            "use one of: asimov, observed",
        ),
        ("Report --workers two", "--workers cannot be 'two': it takes whole numbers", "law run Report --help"),
        (
            "h4l.candidates --chunk-events -5",
            f"--chunk-events cannot be '-5': {WHOLE}, 0 or more",
            "help",
        ),
        (
            "h4l.candidates --chunk-events 1.5",
            f"--chunk-events cannot be '1.5': {WHOLE}, 0 or more",
            "help",
        ),
        (
            "h4l.candidates --tasks-per-job 0",
            f"--tasks-per-job cannot be '0': {WHOLE}, 1 or more",
            "help",
        ),
        ("CheckStudy --events 0", f"--events cannot be '0': {WHOLE}, 1 or more", "help"),
        ("CheckSite --patience nan", "--patience cannot be 'nan': it takes numbers, 0 or more", "help"),
        ("CheckSite --patience inf", "--patience cannot be 'inf': it takes numbers, 0 or more", "help"),
        ("Report --debug maybe", "--debug cannot be 'maybe': cannot interpret 'maybe' as boolean", "traceback"),
        ("Report --studdy h4l", "Report has no parameter --studdy; did you mean '--study'?", "law run Report --help"),
        ("Report h4l", "'h4l' belongs to no parameter; write --PARAMETER VALUE", "law run Report --help"),
        ("Report --wo two", "--wo is the beginning of several parameters: --workflow, --workers", "--help"),
        ("Report --study", "argument --study: expected one argument", "law run Report --help"),
        (
            "DescribeFiles --files a.root b.root",
            "'b.root' belongs to no parameter; write --PARAMETER VALUE",
            "a pattern in quotes: --files '/data/*.root,B.root'",
        ),
        ("NewStudy", "NewStudy needs the parameter --name", "law run NewStudy --name NAME"),
        ("h4l.candidates --branches 70,80", "h4l.candidates has no branch 70: it has 4, 0 to 3", "numbers, and ranges"),
        ("h4l.candidates --branches 0,2:1", "h4l.candidates has no branches 2:1: it has 4, 0 to 3", "as in 0,2:5"),
        ("h4l.candidates --branches 0:999", "h4l.candidates has no branches 0:999: it has 4, 0 to 3", "as in 0,2:5"),
        (
            "h4l.candidates --branches 0-3",
            "--branches cannot be '0-3': range '0-3' contains non-integer elements",
            "select",
        ),
        (
            "h4l.candidates --branch 99",
            "h4l.candidates has no branch 99: it has 4, 0 to 3",
            "--branch takes one number",
        ),
        (
            "h4l.candidates --branch -5",
            "h4l.candidates has no branch -5: it has 4, 0 to 3",
            "--branch takes one number",
        ),
    ],
)
def test_one_error_and_its_cure(project: Project, command: str, error: str, cure: str):
    told, to_do = said(project, command)
    assert told == error
    assert cure in to_do


@pytest.mark.long
@pytest.mark.parametrize(
    "words", ["run ListTasks", "run h4l.candidates --help", "run h4l.candidates --print-status 9", "index --show"]
)
def test_somebody_stops_to_read(project: Project, words: str):
    command = f"law {words} | true; exit ${{PIPESTATUS[0]}}"
    for _ in range(3):
        done = subprocess.run(
            ["bash", "-c", command], cwd=project.folder, env=project.environment(), capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_a_stage_by_the_name_that_its_study_gives_it(project: Project):
    assert "law run airshower.trainingFigures" in project.law("run", "airshower.training_figures", "--help")


def test_the_index_has_all_tasks_but_those_of_studies_by_their_class(project: Project):
    indexed = [line.split(":")[1] for line in (project.folder / ".law" / "index").read_text().splitlines()]
    assert {"TrainModel", "FitMeasurement", "CalibrateEvents", "dimuon.windows", "jpsi.windows"} <= set(indexed)
    assert "VaryWindow" not in indexed
    assert len(indexed) == len(set(indexed))


@pytest.mark.long
def test_a_study_that_changed_since_the_index(own: Project, repository: Path):
    studies = own.folder.parent / "studies"
    shutil.rmtree(studies / "jpsi")
    error, cure = said(own, "jpsi.windows")
    assert error.startswith("no task is called 'jpsi.windows', and no study 'jpsi'")
    assert "law run ListStudies" in cure
    # a new one is found
    add_study(repository, studies, "dimuon", "upsilon")
    assert "half widths" in own.law("run", "upsilon.windows", "--help")
    (studies / "dimuon" / "tasks.py").write_text("import not_installed_anywhere\n")
    assert "'dimuon.tasks:VaryWindow', which cannot be loaded" in said(own, "dimuon.windows")[0]
    (studies / "h4l" / "study.py").write_text("study = = 1\n")
    assert "'h4l.study' cannot be imported: SyntaxError" in said(own, "h4l.yields")[0]
    assert "did you mean 'Report'" in said(own, "Reprot")[0]


def test_without_an_index(own: Project):
    (own.folder / ".law" / "index").unlink()
    for command in ("h4l.yields", "Report"):
        error, cure = said(own, command)
        assert "no list of the tasks yet" in error
        assert cure == "make it: law index -q"
    # a task may be named by its module
    assert "law run Report" in own.law("run", "tasks.report.Report", "--help")


@pytest.mark.long
def test_all_else_is_as_law_has_it(project: Project):
    plain = [sys.executable, "-c", "import sys; from law.cli import run; sys.exit(run())"]
    for words in (["--help"], ["--version"], ["location"], ["run", "--help"], ["index", "--show"], ["run"], ["rnu"]):
        process = project.start(*words)
        own, _ = process.communicate(timeout=60)
        done = subprocess.run(
            [*plain, *words], cwd=project.folder, env=project.environment(), capture_output=True, text=True
        )
        assert (process.returncode, own) == (done.returncode, done.stdout + done.stderr)


WAITING = """
import contextlib, sys
sys.argv = ["law", "run", "ListStudies"]
from tasks.framework.command import run
with contextlib.suppress(SystemExit):
    run()
loaded = {"requests.api", "jsonschema.validators"} & {*sys.modules}
import jsonschema, requests
print(sorted(loaded), requests.Session.__name__, jsonschema.Draft6Validator({"type": "null"}).is_valid(1))
"""


def test_what_luigi_seldom_needs_is_loaded_when_it_is_used(project: Project):
    assert project.python(WAITING).splitlines()[-1] == "[] Session False"


def test_the_command_is_laws_own_where_there_is_no_project(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    law = str(Path(sys.executable).parent / "law")
    environment |= {"LAW_HOME": str(tmp_path)} | dict.fromkeys(("LAW_CONFIG_FILE", "LAW_INDEX_FILE"), "")
    done = subprocess.run([law, "run", "Reprot"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "task 'Reprot' not found\n")
