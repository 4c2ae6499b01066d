"""What every batch system has to do in the same way; a class of tests for each real one takes these over."""

from __future__ import annotations

import re
import shlex
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from analysis.errors import BatchError
from tasks.batch.resources import Resources
from tasks.batch.sites import Site, batch_system
from tasks.batch.systems.system import BatchSystem, Job, Status

__all__ = ["Pool", "SystemCases", "check_talkative_site"]

SMALL = Resources(cpus=1, memory=100, disk=10, runtime=600)
# bytes that a Python without anything else fills, more than SMALL has
GREEDY = "x = bytearray(1); x = b'1' * 400_000_000; import time; time.sleep(60)"


# what a site's commands say before their answers: banners, clocks, plugins for credentials
BANNER = 'echo "  Welcome to the farm"; date; echo "| quota | 12 of 20 TB |"; exec "$@"'


@dataclass
class Pool:
    """A batch system, and what its own tools can do to a job.

    Args:
        site: that describes it.
        folder: for logs and files; jobs see it.
        cores: that jobs can use at once.
        suspend: stop a running job for a while.
        hold: keep a job in the queue; nothing where there is no such thing.
        calls: counts the commands so far.
        refuses: at once what it can never start.
    """

    site: Site
    folder: Path
    cores: int
    suspend: Callable[[str], object]
    hold: Callable[[str], object] | None = None
    calls: Callable[[], int] | None = None
    refuses: bool = False
    submitted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.system = batch_system(self.site)

    def job(self, script: str, *, resources: Resources = SMALL, **changes) -> Job:
        """A job that runs a shell script in the folder."""
        name = f"t{uuid.uuid4().hex}"
        job = Job(
            name=name,
            command=("/bin/sh", "-c", script),
            log=self.folder / f"{name}.log",
            resources=resources,
            folder=self.folder,
        )
        return replace(job, **changes) if changes else job

    def submit(self, *jobs: Job) -> list[str]:
        ids = self.system.submit(jobs)
        self.submitted += ids
        return ids

    def status(self, job: str) -> Status:
        return self.system.query([job])[job]

    def wait(self, ids: Collection[str], states: Collection[str], seconds: float = 90) -> Mapping[str, Status]:
        """The jobs' states as soon as all are among those."""
        end = time.monotonic() + seconds
        while True:
            found = self.system.query(ids)
            if all(one.state in states for one in found.values()):
                return found
            # what is held does not go on by itself
            hopeless = any(one.state == "held" for one in found.values()) and "held" not in states
            if hopeless or time.monotonic() > end:
                raise AssertionError(f"not {states} after {seconds} s: {found}")
            time.sleep(0.1)

    def end_of(self, job: Job, seconds: float = 90) -> Status:
        """How a job ended that is submitted now."""
        (number,) = self.submit(job)
        return self.wait([number], ["ended"], seconds)[number]

    def clean(self) -> None:
        """Leave nothing behind."""
        self.system.remove(self.submitted)


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.05)


def check_talkative_site(pool: Pool) -> None:
    """Jobs are followed to their end where every command says something before its answer."""
    site = replace(pool.site, command_prefix=("/bin/sh", "-c", BANNER, "banner", *pool.site.command_prefix))
    system = batch_system(site)
    assert "farm" not in system.check()
    jobs = [pool.job("true"), pool.job("sleep 300")]
    ended, runs = system.submit(jobs)
    wait_for(lambda: system.query([ended])[ended].state == "ended", 90)
    assert system.query([ended])[ended].exit_code == 0
    assert batch_system(site).find([job.name for job in jobs]) == {jobs[0].name: ended, jobs[1].name: runs}
    assert system.query([runs])[runs].state in ("pending", "running")
    assert system.why_pending(runs)
    system.remove([runs])
    # nothing is there but what is always said, which is no reason to stop
    assert batch_system(site).find(["never-submitted"]) == {}
    silent = replace(pool.site, command_prefix=("/bin/sh", "-c", 'echo "Log in at https://farm.example first"'))
    for ask in (lambda one: one.query([runs]), lambda one: one.find([jobs[0].name]), lambda one: one.submit(jobs)):
        with pytest.raises(BatchError, match=r"Log in at https://farm.example first"):
            ask(batch_system(silent))


class SystemCases:
    """Tests of a ``pool``, a fixture of the class that takes them over."""

    def test_a_job_gets_what_it_was_given_and_its_end_is_known(self, pool: Pool) -> None:
        words = ["it's", 'a "quoted" word', "$HOME $(HOME) `id`", "two  spaces", "", "100%", "ä;&|\\n"]
        job = pool.job(
            'pwd; printf "<%s>\\n" "$TEXT" "$@"; echo wrong >&2; env | cut -d= -f1 | sort | tr "\\n" " "',
            environment={"TEXT": "some 'text' with \"quotes\" and $(TEXT)"},
        )
        job = replace(job, command=(*job.command, "sh", *words))
        status = pool.end_of(job)
        assert status.succeeded
        assert status.signal is None
        assert status.host
        assert status.started is not None
        assert abs(status.started - time.time()) < 120
        lines = job.log.read_text().splitlines()
        assert lines[0] == str(pool.folder)
        assert lines[1] == "<some 'text' with \"quotes\" and $(TEXT)>"
        assert lines[2:-2] == [f"<{word}>" for word in words]
        assert lines[-2] == "wrong"
        names = lines[-1].split()
        assert "PATH" in names
        assert "HOME" in names

    def test_no_variable_of_the_submitting_shell_travels(self, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOME_TOKEN", "4f1d0a")
        job = pool.job("env")
        pool.end_of(job)
        assert "4f1d0a" not in job.log.read_text()

    def test_the_sites_own_lines_come_first_and_one_that_fails_is_named(self, pool: Pool) -> None:
        lines = ("export GREETING='two  words' # of the site", "no_such_module load 'a b'", "echo never")
        good, bad = pool.job('echo "<$GREETING>"'), pool.job("echo never")
        ids = []
        for job, prepare in ((good, lines[:1]), (bad, lines)):
            ids += batch_system(replace(pool.site, prepare=prepare)).submit([job])
            pool.submitted.append(ids[-1])
        found = pool.wait(ids, ["ended"])
        assert [found[number].exit_code for number in ids] == [0, 127]
        assert "<two  words>" in good.log.read_text()
        said = bad.log.read_text()
        assert "job: a line of prepare failed with exit code 127: no_such_module load 'a b'" in said
        assert "never" not in said

    def test_an_exit_code_is_kept(self, pool: Pool) -> None:
        status = pool.end_of(pool.job("exit 3"))
        assert (status.state, status.exit_code, status.signal) == ("ended", 3, None)
        assert "exit code 3" in status.reason

    def test_a_job_killed_by_a_signal_has_no_exit_code(self, pool: Pool) -> None:
        status = pool.end_of(pool.job("kill -9 $$"))
        assert (status.state, status.exit_code, status.signal) == ("ended", None, 9)
        assert "signal 9" in status.reason

    def test_a_program_that_is_not_there(self, pool: Pool) -> None:
        job = pool.job("")
        job = replace(job, command=("/no/such/program",))
        status = pool.end_of(job)
        assert status.exit_code in (126, 127)
        assert "/no/such/program" in job.log.read_text()

    def test_a_fresh_folder_with_files(self, pool: Pool) -> None:
        file = pool.folder / "input.txt"
        file.write_text("content\n")
        job = pool.job("cat input.txt; ls; pwd; exit 4", folder=None, files=(file,))
        status = pool.end_of(job)
        assert status.exit_code == 4
        wait_for(job.log.exists)
        content, *listing, folder = job.log.read_text().splitlines()
        assert content == "content"
        assert "input.txt" in listing
        assert folder != str(pool.folder)

    def test_a_running_job_is_removed_with_all_its_processes(self, pool: Pool) -> None:
        beat = pool.folder / "beat"
        (number,) = pool.submit(pool.job(f"while true; do date +%N >{beat}; sleep 0.1; done & sleep 300; true"))
        wait_for(beat.exists)
        assert pool.status(number).state == "running"
        pool.system.remove([number])
        before = beat.read_text()
        time.sleep(0.5)
        assert beat.read_text() == before
        status = pool.status(number)
        assert status.state == "ended"
        assert not status.succeeded
        assert re.search("remove|cancel", status.reason)
        # once more does no harm
        pool.system.remove([number])

    def test_a_suspended_job_is_neither_running_nor_ended_and_can_be_removed(self, pool: Pool) -> None:
        (number,) = pool.submit(pool.job("touch begun; sleep 300"))
        wait_for((pool.folder / "begun").exists)
        pool.wait([number], ["running"])
        pool.suspend(number)
        pool.wait([number], ["suspended"], 30)
        pool.system.remove([number])
        assert pool.status(number).state == "ended"

    @pytest.mark.alone
    def test_a_held_job_says_why_and_can_be_removed(self, pool: Pool) -> None:
        if pool.hold is None:
            return
        blocker = pool.job("sleep 300", resources=replace(SMALL, cpus=pool.cores))
        (first,) = pool.submit(blocker)
        pool.wait([first], ["running"])
        (number,) = pool.submit(pool.job("true"))
        pool.hold(number)
        status = pool.wait([number], ["held"], 30)[number]
        assert status.reason
        pool.system.remove([number, first])
        assert {one.state for one in pool.system.query([number, first]).values()} == {"ended"}
        # from another process: what never began may be forgotten
        assert batch_system(pool.site).query([number])[number].state in ("ended", "gone")

    @pytest.mark.alone
    def test_jobs_wait_while_others_have_the_cores_and_it_says_so(self, pool: Pool) -> None:
        gate = pool.folder / "gate"
        script = f"while [ ! -e {gate} ]; do sleep 0.1; done"
        ids = pool.submit(*(pool.job(script) for _ in range(pool.cores + 2)))
        pool.wait(ids[: pool.cores], ["running"])
        states = pool.system.query(ids)
        assert sorted(one.state for one in states.values()) == ["pending"] * 2 + ["running"] * pool.cores
        waiting = next(job for job, one in states.items() if one.state == "pending")
        # Slurm has a reason once its scheduler has looked
        wait_for(lambda: re.search("use|other|busy", pool.system.why_pending(waiting)))
        assert "\n" not in pool.system.why_pending(waiting)
        gate.touch()
        assert all(one.succeeded for one in pool.wait(ids, ["ended"]).values())

    def test_more_cores_than_there_are(self, pool: Pool) -> None:
        job = pool.job("true", resources=replace(SMALL, cpus=500))
        if pool.refuses:
            with pytest.raises(BatchError, match="asks for 500 cores, and there are 2"):
                pool.submit(job)
            return
        (number,) = pool.submit(job)
        time.sleep(3)
        assert pool.status(number).state == "pending"
        why = pool.system.why_pending(number)
        assert "\n" not in why
        assert re.search("never start|no machine of 1 serves.*Cpus.*RequestCpus = 500", why), why

    def test_too_much_memory(self, pool: Pool) -> None:
        (number,) = pool.submit(pool.job(f"exec python3 -c {shlex.quote(GREEDY)}"))
        status = pool.wait([number], ["ended", "held"])[number]
        assert status.out_of_memory, status
        assert "memory" in status.reason
        pool.system.remove([number])
        assert pool.status(number).state == "ended"

    def test_names_lead_to_ids(self, pool: Pool) -> None:
        jobs = [pool.job("true") for _ in range(3)]
        ids = pool.submit(*jobs)
        names = {job.name: number for job, number in zip(jobs, ids, strict=True)}
        assert pool.system.find(names) == names
        pool.wait(ids, ["ended"])
        # from another process, which knows nothing yet
        again = batch_system(pool.site)
        assert again.find([*names, "t0123"]) == names
        assert {one.state for one in again.query(ids).values()} == {"ended"}

    def test_a_job_that_nobody_knows_is_gone(self, pool: Pool) -> None:
        (number,) = pool.submit(pool.job("true"))
        unknown = re.sub(r"^\d+", lambda match: str(int(match[0]) + 999_000), number)
        assert pool.system.query([unknown]) == {unknown: Status("gone")}
        found = pool.system.query([unknown, number])
        assert found[unknown].state == "gone"
        assert found[number].state != "gone"
        pool.system.remove([unknown])

    def test_a_thousand_jobs_are_a_few_commands(self, pool: Pool) -> None:
        jobs = [pool.job("sleep 600") for _ in range(1000)]
        begin = time.monotonic()
        before = pool.calls() if pool.calls else 0
        ids = pool.submit(*jobs)
        assert len(set(ids)) == 1000
        found = pool.system.query(ids)
        assert set(found) == set(ids)
        assert {one.state for one in found.values()} <= {"pending", "running"}
        pool.system.remove(ids)
        calls = pool.calls() - before if pool.calls else 0
        assert {one.state for one in pool.system.query(ids).values()} == {"ended"}
        seconds = time.monotonic() - begin
        print(f"1,000 jobs submitted, queried, removed: {seconds:.1f} s, {calls} commands")
        assert calls < 40
        assert seconds < 100

    def test_the_site_is_well(self, pool: Pool) -> None:
        assert pool.system.check()

    def test_another_system_finds_the_same(self, pool: Pool) -> None:
        (number,) = pool.submit(pool.job("exit 5"))
        pool.wait([number], ["ended"])
        other: BatchSystem = batch_system(pool.site)
        assert other.query([number])[number] == pool.status(number)
