"""Branches side by side in processes of a job."""

from __future__ import annotations

import os
import signal
import time

from tasks.batch.processes import Processes
from tasks.batch.reports import FailedBranch


def run(number: int) -> FailedBranch | None:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 4:
        os._exit(5)
    return FailedBranch("no luck") if number == 5 else None


def test_what_kills_a_process_touches_no_other_branch():
    with Processes(run, 2) as processes:
        results = {number: failed for number, failed, _ in processes.results(range(8))}
    assert set(results) == set(range(8))
    failures = {number: failed.message for number, failed in results.items() if failed}
    assert failures == {
        3: "its process was killed by signal 9",
        4: "its process ended with exit code 5",
        5: "no luck",
    }


def where(number: int) -> FailedBranch | None:
    time.sleep(0.2)
    return FailedBranch(str(os.getpid()))


def test_a_process_runs_one_branch_after_the_other():
    with Processes(where, 2) as processes:
        begin = time.monotonic()
        used = {failed.message for _, failed, _ in processes.results(range(4)) if failed}
        seconds = time.monotonic() - begin
    assert len(used) == 2
    assert 0.4 <= seconds < 0.8


def test_nothing_is_left_of_what_is_given_up():
    with Processes(lambda number: time.sleep(60), 1) as processes:
        slot = processes._free()
        assert slot is not None
        slot.connection.send(0)
    assert slot.process.exitcode == -signal.SIGTERM
