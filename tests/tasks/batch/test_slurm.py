"""Slurm as it is, with and without accounting, and its daemons going away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import BatchError
from tasks.batch.sites import Site, batch_system
from tasks.batch.systems.slurm import Slurm as SlurmSystem
from tests.services.servers import Slurm
from tests.tasks.batch.cases import SMALL, Pool, SystemCases, check_talkative_site, wait_for

pytestmark = pytest.mark.services

# counts the commands, and is what a prefix is for: it runs them
COUNTER = 'echo >>"$0"; exec "$@"'


def slurm_pool(slurm: Slurm, tmp_path: Path) -> Pool:
    # as long as commands find their Slurm by a variable, it is part of the prefix
    counter = tmp_path / "calls"
    prefix = ("env", f"SLURM_CONF={slurm.exported['SLURM_CONF']}", "/bin/sh", "-c", COUNTER, str(counter))
    folder = tmp_path / "jobs"
    folder.mkdir()
    site = Site("cluster", "slurm", logs=tmp_path / "logs", command_prefix=prefix, timeout=30, scratch=str(tmp_path))
    return Pool(
        site,
        folder,
        4,
        suspend=lambda job: slurm.run(["scontrol", "suspend", job]),
        hold=lambda job: slurm.run(["scontrol", "hold", job]),
        calls=lambda: len(counter.read_bytes()) if counter.exists() else 0,
    )


class SlurmCases(SystemCases):
    def test_a_site_that_says_something_before_each_answer(self, pool: Pool) -> None:
        check_talkative_site(pool)

    def test_what_slurm_refuses_is_told_and_nothing_stays(self, pool: Pool) -> None:
        jobs = [pool.job("true"), pool.job("true", resources=replace(SMALL, gpus=3))]
        with pytest.raises(BatchError, match=r"'cluster': sbatch refuses: .*gres|configuration"):
            pool.submit(*jobs)
        known = pool.system.find([job.name for job in jobs])
        assert all(one.state == "ended" for one in pool.system.query(known.values()).values())

    def test_what_was_noted_of_jobs_is_deleted_when_they_are_forgotten_or_old(self, pool: Pool) -> None:
        arrays = [[pool.job("true"), pool.job("true")], [pool.job("true")], [pool.job("true")]]
        pool.wait([number for jobs in arrays for number in pool.submit(*jobs)], ["ended"])
        notes = pool.site.logs / "slurm"
        assert len(list(notes.iterdir())) == 3
        old = notes / arrays[2][0].name
        os.utime(old, (0, time.time() - 31 * 86400))
        # of the first array only a part
        pool.system.forget([arrays[0][0].name, arrays[1][0].name])
        assert [file.name for file in notes.iterdir()] == [arrays[0][0].name]
        assert set(pool.system.find([job.name for jobs in arrays for job in jobs])) == {job.name for job in arrays[0]}
        pool.system.forget([job.name for job in arrays[0]])
        assert list(notes.iterdir()) == []

    def test_a_job_that_takes_longer_than_it_asked_for(self, pool: Pool) -> None:
        # Slurm looks at whole minutes
        (number,) = pool.submit(pool.job("sleep 300", resources=replace(SMALL, runtime=1)))
        status = pool.wait([number], ["ended"], 150)[number]
        assert status.exit_code is None
        assert "runtime" in status.reason

    @pytest.mark.alone
    def test_requeued_by_the_system_it_is_the_same_job_with_the_same_log(self, pool: Pool, slurm_of: Slurm) -> None:
        job = pool.job("echo started; [ -e again ] || { touch again; sleep 300; }")
        (number,) = pool.submit(job)
        wait_for((pool.folder / "again").exists)
        slurm_of.run(["scontrol", "requeue", number])
        # Slurm waits two minutes before it starts a job again, unless it is told
        pool.wait([number], ["pending"])
        assert "begin" in pool.system.why_pending(number)
        # the reason for which it waits: the end of the first run is not to be taken for that of the second
        time.sleep(3)
        slurm_of.run(["scontrol", "update", f"jobid={number}", "starttime=now"])
        status = pool.wait([number], ["ended"], 200)[number]
        said = {path.name: path.read_text() for path in pool.folder.glob("*.log")}
        assert status.succeeded, f"{status} {said} {slurm_of.run(['scontrol', 'show', 'job', number])}"
        assert job.log.read_text().count("started") == 2

    @pytest.mark.alone
    def test_the_node_goes_down(self, pool: Pool, slurm_of: Slurm) -> None:
        job = pool.job("echo started; [ -e again ] || { touch again; sleep 300; }")
        (number,) = pool.submit(job)
        wait_for((pool.folder / "again").exists)
        node = slurm_of.run(["sinfo", "-h", "-o", "%n"]).strip()
        slurm_of.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"])
        try:
            status = pool.wait([number], ["pending"], 30)[number]
            assert status.reason
            assert "never" not in pool.system.why_pending(number)
        finally:
            # not while its last processes are being ended
            wait_for(lambda: "*" not in slurm_of.run(["sinfo", "-h", "-o", "%T"]), 60)
            slurm_of.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=False)
        pool.system.remove([number])
        assert pool.status(number).state == "ended"

    @pytest.mark.alone
    def test_no_controller_is_an_error_and_no_answer_about_jobs(self, pool: Pool, slurm_of: Slurm) -> None:
        (number,) = pool.submit(pool.job("while [ ! -e gate ]; do sleep 0.1; done; exit 6"))
        pool.wait([number], ["running"])
        slurm_of.stop("slurmctld")
        try:
            for ask in (
                lambda: pool.system.query([number]),
                lambda: pool.system.submit([pool.job("true")]),
                lambda: pool.system.remove([number]),
            ):
                with pytest.raises(BatchError, match="cluster"):
                    ask()
            # it ends while nobody looks
            (pool.folder / "gate").touch()
            time.sleep(1)
        finally:
            slurm_of.start("slurmctld")
        assert pool.wait([number], ["ended"], 60)[number].exit_code == 6


class TestSlurm(SlurmCases):
    @pytest.fixture
    def slurm_of(self, slurm: Slurm) -> Slurm:
        return slurm

    @pytest.fixture
    def pool(self, slurm: Slurm, tmp_path: Path) -> Iterator[Pool]:
        pool = slurm_pool(slurm, tmp_path)
        yield pool
        pool.clean()

    @pytest.mark.alone
    def test_no_accounting_for_a_while(self, pool: Pool, slurm: Slurm) -> None:
        (number,) = pool.submit(pool.job("exit 7"))
        pool.wait([number], ["ended"])
        unknown = "99999999_0"
        slurm.stop("slurmdbd")
        try:
            # what the controller still knows needs no accounting
            fresh = batch_system(pool.site)
            assert fresh.query([number])[number].exit_code == 7
            # what it does not know may have ended long ago
            with pytest.raises(BatchError, match=r"sacct fails.*\n.*slurmdbd"):
                fresh.query([unknown])
            (during,) = pool.submit(pool.job("exit 8"))
            assert pool.wait([during], ["ended"])[during].exit_code == 8
        finally:
            slurm.start("slurmdbd")
        assert fresh.query([unknown])[unknown].state == "gone"

    def test_accounting_knows_what_the_controller_has_forgotten(self, pool: Pool, slurm: Slurm) -> None:
        ids = pool.submit(pool.job("exit 9"), pool.job("kill -9 $$"), pool.job("true"))
        pool.wait(ids, ["ended"])
        fresh = SlurmSystem(pool.site)
        # it hears of an end, and then of the exit code, when it suits the controller
        wait_for(lambda: fresh._history(set(ids)) == {job: pool.status(job) for job in ids}, 120)


class TestSlurmWithoutAccounting(SlurmCases):
    @pytest.fixture
    def slurm_of(self, slurm_without_accounting: Slurm) -> Slurm:
        return slurm_without_accounting

    @pytest.fixture
    def pool(self, slurm_without_accounting: Slurm, tmp_path: Path) -> Iterator[Pool]:
        pool = slurm_pool(slurm_without_accounting, tmp_path)
        yield pool
        pool.clean()
