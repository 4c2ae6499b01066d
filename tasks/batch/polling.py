"""Following jobs to their end: a branch is done when its record is complete in the store, whatever a job says."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from analysis.errors import BatchError
from tasks.batch.bundles import Branch, divided, new_name
from tasks.batch.reports import Report
from tasks.batch.resources import Resources
from tasks.batch.submission import Attempt, Submission
from tasks.batch.systems.system import BatchSystem, Job, Status
from tasks.batch.table import Display, View

__all__ = ["Failure", "Patience", "Polling", "Work"]

SUBMISSION_TRIES = 3
GROWTH = 1.5


@dataclass(frozen=True)
class Patience:
    """How long the truth is waited for, in s.

    Args:
        first_poll: between the first queries, and after every change.
        last_poll: between queries in the long run.
        ended: after a job's end until its records are seen; files of other machines may come late.
        gone: until a job that neither queue nor history knows is given up; histories may come late.
        suspended: until a suspended job is removed and submitted again.
        unreachable: until a batch system without an answer is given up; the jobs go on meanwhile.
        pending: until it is asked why a job waits, and again after five times as long.
    """

    first_poll: float = 1.0
    last_poll: float = 30.0
    ended: float = 15.0
    gone: float = 45.0
    suspended: float = 120.0
    unreachable: float = 900.0
    pending: float = 60.0


@dataclass(frozen=True)
class Failure:
    """Why a branch has no record.

    Args:
        branch: which.
        reason: of the last attempt.
        log: of the last attempt.
    """

    branch: Branch
    reason: str
    log: str


class Work(ABC):
    """What is to be done, as far as jobs are concerned."""

    #: the branches, by number
    branches: Mapping[int, Branch]

    @abstractmethod
    def missing(self) -> set[int]:
        """Branches whose records are not complete in the store now."""

    @abstractmethod
    def job(self, attempt: Attempt) -> Job:
        """The job of an attempt; its description is written."""


class Polling:
    """Submits what is missing, follows it and submits again what failed, until there is nothing more to be done.

    Args:
        work: to be done.
        submission: remembers the jobs; to be held by this process.
        system: to run them on.
        resources: that a job asks for at first.
        per_job: branches of a job.
        retries: how often a branch is tried again.
        patience: how long to wait for what.
        display: is told what happens.
    """

    def __init__(
        self,
        work: Work,
        submission: Submission,
        system: BatchSystem,
        *,
        resources: Resources,
        per_job: int,
        retries: int,
        patience: Patience,
        display: Display,
    ) -> None:
        self._work = work
        self._submission = submission
        self._system = system
        self._resources = resources
        self._per_job = per_job
        self._retries = retries
        self._patience = patience
        self._display = display
        self._failures: dict[int, Failure] = {}
        # since when something is waited for, by what it is
        self._since: dict[str, float] = {}
        self._asked: dict[str, float] = {}

    def run(self) -> list[Failure]:
        """Go on until every record is complete or given up.

        Returns:
            Why branches have no record, for each of them.

        Raises:
            BatchError: the batch system refuses jobs, or does not answer for too long.
        """
        self.take_up()
        interval, before = self._patience.first_poll, None
        while True:
            statuses = self._query()
            # the store is looked at after the jobs: what a job completed before it was seen to end is seen
            missing = self._work.missing()
            removed = self._follow(statuses, missing)
            if removed:
                missing = self._work.missing()
            self._submit(missing)
            active = self._submission.active
            self._ask_why(active)
            self._display.show(self.view(missing))
            if not active:
                return [failure for number, failure in sorted(self._failures.items()) if number in missing]
            now = [(attempt.name, attempt.state) for attempt in active], len(missing)
            interval = self._patience.first_poll if now != before else min(interval * GROWTH, self._patience.last_poll)
            before = now
            self._display.wait(interval)

    def take_up(self) -> None:
        """Find out what became of jobs that an earlier command left without having noted their ids."""
        unknown = [attempt for attempt in self._submission.active if not attempt.job]
        if unknown:
            found = self._system.find([attempt.name for attempt in unknown])
            for attempt in unknown:
                if attempt.name not in found:
                    # it may be on its way to the queue even now: without its description it does nothing there
                    self._withdraw(attempt)
            found |= self._system.find([attempt.name for attempt in unknown if attempt.name not in found])
            for attempt in unknown:
                if attempt.name in found:
                    self._withdraw(attempt, back=True)
                    attempt.job, attempt.phase = found[attempt.name], "submitted"
                else:
                    attempt.phase, attempt.state = "over", "gone"
                    attempt.reason = "the command was killed before the job was submitted"
        self._submission.forget_past()
        self._submission.save()
        if active := self._submission.active:
            self._display.tell(f"taking up {_count(len(active), 'job')} of an earlier command")

    def view(self, missing: Collection[int]) -> View:
        """How things stand, for people."""
        active = self._submission.active
        running = {b for a in active if a.state == "running" for b in self._submission.branches(a)}
        waiting = {b for a in active for b in self._submission.branches(a)} - running
        return View(
            total=len(self._work.branches),
            done=len(self._work.branches) - len(missing),
            running=len(running & set(missing)),
            pending=len(waiting & set(missing)),
            failed=len(self._failures.keys() & set(missing)),
            attempts=tuple(self._submission.attempts),
        )

    def remove_all(self) -> int:
        """Remove all jobs and return how many there were.

        Raises:
            BatchError: the batch system does not answer.
        """
        self.take_up()
        active = self._submission.active
        self._remove(active, "removed by hand")
        return len(active)

    def _withdraw(self, attempt: Attempt, back: bool = False) -> None:
        here, away = (attempt.path(ending) for ending in ("json", "withdrawn.json"))
        source, goal = (away, here) if back else (here, away)
        if source.exists():
            source.replace(goal)

    def _query(self) -> dict[str, Status]:
        """States of the active jobs by id; none if the batch system does not answer, for a while."""
        ids = [attempt.job for attempt in self._submission.active if attempt.job]
        if not ids:
            return {}
        try:
            statuses = self._system.query(ids)
        except BatchError as error:
            if "answer" not in self._since:
                self._display.tell(f"the batch system does not answer, the jobs go on: {error.problem}")
            if self._lasts("answer") > self._patience.unreachable:
                raise
            return {}
        if self._since.pop("answer", None) is not None:
            self._display.tell("the batch system answers again")
        return statuses

    def _follow(self, statuses: Mapping[str, Status], missing: Collection[int]) -> bool:
        """Note what became of jobs; returns whether some were removed."""
        removable: list[Attempt] = []
        for attempt in self._submission.active:
            status = statuses.get(attempt.job)
            if status is None:
                continue
            undone = [number for number in self._submission.branches(attempt) if number in missing]
            attempt.state, attempt.host = status.state, status.host or attempt.host
            if status.state in ("pending", "running"):
                if status.state == "running":
                    attempt.reason = ""
                self._since.pop(attempt.name, None)
                # nothing is left for it to do, as another command did it; or it does not come to its end
                if not undone and (status.state == "pending" or self._hangs(attempt, missing)):
                    removable.append(attempt)
            elif status.state in ("held", "suspended"):
                attempt.reason = status.reason or status.state
                attempt.out_of_memory = status.out_of_memory
                if status.state == "held" or self._lasts(attempt.name) > self._patience.suspended:
                    removable.append(attempt)
            elif not undone:
                self._over(attempt, "")
            else:
                self._ended(attempt, status, undone)
        self._remove(removable, "")
        if removable:
            self._note_failures(removable, self._work.missing())
        self._submission.save()
        return bool(removable)

    def _hangs(self, attempt: Attempt, missing: Collection[int]) -> bool:
        return not missing and self._lasts(f"{attempt.name} hangs") > self._patience.ended

    def _ended(self, attempt: Attempt, status: Status, undone: Sequence[int]) -> None:
        """A job is out of the queue although records are missing: it failed, unless they only come late."""
        report = Report.of(attempt.path("report.json"), attempt.log)
        attempt.host = attempt.host or report.host
        attempt.out_of_memory = status.out_of_memory
        told = bool(report.refused) or all(number in report.failed for number in undone)
        waits = self._patience.gone if status.state == "gone" else self._patience.ended
        if told or status.signal is not None or status.exit_code not in (0, None):
            waits = 0.0
        if waits and self._lasts(attempt.name) <= waits:
            return
        self._over(attempt, _reason(status))
        self._note_failures([attempt], undone, report)

    def _note_failures(
        self, attempts: Sequence[Attempt], missing: Collection[int], report: Report | None = None
    ) -> None:
        """Tell why branches failed, and give up those that would fail again or did so too often."""
        for attempt in attempts:
            told = report or Report.of(attempt.path("report.json"), attempt.log)
            reasons: dict[str, list[int]] = {}
            for number in self._submission.branches(attempt):
                if number not in missing:
                    continue
                failed = told.failed.get(number)
                reason = told.refused or (failed.message if failed else attempt.reason)
                again = not told.refused and (failed is None or failed.again) and attempt.number <= self._retries
                if not again:
                    self._failures[number] = Failure(self._work.branches[number], reason, attempt.log)
                reasons.setdefault(reason, []).append(number)
            for reason, numbers in reasons.items():
                some = ", ".join(str(self._work.branches[number]) for number in numbers[:3])
                more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
                where = f" on {attempt.host}" if attempt.host else ""
                self._display.tell(f"attempt {attempt.number} at {some}{more} failed{where}: {reason}")

    def _over(self, attempt: Attempt, reason: str) -> None:
        attempt.phase, attempt.reason = "over", reason
        self._since.pop(attempt.name, None)

    def _remove(self, attempts: Sequence[Attempt], reason: str) -> None:
        if not attempts:
            return
        self._system.remove([attempt.job for attempt in attempts if attempt.job])
        for attempt in attempts:
            self._over(attempt, reason or attempt.reason)
        self._submission.save()

    def _submit(self, missing: Collection[int]) -> None:
        """Submit jobs for the missing branches that no job is at and that are not given up."""
        covered = {number for attempt in self._submission.active for number in self._submission.branches(attempt)}
        last = {
            number: attempt for attempt in self._submission.attempts for number in self._submission.branches(attempt)
        }
        groups: dict[tuple[int, int], list[Branch]] = {}
        for number in sorted(set(missing) - covered - self._failures.keys()):
            number_of_attempt, memory = 1, self._resources.memory
            if before := last.get(number):
                number_of_attempt = before.number + 1
                memory = before.memory * (2 if before.out_of_memory else 1)
            groups.setdefault((number_of_attempt, memory), []).append(self._work.branches[number])
        attempts = [
            self._attempt(bundle, number, memory)
            for (number, memory), branches in groups.items()
            for bundle in divided(branches, self._per_job)
        ]
        if not attempts:
            return
        self._submission.attempts += attempts
        # before the batch system is asked: a job is never without a trace
        self._submission.save()
        jobs = [self._work.job(attempt) for attempt in attempts]
        for attempt, job in zip(attempts, self._submitted(jobs), strict=True):
            attempt.job, attempt.phase, attempt.submitted = job, "submitted", time.time()
        self._submission.save()
        branches = sum(len(attempt.records) for attempt in attempts)
        what = f"{_count(len(attempts), 'job')} for {_count(branches, 'record')}"
        self._display.tell(f"{what} submitted to {self._system.name}, logs in {self._submission.folder}")

    def _submitted(self, jobs: Sequence[Job]) -> list[str]:
        """Ids of submitted jobs; after an answer that got lost the jobs are looked for, not submitted twice."""
        refusals = 0
        while True:
            try:
                ids = self._system.submit(jobs)
                self._since.pop("submission", None)
                return ids
            except BatchError as error:
                problem = error
            try:
                found = self._system.find([job.name for job in jobs])
            except BatchError:
                # nobody knows: they stay intended, for the next command to find out
                if "submission" not in self._since:
                    self._display.tell(f"no job could be submitted so far: {problem.problem}")
                if self._lasts("submission") > self._patience.unreachable:
                    raise problem from None
            else:
                if len(found) == len(jobs):
                    return [found[job.name] for job in jobs]
                refusals += 1
                if refusals == SUBMISSION_TRIES:
                    self._forget(jobs)
                    raise problem
            self._display.wait(min(self._patience.first_poll * GROWTH**refusals, self._patience.last_poll))

    def _forget(self, jobs: Sequence[Job]) -> None:
        names = {job.name for job in jobs}
        self._submission.attempts = [a for a in self._submission.attempts if a.name not in names]
        self._submission.save()

    def _attempt(self, bundle: Sequence[Branch], number: int, memory: int) -> Attempt:
        name = new_name(bundle[0].place.split("/")[1])
        log = str(self._submission.folder / f"{name}.log")
        return Attempt(name, [branch.record for branch in bundle], number, memory, log)

    def _ask_why(self, active: Sequence[Attempt]) -> None:
        """Ask why a job waits that has waited for a while; one of them, as the others wait for the same reason."""
        now = time.time()
        waiting = [a for a in active if a.state == "pending" and a.job and now - a.submitted > self._patience.pending]
        # nothing runs, or nothing at all is learned from what does
        if not waiting or now - self._asked.get("why", 0.0) < 5 * self._patience.pending:
            return
        self._asked["why"] = now
        first = min(waiting, key=lambda attempt: attempt.submitted)
        try:
            reason = self._system.why_pending(first.job)
        except BatchError:
            return
        if reason and reason != first.reason:
            first.reason = reason
            others = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
            self._display.tell(f"job {first.job}{others} waits: {reason}")

    def _lasts(self, what: str) -> float:
        """Seconds since this was asked for the first time."""
        return time.monotonic() - self._since.setdefault(what, time.monotonic())


def _reason(status: Status) -> str:
    """Why a job that left branches undone is over."""
    if status.reason:
        # a shell in between turns a signal into an exit code
        killed = status.signal is None and (status.exit_code or 0) > 128
        return f"{status.reason} (signal {(status.exit_code or 0) - 128})" if killed else status.reason
    if status.state == "gone":
        return "lost: neither the queue nor the history knows the job"
    if status.signal is not None:
        return f"killed by signal {status.signal}"
    if status.exit_code:
        return f"ended with exit code {status.exit_code}"
    return "ended without a record"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
