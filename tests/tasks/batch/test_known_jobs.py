"""Jobs at several sites: each is asked after, and removed, where it was sent."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import BatchError
from tasks.batch.known_jobs import KnownJobs
from tasks.batch.polling import Polling
from tasks.batch.sites import Site
from tasks.batch.submission import Attempt
from tasks.batch.systems.commands import Unusable
from tasks.batch.systems.htcondor import HTCondor
from tasks.batch.systems.local import Local
from tasks.batch.systems.slurm import Slurm
from tests.services.servers import SCRIPTS, Condor
from tests.services.servers import Slurm as SlurmServer
from tests.tasks.batch.shell_work import HASTE, Lines, ShellWork, local_system, polling

WRITE = 'echo done >"$record"'
WAITS = 'while [ ! -e "${record%/*}/go" ]; do sleep 0.05; done'


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Local]:
    """A site that has two jobs of a killed command; they begin when there is a file ``go``."""
    work, system = ShellWork(tmp_path, f"{WAITS}; {WRITE}", 2), local_system(tmp_path, "first")
    with work.submission.held(lambda: None):
        polling(work, system)._sending.submit(work.missing())
    yield system
    system.remove([attempt.job for attempt in work.submission.attempts])


def told(poll: Polling) -> str:
    assert isinstance(poll._display, Lines)
    return "\n".join(poll._display.lines)


def test_jobs_are_followed_where_they_were_sent(tmp_path: Path, elsewhere: Local):
    work, second = ShellWork(tmp_path, f"touch go; {WRITE}", 3), local_system(tmp_path, "second")
    with work.submission.held(lambda: None):
        poll = polling(work, second, elsewhere)
        assert poll.run() == []
        attempts = work.submission.attempts
    assert "taking up 2 jobs of an earlier command, at first" in told(poll)
    # nothing is sent a second time, and what is new goes to the new site
    assert [(a.records, a.site) for a in attempts] == [
        ([work.branches[0].record], "first"),
        ([work.branches[1].record], "first"),
        ([work.branches[2].record], "second"),
    ]


def test_the_same_id_at_two_sites_is_two_jobs(tmp_path: Path, elsewhere: Local):
    work, second = ShellWork(tmp_path, WRITE, 3), local_system(tmp_path, "second")
    with work.submission.held(lambda: None):
        first = work.submission.active[0]
        # batch systems count from 1
        other = replace(first, name="Task-1", site="second")
        work.submission.attempts.append(other)
        statuses, silent = polling(work, second, elsewhere)._known.query()
        assert (statuses[first.name].state, statuses[other.name].state) == ("running", "gone")
        assert silent == {}


def test_a_job_lost_elsewhere_is_tried_again_at_the_new_site(tmp_path: Path, elsewhere: Local):
    work = ShellWork(tmp_path, WRITE, 2)
    with work.submission.held(lambda: None):
        elsewhere.remove([attempt.job for attempt in work.submission.active])
        assert polling(work, local_system(tmp_path, "second"), elsewhere).run() == []
        assert [(a.number, a.site) for a in work.submission.attempts[2:]] == [(2, "second"), (2, "second")]


def without_programs(site: str, *jobs: Attempt) -> HTCondor:
    """A site whose commands are not there, and that has jobs."""
    for number, job in enumerate(jobs):
        job.job = f"{number}.0"
    return HTCondor(Site(site, "htcondor", command_prefix=("no-such-program",)))


def test_a_site_that_cannot_be_asked_is_an_error_at_once(tmp_path: Path, elsewhere: Local):
    work, patience = ShellWork(tmp_path, WRITE, 3), replace(HASTE, unreachable=60.0)
    with work.submission.held(lambda: None):
        away = without_programs("first", *work.submission.active)
        begin = time.monotonic()
        with pytest.raises(Unusable, match="'first': there is no command no-such-program"):
            polling(work, local_system(tmp_path, "second"), away, patience=patience).run()
        # where nothing could be sent, nothing is left to be asked after
        with pytest.raises(Unusable, match="'third'"):
            polling(work, without_programs("third"), patience=patience)._sending.submit([2])
        assert {attempt.site for attempt in work.submission.attempts} == {"first"}
        assert time.monotonic() - begin < 10


def test_jobs_are_removed_at_all_sites_that_can_be_asked(tmp_path: Path, elsewhere: Local):
    work, second = ShellWork(tmp_path, "sleep 30", 3), local_system(tmp_path, "second")
    with work.submission.held(lambda: None):
        ids = [attempt.job for attempt in work.submission.active]
        polling(work, second)._sending.submit([2])
        with pytest.raises(Unusable, match="'first'"):
            polling(work, second, without_programs("first", *work.submission.active[:2]))._known.remove_all()
        left = work.submission.active
        assert [attempt.site for attempt in left] == ["first", "first"]
        for attempt, job in zip(left, ids, strict=True):
            attempt.job = job
        assert polling(work, second, elsewhere)._known.remove_all() == 2
        assert work.submission.active == []


def test_a_site_that_is_not_described_any_more_is_named(tmp_path: Path, elsewhere: Local):
    work = ShellWork(tmp_path, WRITE, 2)
    with work.submission.held(lambda: None):
        known = KnownJobs(work.submission, Lines())
        with pytest.raises(Unusable, match=r"jobs at the site 'first'.*no site 'first'(.|\n)*\[site_first\]"):
            known.remove_all()


def test_jobs_are_not_sent_twice_after_an_answer_that_got_lost(tmp_path: Path):
    work, calls = ShellWork(tmp_path, WRITE), tmp_path / "calls"
    # it fails as if the scheduler were away, and notes what it was asked
    away = ("sh", "-c", f'echo "$*" >>{calls}; exit 1', "sh")
    down = HTCondor(Site("local", "htcondor", command_prefix=away))
    with work.submission.held(lambda: None):
        with pytest.raises(BatchError, match="condor_submit refuses"):
            polling(work, down, patience=replace(HASTE, unreachable=0.2))._sending.submit([0])
        commands = calls.read_text()
        assert commands.count("condor_submit") == 1
        assert commands.count("condor_q") > 1
        # nobody knows whether it was taken: the next command finds out
        (attempt,) = work.submission.active
        assert polling(work, local_system(tmp_path)).run() == []
        assert attempt.name not in [one.name for one in work.submission.attempts]


@pytest.fixture
def seen_by_all(condor: Condor) -> Iterator[Path]:
    """A folder at the same place for this machine and the HTCondor pool, whose user may write into it."""
    folder = Path(tempfile.mkdtemp(prefix="erumflow-test-", dir="/var/tmp"))
    logs = ShellWork(folder, WRITE).submission.folder
    logs.mkdir(parents=True)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777)
    condor.bind(folder)
    yield folder
    condor.unbind(folder)
    shutil.rmtree(folder)


@pytest.mark.services
def test_a_command_for_slurm_follows_the_jobs_that_htcondor_has(seen_by_all: Path, slurm: SlurmServer):
    into_pool = ("bash", str(SCRIPTS / "htcondor.sh"), "run")
    pool = HTCondor(Site("pool", "htcondor", command_prefix=into_pool))
    into_cluster = ("env", f"SLURM_CONF={slurm.exported['SLURM_CONF']}")
    cluster = Slurm(Site("cluster", "slurm", logs=seen_by_all / "jobs", command_prefix=into_cluster))
    patience = replace(HASTE, ended=10.0, gone=30.0, last_poll=0.5, unreachable=60.0)
    work = ShellWork(seen_by_all, f'{WAITS}; echo made >>"$record"', 2)
    with work.submission.held(lambda: None):
        polling(work, pool, patience=patience)._sending.submit([0, 1])
    work = ShellWork(seen_by_all, 'touch go; echo made >>"$record"', 3)
    with work.submission.held(lambda: None):
        poll = polling(work, cluster, pool, patience=patience)
        try:
            assert poll.run() == []
        finally:
            poll._known.remove(work.submission.active)
        assert [attempt.site for attempt in work.submission.attempts] == ["pool", "pool", "cluster"]
    assert [work.record(number).read_text() for number in work.branches] == ["made\n"] * 3
