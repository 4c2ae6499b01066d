"""Whole commands whose records jobs make, on this machine."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tasks.project import Project, complete_records_are_whole, made, new_project

FAMILY = "GenerateEvents"
RECORDS = 8
# eight branches of no weight
TASK = ("run", FAMILY, "--datasets", "proton", "--chunk-events", "500")
JOBS = (*TASK, "--workflow", "batch-local", "--tasks-per-job", "4")
# where a branch begins
BEGIN = "        start, stop = self.chunk\n        identity = identify(self.dataset.name, start, stop - start)"
# a command whose standard input becomes its terminal; pytest's own process may have JAX, and so forks none
IN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
# what a job waits for before it begins
GATE = "while [ ! -e {folder}/go ]; do sleep 0.05; done"


@pytest.fixture
def showers(repository: Path, tmp_path: Path) -> Project:
    """A copy of the project with an empty store; its study needs no data from elsewhere."""
    return new_project(repository, tmp_path, "airshower", None)


@pytest.fixture
def gated(showers: Project) -> Iterator[Project]:
    """The same, with jobs that begin only when there is a file ``go`` in its folder, or the test ends."""
    configure(showers, f"[site_local]\nprepare: {GATE.format(folder=showers.folder)}")
    yield showers
    (showers.folder / "go").touch()


def configure(project: Project, text: str) -> None:
    with (project.folder / "law_user.cfg").open("a") as stream:
        stream.write(f"\n{text}\n")


def begin_with(project: Project, statement: str) -> Callable[[], None]:
    """Let every branch begin with a statement; returns what undoes it."""
    return project.replace("tasks/data.py", BEGIN, f"        {statement}\n{BEGIN}")


def jobs_made(project: Project) -> Counter[str]:
    """Labels of records that jobs say they made."""
    logs = (project.folder / "jobs").glob(f"*/{FAMILY}/*/*.log")
    return Counter(re.findall(r"^made  \w+ proton (\w+-\w+)", "\n".join(log.read_text() for log in logs), re.MULTILINE))


def records(project: Project) -> list[Path]:
    return list(project.store.glob(f"airshower/{FAMILY}/*/*manifest.json"))


def wait_for_jobs(project: Project, process: subprocess.Popen[str]) -> None:
    """Until jobs are in the queue."""
    while not any(project.folder.glob("jobs/local/*/[0-9]*/*.json")):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)


@pytest.mark.long
def test_jobs_make_the_same_records_as_the_command_itself(showers: Project):
    begin_with(showers, 'import os; print("threads", os.environ.get("OMP_NUM_THREADS"))')
    output = showers.law(*JOBS)
    assert f"2 jobs for {RECORDS} records submitted to local" in output
    assert made(output) == [FAMILY]
    assert len(records(showers)) == RECORDS
    assert set(jobs_made(showers).values()) == {1}
    # a job of one core
    logs = [log.read_text() for log in showers.folder.glob(f"jobs/*/{FAMILY}/*/*.log")]
    assert [log.count("threads 1\n") for log in logs] == [4, 4]
    complete_records_are_whole(showers)
    # the keys are those of the command without jobs
    assert made(showers.law(*TASK)) == []


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--workflow", "condor"), "there is no workflow 'condor'"),
        (("--site", "nowhere"), "there is no site 'nowhere'"),
        (("--site", "local", "--workflow", "local"), "--site local has no effect"),
        (("--site", "local", "--workflow", "slurm"), "leave --workflow out, or write --workflow batch-local"),
    ],
)
@pytest.mark.long
def test_a_site_that_is_none(showers: Project, flags: tuple[str, ...], told: str):
    output = showers.law(*TASK, *flags, fails=True)
    assert told in output
    assert "Traceback" not in output


@pytest.mark.long
def test_one_failure_among_many(showers: Project):
    undo = begin_with(showers, 'if self.chunk[0] == 1000: raise StudyError("no luck", cure="none")')
    output = showers.law(*JOBS, fails=True)
    assert f"1 of {RECORDS} records of {FAMILY} were not made" in output
    assert "proton events_1000-1500: no luck" in output
    assert "Traceback" not in output
    log = Path(re.findall(r"\(log (\S+)\)", output)[0])
    assert "no luck" in log.read_text()
    # what would fail again is not tried again
    assert len(list(log.parent.glob("*.log"))) == 2
    assert len(records(showers)) == RECORDS - 1
    undo()
    assert f"2 jobs for {RECORDS} records" in showers.law(*JOBS)


@pytest.mark.long
def test_other_faults_are_tried_again_but_not_for_ever(showers: Project):
    begin_with(showers, 'if self.chunk[0] == 1000: raise OSError("no luck")')
    output = showers.law(*JOBS, "--retries", "1", fails=True)
    assert output.count("attempt 1 at") == 1
    assert output.count("attempt 2 at") == 1
    assert "attempt 3" not in output
    assert "proton events_1000-1500: OSError: no luck" in output
    assert len(records(showers)) == RECORDS - 1


@pytest.mark.long
def test_a_worker_with_other_code_writes_nothing(gated: Project):
    process = gated.start(*JOBS)
    wait_for_jobs(gated, process)
    gated.replace("analysis/studies/airshower/simulation/showers.py", "return", "0\n    return")
    (gated.folder / "go").touch()
    output, _ = process.communicate(timeout=60)
    assert process.returncode
    assert "this worker has other code or settings than the submitting command" in output
    assert "code analysis.studies.airshower.simulation.showers:_log10_energy changed" in output
    assert records(gated) == []


@pytest.mark.long
@pytest.mark.parametrize("moment", [0.0, 0.05, 0.3, 1.0, 2.0, 3.0])
def test_a_killed_command_is_taken_up_by_the_next(showers: Project, moment: float):
    process = showers.start(*JOBS)
    while not any(showers.folder.glob(f"jobs/*/{FAMILY}/*/submission.json")):
        assert process.poll() is None
        time.sleep(0.005)
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    showers.law(*JOBS)
    assert len(records(showers)) == RECORDS
    # nothing ran twice: jobs of the killed command were found, or never came to life
    assert set(jobs_made(showers).values()) == {1}
    complete_records_are_whole(showers)


@pytest.mark.long
@pytest.mark.parametrize("choice", ["leave", "remove"])
def test_interrupted_jobs_are_left_or_removed(gated: Project, choice: str):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = gated.start(*JOBS, "--on-interrupt", choice)
    wait_for_jobs(gated, process)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in output
    assert ("2 jobs left" if choice == "leave" else "2 jobs removed") in output
    (gated.folder / "go").touch()
    output = gated.law(*JOBS)
    assert ("taking up 2 jobs of an earlier command" in output) == (choice == "leave")
    assert len(records(gated)) == RECORDS
    assert set(jobs_made(gated).values()) == {1}


def test_workflows_side_by_side_have_one_table_and_an_interrupt_asks_once(gated: Project):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = ("run", "CalibrateEvents", *JOBS[2:-1], "9", "--workers", "3")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", IN_TERMINAL, str(Path(sys.executable).parent / "law"), *command],
        cwd=gated.folder,
        env=gated.environment() | {"TERM": "xterm", "COLUMNS": "130", "LINES": "50"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    # two workflows: one of the data set, one of those that calibrate
    read_until(ours, "submitted to local", times=2)
    assert "attempt" in read_until(ours, f"{FAMILY}: 0/{RECORDS} done") + read_until(ours, "running")
    os.write(ours, b"\x03")
    read_until(ours, "leave 2 jobs running, or remove them? [L/r] ")
    os.write(ours, b"r\n")
    seen = read_until(ours, "the same command goes on from there")
    assert "Traceback" not in seen
    assert seen.count("1 job removed") == 2
    assert process.wait(60) == 130
    os.close(ours)


def read_until(terminal: int, text: str, times: int = 1) -> str:
    """What is written to a terminal until a text has come so often."""
    seen = ""
    while seen.count(text) < times:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, seen
        seen += os.read(terminal, 65536).decode(errors="replace")
    return seen


@pytest.mark.long
def test_jobs_are_seen_removed_and_cleaned_up_by_hand(gated: Project):
    process = gated.start(*JOBS)
    wait_for_jobs(gated, process)
    # while a command follows them, they are its own
    assert "another command follows the jobs" in gated.law(*JOBS, "--cancel-jobs", fails=True)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    status = gated.law(*JOBS, "--print-status", "0")
    assert len(re.findall(r"job \S+ at local: (?:running|pending)", status)) == 2
    assert "2 jobs removed" in gated.law(*JOBS, "--cancel-jobs")
    assert "0 jobs removed" in gated.law(*JOBS, "--cleanup-jobs")
    assert not any(gated.folder.glob(f"jobs/*/{FAMILY}/[!.]*"))
    (gated.folder / "go").touch()
    assert f"2 jobs for {RECORDS} records" in gated.law(*JOBS)


@pytest.mark.long
def test_jobs_stay_at_the_site_that_they_were_sent_to(showers: Project):
    settings = showers.folder / "law_user.cfg"
    before = settings.read_text()
    configure(showers, f"[site_other]\nlogs: elsewhere\nprepare: {GATE.format(folder=showers.folder)}")
    process = showers.start(*TASK, "--site", "other", "--tasks-per-job", "4")
    while not any(showers.folder.glob("elsewhere/local/*/[0-9]*/*.json")):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    # a command for another site waits: the records are the same
    second = showers.start(*JOBS)
    assert second.stdout is not None
    assert any("others are at its records" in line for line in second.stdout)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert any("taking up 2 jobs of an earlier command, at other" in line for line in second.stdout)
    os.killpg(second.pid, signal.SIGKILL)
    second.communicate()
    # whichever site a command names, and if it names none
    assert len(re.findall(r"job \S+ at other: (?:running|pending)", showers.law(*TASK, "--print-status", "0"))) == 2
    described = settings.read_text()
    settings.write_text(before)
    for command in ((*JOBS,), (*TASK, "--cancel-jobs")):
        output = showers.law(*command, fails=True)
        assert "there are jobs at the site 'other'" in output
        assert "[site_other]" in output
        assert "Traceback" not in output
    settings.write_text(described)
    assert "2 jobs removed" in showers.law(*TASK, "--cancel-jobs")
    (showers.folder / "go").touch()
    assert f"2 jobs for {RECORDS} records submitted to local" in showers.law(*JOBS)
    assert any(showers.folder.glob(f"elsewhere/*/{FAMILY}/*/*.json"))
    showers.law(*TASK, "--cleanup-jobs")
    for logs in ("jobs", "elsewhere"):
        assert not any(showers.folder.glob(f"{logs}/*/{FAMILY}/[!.]*"))


@pytest.mark.long
def test_a_killed_worker_takes_its_processes_along_and_is_replaced(showers: Project):
    begin_with(showers, "import time; time.sleep(0.5)")
    process = showers.start(*JOBS)
    while len(records(showers)) < 1:
        assert process.poll() is None
        time.sleep(0.02)
    worker = next(one for one in workers(showers) if parent_of(one) not in workers(showers))
    os.kill(worker, signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "signal 9" in output
    assert len(records(showers)) == RECORDS
    assert workers(showers) == []


def workers(project: Project) -> list[int]:
    """Processes that run jobs of a project."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"tasks.batch.worker" in command and str(project.folder).encode() in command:
                found.append(int(entry.name))
    return found


def parent_of(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
