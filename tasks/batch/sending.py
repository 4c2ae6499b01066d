"""Sending jobs so that none is ever without a trace and none is sent twice."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path

from analysis.errors import BatchError
from tasks.batch.bundles import Branch, divided, new_name
from tasks.batch.resources import Resources
from tasks.batch.submission import Attempt, Submission
from tasks.batch.systems.commands import Unusable
from tasks.batch.systems.system import BatchSystem, Job
from tasks.batch.table import Display, counted
from tasks.batch.work import Patience, Work

__all__ = ["Sending"]

SUBMISSION_TRIES = 3
GROWTH = 1.5


class Sending:
    """Sends jobs for branches.

    Args:
        work: to be done.
        submission: remembers the jobs; to be held by this process.
        system: to run them on.
        logs: folder for their logs and descriptions.
        resources: that a job asks for at first.
        per_job: branches of a job.
        patience: how long to wait for what.
        display: is told what happens.
    """

    def __init__(
        self,
        work: Work,
        submission: Submission,
        system: BatchSystem,
        *,
        logs: Path,
        resources: Resources,
        per_job: int,
        patience: Patience,
        display: Display,
    ) -> None:
        self._work = work
        self._submission = submission
        self._system = system
        self._logs = logs
        self._resources = resources
        self._per_job = per_job
        self._patience = patience
        self._display = display

    def submit(self, numbers: Collection[int]) -> None:
        """Submit jobs for those of the branches that no job is at.

        Raises:
            BatchError: the batch system refuses, cannot be asked, or does not answer for too long.
        """
        covered = {number for attempt in self._submission.active for number in self._submission.branches(attempt)}
        last = {
            number: attempt for attempt in self._submission.attempts for number in self._submission.branches(attempt)
        }
        groups: dict[tuple[int, int], list[Branch]] = {}
        for number in sorted(set(numbers) - covered):
            number_of_attempt, memory = 1, self._resources.memory
            if before := last.get(number):
                number_of_attempt = before.number + 1
                memory = max(memory, before.memory * (2 if before.out_of_memory else 1))
            groups.setdefault((number_of_attempt, memory), []).append(self._work.branches[number])
        attempts = [
            self._attempt(bundle, number, memory)
            for (number, memory), branches in groups.items()
            for bundle in divided(branches, self._per_job)
        ]
        if not attempts:
            return
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BatchError(
                f"site {self._system.name!r}: {self._logs} cannot be written: {error.strerror}",
                cure=f"name another folder: logs in [site_{self._system.name}]",
            ) from None
        jobs = [self._work.job(attempt) for attempt in attempts]
        self._submission.attempts += attempts
        # before the batch system is asked: a job is never without a trace
        self._submission.save()
        for attempt, job in zip(attempts, self._submitted(jobs), strict=True):
            attempt.job, attempt.phase, attempt.submitted = job, "submitted", time.time()
        self._submission.save()
        branches = sum(len(attempt.records) for attempt in attempts)
        what = f"{counted(len(attempts), 'job')} for {counted(branches, 'record')}"
        self._display.tell(f"{what} submitted to {self._system.name}, logs in {self._logs}")

    def _submitted(self, jobs: Sequence[Job]) -> list[str]:
        """Ids of submitted jobs; after an answer that got lost the jobs are looked for, not submitted twice."""
        refusals, silent = 0, None
        problem: BatchError | None = None
        while True:
            if problem is None:
                try:
                    return self._system.submit(jobs)
                except Unusable:
                    # nobody was asked, so none of them is on its way
                    self._forget(jobs)
                    raise
                except BatchError as error:
                    problem = error
            try:
                found = self._system.find([job.name for job in jobs])
            except Unusable:
                raise
            except BatchError:
                # nobody knows: they stay intended, for the next command to find out
                if silent is None:
                    silent = time.monotonic()
                    self._display.tell(f"no job could be submitted so far: {problem.problem}")
                if time.monotonic() - silent > self._patience.unreachable:
                    raise problem from None
            else:
                if len(found) == len(jobs):
                    return [found[job.name] for job in jobs]
                refusals += 1
                if refusals == SUBMISSION_TRIES:
                    self._forget(jobs)
                    raise problem
                problem, silent = None, None
            self._display.wait(min(self._patience.first_poll * GROWTH**refusals, self._patience.last_poll))

    def _forget(self, jobs: Sequence[Job]) -> None:
        names = {job.name for job in jobs}
        self._submission.attempts = [a for a in self._submission.attempts if a.name not in names]
        self._submission.save()

    def _attempt(self, bundle: Sequence[Branch], number: int, memory: int) -> Attempt:
        name = new_name(bundle[0].place.split("/")[1])
        records = [branch.record for branch in bundle]
        return Attempt(name, records, number, memory, str(self._logs / f"{name}.log"), self._system.name)
