"""What becomes of jobs, with processes of this machine: the records decide, whatever the jobs say."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.batch.sites import Site
from tasks.batch.submission import Attempt
from tasks.batch.systems.local import Local
from tasks.batch.systems.system import Status
from tests.tasks.batch.shell_work import HASTE, Lines, ShellWork, local_system, polling

WRITE = 'echo done >"$record"'


def at_first(command: str) -> str:
    """What a branch does if a command comes first in the first attempt, and nothing after it."""
    return f'[ "$attempt" -gt 1 ] || {{ {command}; sleep 30; exit 1; }}; {WRITE}'


def test_every_record_is_made_once(tmp_path: Path):
    work = ShellWork(tmp_path, 'echo made >>"$record"', 5)
    assert polling(work, local_system(tmp_path), per_job=2).run() == []
    assert [work.record(number).read_text() for number in work.branches] == ["made\n"] * 5
    assert len(work.submission.attempts) == 3
    assert {attempt.phase for attempt in work.submission.attempts} == {"over"}


def test_nothing_is_submitted_for_records_that_are_there(tmp_path: Path):
    work = ShellWork(tmp_path, WRITE, 2)
    work.record(0).touch()
    assert polling(work, local_system(tmp_path)).run() == []
    (attempt,) = work.submission.attempts
    assert work.submission.branches(attempt) == [1]


def test_one_failure_among_many_is_tried_again_alone_and_then_given_up(tmp_path: Path):
    work = ShellWork(tmp_path, f'[ "${{record##*_}}" = 2 ] && exit 7; {WRITE}', 4)
    (failure,) = polling(work, local_system(tmp_path), per_job=4, retries=1).run()
    assert failure.branch == work.branches[2]
    assert "exit code 1" in failure.reason
    assert Path(failure.log).exists()
    first, second = work.submission.attempts
    assert (len(first.records), len(second.records), second.number) == (4, 1, 2)


def test_killed_jobs_are_tried_again_and_the_reason_is_told(tmp_path: Path):
    work = ShellWork(tmp_path, at_first("kill -9 $$"))
    poll = polling(work, local_system(tmp_path))
    display = poll._display
    assert poll.run() == []
    assert isinstance(display, Lines)
    assert any("signal 9" in line for line in display.lines)
    assert work.submission.attempts[0].log != work.submission.attempts[1].log


def test_an_end_without_a_record_is_a_failure(tmp_path: Path):
    work = ShellWork(tmp_path, "true")
    (failure,) = polling(work, local_system(tmp_path), retries=1).run()
    assert failure.reason == "ended without a record"
    assert [attempt.number for attempt in work.submission.attempts] == [1, 2]


def test_a_record_that_is_seen_late_counts(tmp_path: Path):
    work = ShellWork(tmp_path, "true")

    def arrive() -> None:
        while not list((tmp_path / "jobs").glob("*/*/*.log")):
            time.sleep(0.01)
        time.sleep(0.3)
        work.record(0).touch()

    thread = threading.Thread(target=arrive)
    thread.start()
    assert polling(work, local_system(tmp_path), patience=replace(HASTE, ended=20.0)).run() == []
    thread.join()
    assert len(work.submission.attempts) == 1


def test_too_little_memory_is_answered_with_more(tmp_path: Path):
    hog = f"{sys.executable} -S -c 'import time; block = bytearray(300 << 20); time.sleep(5)'"
    work = ShellWork(tmp_path, at_first(hog))
    assert polling(work, local_system(tmp_path), memory=100).run() == []
    assert work.asked == [100, 200]


def test_a_job_that_somebody_removes_is_submitted_again(tmp_path: Path):
    work = ShellWork(tmp_path, at_first("true"))
    system = local_system(tmp_path)

    def remove() -> None:
        while not (ids := [attempt.job for attempt in work.submission.active if attempt.job]):
            time.sleep(0.01)
        local_system(tmp_path).remove(ids)

    thread = threading.Thread(target=remove)
    thread.start()
    assert polling(work, system).run() == []
    thread.join()
    assert [attempt.number for attempt in work.submission.attempts] == [1, 2]


def test_a_job_whose_id_was_never_noted_is_found_by_its_name(tmp_path: Path):
    work, system = ShellWork(tmp_path, f"sleep 0.2; {WRITE}"), local_system(tmp_path)
    work.submission.folder.mkdir(parents=True)
    attempt = Attempt("Task-1", [work.branches[0].record], 1, 200, str(work.submission.folder / "Task-1.log"), "local")
    work.submission.attempts.append(attempt)
    work.submission.save()
    (job,) = system.submit([work.job(attempt)])
    # the command is killed here; the next one knows nothing but the file
    again = ShellWork(tmp_path, WRITE)
    again.submission.load()
    assert polling(again, local_system(tmp_path)).run() == []
    (only,) = again.submission.attempts
    assert only.job == job


def test_a_job_that_was_only_intended_is_submitted_anew_and_cannot_come_to_life(tmp_path: Path):
    work = ShellWork(tmp_path, WRITE)
    work.submission.folder.mkdir(parents=True)
    attempt = Attempt("Task-1", [work.branches[0].record], 1, 200, str(work.submission.folder / "Task-1.log"), "local")
    work.submission.attempts.append(attempt)
    work.submission.save()
    late = work.job(attempt)
    again = ShellWork(tmp_path, WRITE)
    again.submission.load()
    assert polling(again, local_system(tmp_path)).run() == []
    assert [a.name for a in again.submission.attempts] != ["Task-1"]
    # it reaches the queue only now
    again.record(0).unlink()
    system = local_system(tmp_path)
    (job,) = system.submit([late])
    while system.query([job])[job].state != "ended":
        time.sleep(0.02)
    assert not again.record(0).exists()


def test_all_jobs_are_removed(tmp_path: Path):
    work, system = ShellWork(tmp_path, "sleep 30", 2), local_system(tmp_path)
    poll = polling(work, system)
    poll._sending.submit(work.missing())
    ids = [attempt.job for attempt in work.submission.active]
    assert poll._known.remove_all() == 2
    assert {status.state for status in system.query(ids).values()} <= {"ended", "gone"}
    assert work.submission.active == []


def test_what_a_job_said_before_its_work_began_is_told(tmp_path: Path):
    work = ShellWork(tmp_path, 'echo "first"; echo; echo "module: not found" >&2; exit 7')
    (failure,) = polling(work, local_system(tmp_path), retries=0).run()
    assert failure.reason == "exit code 1 (its log ends: first / module: not found)"


class Ends(Local):
    """Processes of this machine whose ends are told as another batch system tells them."""

    status: Status

    def query(self, ids: Collection[str]) -> dict[str, Status]:
        return {job: self.status if one.state == "ended" else one for job, one in super().query(ids).items()}


# of HTCondor, Slurm with and without control groups, the machine, and a shell in between
SIGKILL = "its job was killed by signal 9 (SIGKILL), perhaps for its memory"


@pytest.mark.parametrize(
    ("status", "reason", "memory"),
    [
        (Status("ended", signal=9, reason="killed by signal 9"), SIGKILL, True),
        (Status("ended", exit_code=137, reason="exit code 137"), SIGKILL, True),
        (Status("ended", signal=11), SIGKILL.replace("9 (SIGKILL)", "11 (SIGSEGV)"), True),
        (Status("ended", exit_code=139, reason="exit code 139"), SIGKILL.replace("9 (SIGKILL)", "11 (SIGSEGV)"), True),
        (Status("held", reason="held: memory usage exceeded", out_of_memory=True), "held: memory usage exceeded", True),
        (
            Status("ended", signal=9, reason="killed for more memory", out_of_memory=True),
            "killed for more memory",
            True,
        ),
        (Status("ended", signal=9, reason="killed for running longer"), "killed for running longer", False),
        (Status("ended", signal=15, reason="killed by signal 15"), "its job was killed by signal 15 (SIGTERM)", False),
        (Status("ended", exit_code=3, reason="exit code 3"), "exit code 3", False),
    ],
    ids=lambda value: value.reason if isinstance(value, Status) else "",
)
def test_what_may_be_a_lack_of_memory_is_known_as_one(status: Status, reason: str, memory: bool, tmp_path: Path):
    system = Ends(Site("local", logs=tmp_path / "jobs"))
    system.status = status
    (failure,) = polling(ShellWork(tmp_path, "exit 3"), system, retries=0).run()
    assert failure.reason.partition(" (its log")[0] == reason
    assert failure.memory == memory
