"""Jobs as files remember them: who may change what, and what may be deleted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import BatchError
from tasks.batch.submission import Attempt
from tests.tasks.batch.shell_work import ShellWork, local_system, polling

WRITE = 'echo done >"$record"'


def test_another_choice_of_the_same_records_takes_the_jobs_over(tmp_path: Path):
    first, system = ShellWork(tmp_path, f"sleep 0.2; {WRITE}", 1), local_system(tmp_path)
    with first.submission.held(lambda: None):
        first.submission.attempts = [
            Attempt("Task-1", [first.branches[0].record], 1, 200, str(first.submission.folder / "Task-1.log"), "local")
        ]
        first.submission.save()
        first.submission.attempts[0].job = system.submit([first.job(first.submission.attempts[0])])[0]
        first.submission.attempts[0].phase = "submitted"
        first.submission.save()
    second = ShellWork(tmp_path, WRITE, 2)
    other = replace(second.branches[1], place="study/Task/other-0123456789ab")
    second.branches = {0: other, 1: second.branches[0]}
    second.submission = type(second.submission)(tmp_path / "jobs" / "Task", "store", second.branches)
    with second.submission.held(lambda: None):
        assert second.submission.branches(second.submission.active[0]) == [1]
        assert polling(second, system).run() == []
    assert [len(a.records) for a in second.submission.attempts] == [1, 1]
    assert second.submission.attempts[0].name == "Task-1"


def test_two_commands_do_not_make_the_same_records_at_once(tmp_path: Path):
    one, two = ShellWork(tmp_path, WRITE), ShellWork(tmp_path, WRITE)

    def refuse() -> None:
        raise BatchError("busy")

    with one.submission.held(lambda: None), pytest.raises(BatchError, match="busy"), two.submission.held(refuse):
        pytest.fail("both hold it")


def work_at(folder: Path, series: str, command: str = WRITE) -> ShellWork:
    """One branch, of a series of its own."""
    work = ShellWork(folder, command)
    work.branches = {0: replace(work.branches[0], place=f"study/Task/{series}-0123456789ab", label=series)}
    work.submission = type(work.submission)(folder / "jobs" / "Task", "store", work.branches)
    return work


def test_files_that_no_job_needs_are_deleted(tmp_path: Path):
    system, logs = local_system(tmp_path), tmp_path / "logs"
    old, other, now = work_at(tmp_path, "old"), work_at(tmp_path, "other", "sleep 30"), work_at(tmp_path, "now")
    with old.submission.held(lambda: None):
        assert polling(old, system).run() == []
    with other.submission.held(lambda: None):
        polling(other, system)._sending.submit([0])
    # the folder of logs serves another copy of the project, too
    theirs, elsewhere = logs / "0123456789ab", logs / old.submission.name
    for folder in (theirs, elsewhere):
        folder.mkdir(parents=True)
        (folder / "Task-1.log").touch()
    with now.submission.held(lambda: None):
        assert {"Task-1", old.submission.attempts[0].name} <= now.submission.delete([logs])
        assert not old.submission.folder.exists()
        assert not elsewhere.exists()
        assert theirs.exists()
        # there is a job
        assert other.submission.folder.exists()
        with other.submission.held(lambda: None):
            polling(other, system)._known.remove_all()
            # there is a command
            assert now.submission.delete([logs]) == set()
            assert other.submission.folder.exists()
        now.submission.delete([logs])
        assert not other.submission.folder.exists()
