"""``--explain`` and ``--dry-run`` on a small study: what is there, what would be made, and why."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.servers import S3
from tests.tasks.conftest import copied, made_once
from tests.tasks.project import Project, made, new_project

pytestmark = pytest.mark.long

STUDY = '''
"""A study in one file: events, a scale, and their mean."""

from __future__ import annotations

from dataclasses import dataclass

import analysis.study as s


@dataclass(frozen=True)
class Calibration:
    scale: float = 1.0


def generate(identity, settings):
    import awkward as ak

    return ak.Array({"identity": identity, "energy": (identity % 7) * 1.0})


def simulate(truth, settings):
    return truth


def calibrate(raw, settings):
    """Scale the energies."""
    import awkward as ak

    # of the test beam
    offset = 0.5
    return ak.with_field(raw, raw.energy * settings.scale + offset, "energy")


def select(calibrated):
    return calibrated[calibrated.energy > 1.0]


def mean(selected):
    values = [float(event.energy) for events in selected.values() for event in events]
    return {"mean": sum(values) / len(values)}


MADE = {"generate": s.Step("lamps:generate"), "simulate": s.Step("lamps:simulate"), "generated": 40}
study = s.Study(
    "lamps",
    datasets=tuple(s.Dataset(name, name, "simulated", **MADE) for name in ("red", "blue")),
    stages=(
        s.Events("calibrated", s.Step("lamps:calibrate", Calibration())),
        s.Events("selected", s.Step("lamps:select"), selects=True),
        s.Result("mean", s.Step("lamps:mean")),
    ),
    chunk_events=20,
)
'''


def prepare(repository: Path, folder: Path) -> Project:
    project = new_project(repository, folder, "lamps", None)
    (folder / "studies").mkdir()
    (folder / "studies" / "lamps.py").write_text(STUDY.lstrip())
    (project.folder / "law_user.cfg").write_text("[studies]\ndefault: lamps\npath: ../studies\n")
    return project


@pytest.fixture(scope="module")
def done(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after ``law run lamps.mean``; not to be changed."""

    def make(folder: Path) -> None:
        project = prepare(repository, folder)
        assert project.law("run", "lamps.mean", "--dry-run").count("unknown") == 12
        project.law("run", "lamps.mean")

    folder = made_once("lamps", make, tmp_path_factory)
    return Project(folder / "project", folder / "store", None)


@pytest.fixture
def lamps(done: Project, tmp_path: Path) -> Project:
    """A copy of code and store of :func:`done`, to be changed."""
    shutil.copytree(done.folder.parent / "studies", tmp_path / "studies")
    return copied(done, tmp_path)


def lines(output: str) -> list[str]:
    """Lines without the tree's branches."""
    return [line.lstrip("│├└─ ") for line in output.splitlines()]


def test_all_is_there(done: Project):
    output = done.law("run", "lamps.mean", "--explain")
    assert output.count("complete (2)") == 8
    assert output.endswith("\nall 17 records are there\n")
    assert "differs" not in output
    assert done.law("run", "lamps.mean", "--dry-run") == "nothing is to be made\n"
    # who reads no further is told of no fault
    words = ["bash", "-c", "law run lamps.mean --explain | head -n 1"]
    read = subprocess.run(words, cwd=done.folder, env=done.environment(), capture_output=True, text=True)
    assert (read.stdout.split()[:2], read.stderr) == (["mean", "mean"], "")
    # a task without records
    assert "ListStages  done" in done.law("run", "ListStages", "--explain")


def test_a_changed_function_is_shown_where_it_counts_and_nowhere_else(lamps: Project):
    undo = lamps.replace("../studies/lamps.py", "offset = 0.5", "offset = 0.75")
    output = lamps.law("run", "lamps.mean", "--explain")
    assert output.count("-    offset = 0.5\n") == output.count("+    offset = 0.75\n") == 1
    assert "of the test beam" not in output
    assert "inputs calibrated" in output
    assert output.count("  missing (2), as red\n") == 2
    undo()
    # comments and docstrings are in no key
    lamps.replace("../studies/lamps.py", "of the test beam", "of muons")
    assert "all 17 records are there" in lamps.law("run", "lamps.mean", "--explain")


def test_a_changed_setting_down_to_a_depth(lamps: Project):
    change = ("--set", "calibrated.scale=1.5")
    output = lamps.law("run", "lamps.mean", *change, "--explain", "2")
    assert "setting scale: 1.0 -> 1.5" in lines(output)
    assert "inputs selected (blue, red)" in output
    assert "SimulateData" not in output
    assert lines(lamps.law("run", "lamps.mean", *change, "--explain", "0"))[-1] == "1 of 1 records is missing"
    assert "is no depth" in lamps.law("run", "lamps.mean", "--explain", "deep", fails=True)
    # what has been made already, and is why the rest is missing
    lamps.law("run", "lamps.calibrated", *change)
    output = lamps.law("run", "lamps.mean", *change, "--explain")
    assert "took the place of" in output
    assert "setting scale: 1.0 -> 1.5" in lines(output)
    forecast = lamps.law("run", "lamps.mean", *change, "--dry-run")
    rows = {line.split()[0]: line.split()[1:] for line in forecast.splitlines() if line}
    assert (rows["selected"][0], rows["mean"][0], rows["all"][0]) == ("4", "1", "5")
    assert "unknown" not in forecast
    output = lamps.law("run", "lamps.mean", *change)
    assert made(output) == ["selected"] * 4 + ["mean"]


def test_adopted_and_pinned_records_are_told(lamps: Project):
    keys = {name: next(lamps.store.glob(f"lamps/calibrated/{name}-*")).name[-12:] for name in ("red", "blue")}
    lamps.replace("../studies/lamps.py", "offset = 0.5", "offset = 0.75")
    lamps.law("run", "Adopt", "--task", "lamps.calibrated", "--reason", "a test")
    output = lamps.law("run", "lamps.mean", "--explain")
    assert output.endswith("\nall 17 records are there\n")
    assert f"complete (2), adopted from {keys['red']}\n" in output
    with (lamps.folder / "law_user.cfg").open("a") as stream:
        stream.write(f"[pins]\ncalibrated = {keys['red']} {keys['blue']}\n")
    lamps.replace("../studies/lamps.py", "energy > 1.0", "energy > 2.0")
    told = lines(lamps.law("run", "lamps.mean", "--explain"))
    assert f"red   {keys['red']}  complete (2), pinned" in told
    assert "code lamps:select changed" in told
    assert not any("SimulateData" in line for line in told)


def at_terminal(project: Project, answer: str) -> tuple[str, int]:
    """What a command shows somebody at a terminal who answers, and its exit status."""
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).parent / "law"), "run", "lamps.mean"]
    process = subprocess.Popen(
        command, cwd=project.folder, env=project.environment(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    shown = b""
    # Linux ends what a terminal shows with an error
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    return shown.decode().replace("\r", ""), process.wait()


def test_somebody_at_a_terminal_is_asked_above_a_limit_and_a_script_is_not(lamps: Project):
    lamps.replace("../studies/lamps.py", "offset = 0.5", "offset = 0.75")
    with (lamps.folder / "law_user.cfg").open("a") as stream:
        stream.write("[limits]\nask_above_gigabytes: 0.000001\n")
    shown, status = at_terminal(lamps, "n")
    assert "records are to be made, which takes" in shown
    assert shown.endswith("nothing was run\n")
    assert status == 1
    shown, status = at_terminal(lamps, "y")
    assert ("mean.json  " in shown, status) == (True, 0)
    # nothing is left to be asked about
    assert "begin?" not in at_terminal(lamps, "n")[0]
    lamps.replace("../studies/lamps.py", "offset = 0.75", "offset = 1.75")
    assert len(made(lamps.law("run", "lamps.mean"))) > 0


@pytest.mark.services("s3")
def test_a_store_on_a_server_has_the_code_too(repository: Path, tmp_path: Path, s3: S3):
    project = prepare(repository, tmp_path)
    project.variables |= {
        "ERUMFLOW_STORE": f"s3://{s3.bucket}/{tmp_path.name}",
        "AWS_ENDPOINT_URL_S3": s3.endpoint,
        "AWS_ACCESS_KEY_ID": s3.key,
        "AWS_SECRET_ACCESS_KEY": s3.secret,
    }
    project.law("run", "lamps.mean")
    assert "all 17 records are there" in project.law("run", "lamps.mean", "--explain")
    project.replace("../studies/lamps.py", "offset = 0.5", "offset = 0.75")
    assert "+    offset = 0.75\n" in project.law("run", "lamps.mean", "--explain")
    assert "unknown" not in project.law("run", "lamps.mean", "--dry-run")
