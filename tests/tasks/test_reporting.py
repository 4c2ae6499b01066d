"""What a command tells: an error once, however many data sets have it, and no record of its own as another's."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from tasks.framework import reporting
from tests.tasks.conftest import made_once
from tests.tasks.project import Project, new_project

NAMES = ("a", "b", "c")
STUDY = f"""
from dataclasses import dataclass
from analysis.study import Dataset, Events, Result, Shift, Step, Study

@dataclass(frozen=True)
class Scale:
    scale: float = 1.0

MADE = {{"generate": Step("broken.steps:drawn"), "simulate": Step("broken.steps:same"), "generated": 10}}
study = Study(
    "broken",
    datasets=tuple(Dataset(name, name, "simulated", **MADE) for name in {NAMES}),
    shifts=(Shift("scale", "scale", "scaled", up={{"scale": 1.1}}, down={{"scale": 0.9}}),),
    stages=(
        Events("scaled", Step("broken.steps:scaled", Scale())),
        Events("others", Step("broken.steps:others")),
        Result("both", Step("broken.steps:both")),
    ),
)
"""
STEPS = """
import awkward as ak

def drawn(identity, settings):
    return ak.Array({"identity": identity})

def same(events, settings):
    return events

def scaled(raw, settings):
    return 1 / 0

def others(raw, dataset):
    raise KeyError(dataset.name)

def both(scaled, others):
    return {}
"""


@pytest.fixture(scope="module")
def project(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    def make(folder: Path) -> None:
        project = new_project(repository, folder, "airshower", None)
        (folder / "studies" / "broken").mkdir(parents=True)
        (folder / "studies" / "broken" / "study.py").write_text(STUDY)
        (folder / "studies" / "broken" / "steps.py").write_text(STEPS)
        (project.folder / "law_user.cfg").write_text("[studies]\ndefault: broken\npath: ../studies\n")
        project.store.mkdir()

    folder = made_once("reporting", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


def errors(output: str) -> list[str]:
    return re.findall(r"^error: .*(?:\n  .*)*", output, flags=re.MULTILINE)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_an_error_is_told_once_for_all_data_sets(project: Project, workers: str) -> None:
    output = project.law("run", "MakeResult", "--stage", "both", "--workers", workers, fails=True)
    (told,) = {one for one in errors(output) if "ZeroDivisionError" in one and "more of the same kind" in one}
    first = re.search(r"for data set (\w), chunk events_0-10\n  cure: ", told)
    assert first
    others = re.search(r"\n  \.\.\. and 2 more of the same kind \(data sets (\w), (\w)\); --debug shows all$", told)
    assert others
    assert {first[1], *others.groups()} == set(NAMES)
    # others are other errors
    for name in NAMES:
        assert f"KeyError: '{name}'" in output


def test_all_are_shown_to_whoever_asks(project: Project) -> None:
    output = project.law("run", "MakeEvents", "--stage", "scaled", "--debug", fails=True)
    said = [one for one in errors(output) if "ZeroDivisionError" in one]
    assert {re.findall(r"for data set (\w)", one)[0] for one in said} == set(NAMES)
    assert "more of the same kind" not in output


def test_a_check_tells_it_once(project: Project) -> None:
    output = project.law("run", "CheckStudy", fails=True)
    (told,) = errors(output)
    assert told.count("ZeroDivisionError") == 1
    assert "scaled of a: ZeroDivisionError: division by zero (broken/steps.py, line 11)\n    cure: correct" in told
    names = "scaled under scale_up of a, scaled under scale_down of a, scaled of b, scaled of c"
    assert f"\n    ... and 4 more of the same kind ({names})\n" in told
    assert told.count("KeyError") == len(NAMES)
    assert "not checked  both : it takes 'scaled', which has a fault" in output


def test_what_the_command_made_itself_is_nobody_elses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, other = (Record(LocalStore(tmp_path), f"study/Task/{name}-0", "", ("json",)) for name in ("own", "other"))
    reporting.begun(own)
    reporting.already_there(own)
    assert capsys.readouterr().out == ""
    reporting.already_there(other)
    assert capsys.readouterr().out == "there Task other\n"


EVIL = "a\x1b[2J\x1b]0;owned\x07\u202e\x9b\rb"
# law's word for no colour
LAWS_NONE = "\x1b[0;49;39m"
SHOWN = r"a\x1b[2J\x1b]0;owned\x07\u202e\x9b\rb"
TELLING = f"""
import sys, logging
from pathlib import Path
from analysis.errors import StoreError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import Record
from tasks.framework import reporting
evil = {EVIL!r}
record = Record(LocalStore(Path(sys.argv[1])), "study/Task/" + evil + "-0", evil, ("json",))
reporting.install()
reporting.tell("two\\nlines " + evil)
reporting.tell_lines([evil])
reporting.made(record, 1.0, evil)
reporting.already_there(record)
reporting.tell_error(str(StoreError(evil, cure=evil)))
reporting.warnings.warn(reporting.UnseenWarning(evil, cure=""))
log = logging.getLogger("luigi-interface")
log.addHandler(logging.StreamHandler(sys.stdout))
log.warning("task %s", evil)
try:
    raise OSError(evil)
except OSError:
    log.exception("failed")
"""


@pytest.mark.parametrize("watched", [True, False])
def test_names_do_not_command_the_terminal_and_our_colours_stay(
    repository: Path, tmp_path: Path, watched: bool
) -> None:
    ours, theirs = pty.openpty() if watched else os.pipe()
    command = [sys.executable, "-c", TELLING, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(repository), "LAW_HOME": str(tmp_path)}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):
        while block := os.read(ours, 65536):
            said += block
    os.close(ours)
    assert process.wait() == 0, said.decode()
    # the terminal itself makes two characters of an end of a line
    text = said.decode().replace("\r\n", "\n")
    colours = {"\x1b[0;49;31m", "\x1b[0;49;32m", "\x1b[0;49;33m", "\x1b[0m", LAWS_NONE} if watched else set()
    assert set(re.findall("\x1b.{0,9}?m", text)) == colours
    for colour in colours:
        text = text.replace(colour, "")
    assert not set("\x1b\x07\u202e\x9b\r") & set(text)
    lines = text.splitlines()
    assert lines[:2] == ["two", f"lines {SHOWN}"]
    assert f"made  Task {SHOWN} {SHOWN}  (1.0 s)  again: {SHOWN}" in lines
    assert f"error: {SHOWN}" in lines
    assert f"  cure: {SHOWN}" in lines
    assert any(line.startswith(f"warning: {SHOWN}") for line in lines)
    assert f"task {SHOWN}" in lines
    assert f"OSError: {SHOWN}" in lines
