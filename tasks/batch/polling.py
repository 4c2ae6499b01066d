"""Following jobs to their end: a branch is done when its record is complete in the store, whatever a job says."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from analysis.errors import BatchError
from tasks.batch.deaths import death_in_words, may_be_memory
from tasks.batch.known_jobs import KnownJobs
from tasks.batch.reports import Report, last_words
from tasks.batch.sending import Sending
from tasks.batch.submission import Attempt, Submission
from tasks.batch.systems.commands import Unusable
from tasks.batch.systems.system import Status
from tasks.batch.table import Display, View
from tasks.batch.work import Failure, Patience, Work

__all__ = ["Polling"]

GROWTH = 1.5


class Polling:
    """Follows jobs and sends new ones for what is missing, until there is nothing more to be done.

    Args:
        work: to be done.
        submission: remembers the jobs; to be held by this process.
        known: asks after those that were sent, and removes them.
        sending: sends new ones.
        retries: how often a branch is tried again.
        patience: how long to wait for what.
        display: is told what happens.
    """

    def __init__(
        self,
        work: Work,
        submission: Submission,
        *,
        known: KnownJobs,
        sending: Sending,
        retries: int,
        patience: Patience,
        display: Display,
    ) -> None:
        self._work = work
        self._submission = submission
        self._known = known
        self._sending = sending
        self._retries = retries
        self._patience = patience
        self._display = display
        self._failures: dict[int, Failure] = {}
        # since when something is waited for, by what it is
        self._since: dict[str, float] = {}
        # since when a site does not answer
        self._silent: dict[str, float] = {}
        self._asked = 0.0

    def run(self) -> list[Failure]:
        """Go on until every record is complete or given up.

        Returns:
            Why branches have no record, for each of them.

        Raises:
            BatchError: a batch system refuses jobs, cannot be asked, or does not answer for too long.
        """
        self._known.take_up()
        interval, before = self._patience.first_poll, None
        while True:
            statuses = self._query()
            # the store is looked at after the jobs: what a job completed before it was seen to end is seen
            missing = self._work.missing()
            removed = self._follow(statuses, missing)
            if removed:
                missing = self._work.missing()
            self._sending.submit(missing - self._failures.keys())
            active = self._submission.active
            self._ask_why(active)
            self._display.show(self.view(missing))
            if not active:
                return [failure for number, failure in sorted(self._failures.items()) if number in missing]
            now = [(attempt.name, attempt.state) for attempt in active], len(missing)
            interval = self._patience.first_poll if now != before else min(interval * GROWTH, self._patience.last_poll)
            before = now
            self._display.wait(interval)

    def view(self, missing: Collection[int]) -> View:
        """Return the numbers of branches by state and the attempts, for people."""
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

    def _query(self) -> dict[str, Status]:
        """States of the active jobs by the attempts' names; none of a site that does not answer, for a while."""
        statuses, silent = self._known.query()
        for site, error in silent.items():
            if isinstance(error, Unusable):
                raise error
            if site not in self._silent:
                self._silent[site] = time.monotonic()
                self._display.tell(f"the batch system does not answer, the jobs go on: {error.problem}")
            if time.monotonic() - self._silent[site] > self._patience.unreachable:
                raise error
        for site in self._silent.keys() - silent.keys():
            del self._silent[site]
            self._display.tell(f"the batch system of {site} answers again")
        return statuses

    def _follow(self, statuses: Mapping[str, Status], missing: Collection[int]) -> bool:
        """Note what became of jobs; returns whether some were removed."""
        removable: list[Attempt] = []
        for attempt in self._submission.active:
            status = statuses.get(attempt.name)
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
        self._known.remove(removable)
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
        # an end with a cause needs no second look: a killed, failed or removed job makes no record later
        caused = status.state == "ended" and status.exit_code != 0 and bool(status.reason or status.exit_code)
        if told or caused or status.signal is not None:
            waits = 0.0
        if waits and self._lasts(attempt.name) <= waits:
            return
        self._over(attempt, _reason(status, report, attempt.log))
        self._note_failures([attempt], undone, report, memory=may_be_memory(-_signal_of(status)))

    def _note_failures(
        self,
        attempts: Sequence[Attempt],
        missing: Collection[int],
        report: Report | None = None,
        *,
        memory: bool = False,
    ) -> None:
        """Tell why branches failed, and give up those that would fail again or did so too often.

        Args:
            attempts: at them.
            missing: the branches without a record.
            report: of the worker; read if there is none.
            memory: whether the jobs died as they do for lack of memory.
        """
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
                    lacked = failed.memory if failed else memory or attempt.out_of_memory
                    self._failures[number] = Failure(self._work.branches[number], reason, attempt.log, lacked)
                reasons.setdefault(reason, []).append(number)
            for reason, numbers in reasons.items():
                some = ", ".join(str(self._work.branches[number]) for number in numbers[:3])
                more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
                where = f" on {attempt.host}" if attempt.host else ""
                self._display.tell(f"attempt {attempt.number} at {some}{more} failed{where}: {reason}")

    def _over(self, attempt: Attempt, reason: str) -> None:
        attempt.phase, attempt.reason = "over", reason
        self._since.pop(attempt.name, None)

    def _ask_why(self, active: Sequence[Attempt]) -> None:
        """Ask why a job waits that has waited for a while; one of them, as the others wait for the same reason."""
        now = time.time()
        waiting = [a for a in active if a.state == "pending" and a.job and now - a.submitted > self._patience.pending]
        # nothing runs, or nothing at all is learned from what does
        if not waiting or now - self._asked < 5 * self._patience.pending:
            return
        self._asked = now
        first = min(waiting, key=lambda attempt: attempt.submitted)
        try:
            reason = self._known.at(first.site).why_pending(first.job)
        except BatchError:
            return
        if reason and reason != first.reason:
            first.reason = reason
            others = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
            self._display.tell(f"job {first.job}{others} waits: {reason}")

    def _lasts(self, what: str) -> float:
        """Seconds since this was asked for the first time."""
        return time.monotonic() - self._since.setdefault(what, time.monotonic())


def _reason(status: Status, report: Report, log: str) -> str:
    """Return the reason why a job that left branches undone is over."""
    reason = _end(status)
    # nobody else says what happened before the work began
    unexplained = not report.host and status.state == "ended" and (status.exit_code or not status.reason)
    words = last_words(Path(log)) if unexplained else ""
    return f"{reason} (its log ends: {words})" if words else reason


def _signal_of(status: Status) -> int:
    """The signal that killed a job; 0 if none did, or if the batch system says why."""
    if status.out_of_memory or not re.match(r"killed by signal|exit code|$", status.reason):
        return 0
    # a shell in between turns a signal into an exit code
    return status.signal or max((status.exit_code or 0) - 128, 0)


def _end(status: Status) -> str:
    if number := _signal_of(status):
        return f"its job {death_in_words(-number)}"
    if status.reason:
        return status.reason
    if status.state == "gone":
        return "lost: neither the queue nor the history knows the job"
    if status.exit_code:
        return f"ended with exit code {status.exit_code}"
    return "ended without a record"
