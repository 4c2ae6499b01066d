"""Jobs that were sent at some time, wherever: asked after, taken up and removed through their own sites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from analysis.errors import BatchError
from tasks.batch.sites import batch_system, site_named
from tasks.batch.submission import Attempt, Submission
from tasks.batch.systems.commands import Unusable
from tasks.batch.systems.system import BatchSystem, Status
from tasks.batch.table import Display, counted

__all__ = ["KnownJobs", "system_of"]


def system_of(site: str) -> BatchSystem:
    """The batch system of a site that jobs were sent to.

    Raises:
        Unusable: the site is not described any more, or not as it should be.
    """
    try:
        return batch_system(site_named(site))
    except BatchError as error:
        raise Unusable(
            f"there are jobs at the site {site!r}, and nobody can be asked about them: {error.problem}",
            cure=f"describe it in law_user.cfg as it was, [site_{site}]; then --cancel-jobs removes them",
        ) from None


class KnownJobs:
    """The jobs of a submission.

    A job's id says nothing to another batch system than its own, so each is asked about its own jobs only.

    Args:
        submission: remembers the jobs.
        systems: gives the batch system of a site.
        display: is told what happens.
    """

    def __init__(
        self, submission: Submission, display: Display, systems: Callable[[str], BatchSystem] = system_of
    ) -> None:
        self._submission = submission
        self._display = display
        self._make = systems
        self._systems: dict[str, BatchSystem] = {}

    def at(self, site: str) -> BatchSystem:
        """The batch system of a site.

        Raises:
            Unusable: the site is not described any more, or not as it should be.
        """
        if site not in self._systems:
            self._systems[site] = self._make(site)
        return self._systems[site]

    def take_up(self) -> None:
        """Find out what became of jobs that an earlier command left without having noted their ids.

        Raises:
            BatchError: a batch system does not answer, or cannot be asked; the message names the site.
        """
        for site, unknown in _by_site(a for a in self._submission.active if not a.job).items():
            found = self.at(site).find([attempt.name for attempt in unknown])
            for attempt in unknown:
                if attempt.name not in found:
                    # it may be on its way to the queue even now: without its description it does nothing there
                    self._withdraw(attempt)
            found |= self.at(site).find([attempt.name for attempt in unknown if attempt.name not in found])
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
            sites = " and ".join(_by_site(active))
            self._display.tell(f"taking up {counted(len(active), 'job')} of an earlier command, at {sites}")

    def query(self) -> tuple[dict[str, Status], dict[str, BatchError]]:
        """Query the states of the active jobs.

        Returns:
            Their states by the attempts' names, and the errors of the sites that did not say.
        """
        statuses: dict[str, Status] = {}
        silent: dict[str, BatchError] = {}
        for site, attempts in _by_site(a for a in self._submission.active if a.job).items():
            try:
                found = self.at(site).query([attempt.job for attempt in attempts])
            except BatchError as error:
                silent[site] = error
            else:
                statuses |= {attempt.name: found[attempt.job] for attempt in attempts if attempt.job in found}
        return statuses, silent

    def remove(self, attempts: Sequence[Attempt], reason: str = "") -> None:
        """Remove the jobs of attempts; when this returns, none of them runs or will run again.

        Raises:
            BatchError: a batch system does not answer, or jobs are still there after a while; those of other sites
                are removed all the same.
        """
        failed: BatchError | None = None
        for site, some in _by_site(attempts).items():
            try:
                self.at(site).remove([attempt.job for attempt in some if attempt.job])
            except BatchError as error:
                failed = failed or error
                continue
            for attempt in some:
                attempt.phase, attempt.reason = "over", reason or attempt.reason
            self._submission.save()
        if failed:
            raise failed

    def remove_all(self) -> int:
        """Remove all jobs and return how many there were.

        Raises:
            BatchError: a batch system does not answer, or jobs are still there after a while.
        """
        self.take_up()
        active = self._submission.active
        self.remove(active, "removed by hand")
        return len(active)

    def _withdraw(self, attempt: Attempt, back: bool = False) -> None:
        here, away = (attempt.path(ending) for ending in ("json", "withdrawn.json"))
        source, goal = (away, here) if back else (here, away)
        if source.exists():
            source.replace(goal)


def _by_site(attempts: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    sites: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        sites.setdefault(attempt.site, []).append(attempt)
    return sites
