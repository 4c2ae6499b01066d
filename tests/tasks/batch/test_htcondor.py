"""HTCondor as it is: its own pool, evictions, and its daemons going away."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import BatchError
from tasks.batch.sites import Site, batch_system
from tests.services.servers import SCRIPTS, Condor
from tests.tasks.batch.cases import SMALL, Pool, SystemCases, check_talkative_site, wait_for

pytestmark = pytest.mark.services

# counts the commands, and is what a prefix is for: it runs them somewhere else
COUNTER = 'echo >>"$0"; exec "$@"'


@pytest.fixture
def pool(condor: Condor, tmp_path: Path) -> Iterator[Pool]:
    counter = tmp_path / "calls"
    prefix = ("/bin/sh", "-c", COUNTER, str(counter), "bash", str(SCRIPTS / "htcondor.sh"), "run")
    # seen by the pool's user at the same place
    folder = Path(tempfile.mkdtemp(prefix="erumflow-test-", dir="/var/tmp"))
    folder.chmod(0o777)
    condor.bind(folder)
    site = Site("pool", "htcondor", logs=folder / "logs", command_prefix=prefix, timeout=30)
    pool = Pool(
        site,
        folder,
        4,
        suspend=lambda job: condor.run(["condor_suspend", job]),
        hold=lambda job: condor.run(["condor_hold", "-reason", "somebody held it", job]),
        calls=lambda: len(counter.read_bytes()) if counter.exists() else 0,
    )
    yield pool
    pool.clean()
    condor.unbind(folder)
    shutil.rmtree(folder)


class TestHTCondor(SystemCases):
    def test_a_site_that_says_something_before_each_answer(self, pool: Pool) -> None:
        check_talkative_site(pool)

    def test_a_job_that_takes_longer_than_it_asked_for_is_held(self, pool: Pool) -> None:
        (number,) = pool.submit(pool.job("sleep 300", resources=replace(SMALL, runtime=2)))
        status = pool.wait([number], ["held"])[number]
        assert "duration" in status.reason
        assert not status.out_of_memory

    def test_what_htcondor_refuses_is_told_and_nothing_stays(self, pool: Pool) -> None:
        job = pool.job("true", folder=Path("/no/such/folder"))
        with pytest.raises(BatchError, match=r"'pool': condor_submit refuses: .*/no/such/folder"):
            pool.submit(pool.job("true"), job)
        assert pool.system.find([job.name]) == {}

    def test_evicted_it_is_the_same_job_with_the_same_log(self, pool: Pool, condor: Condor) -> None:
        job = pool.job("echo started; [ -e again ] || { touch again; sleep 300; }")
        (number,) = pool.submit(job)
        wait_for((pool.folder / "again").exists)
        condor.run(["condor_vacate_job", "-fast", number])
        assert pool.wait([number], ["ended"])[number].succeeded
        assert job.log.read_text().count("started") == 2

    @pytest.mark.alone
    def test_the_scheduler_is_restarted_and_jobs_go_on(self, pool: Pool, condor: Condor) -> None:
        running = pool.job("echo started; while [ ! -e gate ]; do sleep 0.1; done; exit 6")
        ids = pool.submit(running, pool.job("exit 7"), pool.job("sleep 300"))
        pool.wait(ids[:1], ["running"])
        pool.wait(ids[1:2], ["ended"])
        condor.stop("schedd")
        try:
            fresh = batch_system(pool.site)
            for ask in (lambda: fresh.query(ids), lambda: pool.submit(pool.job("true")), lambda: fresh.remove(ids[2:])):
                with pytest.raises(BatchError, match="pool"):
                    ask()
        finally:
            condor.start("schedd")
        assert pool.status(ids[0]).state == "running"
        (pool.folder / "gate").touch()
        found = {**fresh.query(ids), **pool.wait(ids[:1], ["ended"])}
        assert [found[job].exit_code for job in ids[:2]] == [6, 7]
        assert running.log.read_text().count("started") == 1

    @pytest.mark.alone
    def test_the_node_goes_down_and_comes_back(self, pool: Pool, condor: Condor) -> None:
        job = pool.job("echo started; [ -e again ] || { touch again; sleep 300; }")
        (number,) = pool.submit(job)
        wait_for((pool.folder / "again").exists)
        condor.stop("startd")
        try:
            assert pool.status(number).state in ("running", "pending")
        finally:
            condor.start("startd")
        assert pool.wait([number], ["ended"], 120)[number].succeeded
        assert job.log.read_text().count("started") == 2

    def test_a_scheduler_that_is_not_there(self, pool: Pool) -> None:
        system = batch_system(replace(pool.site, schedd="nobody@nowhere"))
        with pytest.raises(BatchError, match=r"(?s)'pool'.*nobody@nowhere"):
            system.query(["1.0"])

    def test_nothing_secret_and_no_foreign_variable_is_in_the_queue(
        self, pool: Pool, condor: Condor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ANYTHING", "4f1d0a")
        (number,) = pool.submit(pool.job("sleep 300", environment={"ONE": "1"}))
        description = condor.run(["condor_q", "-long", number])
        assert "4f1d0a" not in description
        assert "ONE=1" in description
