"""Records made by jobs of a batch system: the parameters that ask for it, and what a task does then."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import law
import luigi

from analysis.errors import BatchError
from tasks.batch.bundles import Branch
from tasks.batch.environment import check_credentials_for
from tasks.batch.interruption import ON_INTERRUPT, followed
from tasks.batch.sites import site_named
from tasks.batch.table import attempt_lines, counted
from tasks.framework.numbers import WholeNumber
from tasks.framework.project_task import ProjectTask
from tasks.framework.reporting import tell, tell_pins
from tasks.framework.settings import store

if TYPE_CHECKING:
    from tasks.batch.record_jobs import RecordJobs

__all__ = ["WORKFLOWS", "BatchTask"]

#: batch systems by the value of ``--workflow``, and the site that serves if none is named
WORKFLOWS = {"htcondor": "htcondor", "slurm": "slurm", "batch-local": "local"}
LOCAL = "local"
_DEFAULTS = ("", "NO_STR", None)
SHOWN_FAILURES = 10


class BatchTask(ProjectTask):
    """Common base of tasks whose records jobs can make.

    The parameters travel to required tasks. Tasks that are no work for a cluster (:attr:`takes_job`) hand them on and
    run where the command runs.
    """

    exclude_index = True

    #: whether a job can make the records; no for what needs the network, or takes no time
    takes_job: ClassVar[bool] = True

    #: where the task differs from the site's default resources, see :class:`~tasks.batch.resources.Resources`
    job_resources: ClassVar[Mapping[str, int]] = {}

    workflow = luigi.Parameter(
        default=law.NO_STR,
        significant=False,
        description="where records are made: local, or by jobs: htcondor, slurm, batch-local; local is in this "
        "command, batch-local are jobs of this machine; changes no result; default: local",
    )
    site = luigi.Parameter(
        default="",
        significant=False,
        description="name of a site in law.cfg that jobs go to; its section is [site_NAME]; default: the one that is "
        "named like the workflow",
    )
    tasks_per_job = WholeNumber(
        least=1,
        default=1,
        significant=False,
        description="how many branches a job runs; side by side up to its cpus; default: 1",
    )
    retries = WholeNumber(
        least=0,
        default=2,
        significant=False,
        description="how often a branch is tried again after its job failed; default: 2",
    )
    on_interrupt = luigi.ChoiceParameter(
        default="ask",
        choices=ON_INTERRUPT,
        significant=False,
        description="what becomes of jobs when the command is interrupted: ask, leave or remove; default: ask",
    )
    cancel_jobs = luigi.BoolParameter(
        default=False,
        significant=False,
        description="remove all jobs of the task and of what it requires; nothing is run",
    )
    cleanup_jobs = luigi.BoolParameter(
        default=False,
        significant=False,
        description="like --cancel-jobs, and delete logs and descriptions; nothing is run",
    )

    interactive_params: ClassVar[list[str]] = [*ProjectTask.interactive_params, "cancel_jobs", "cleanup_jobs"]

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Decide workflow and site from one of them.

        Raises:
            BatchError: one is unknown, or they do not belong together; the message lists the known ones.
        """
        params["workflow"], params["site"] = _resolve(params["workflow"], params["site"])
        return super().modify_param_values(params)

    @property
    def by_jobs(self) -> bool:
        """Whether the command makes by jobs what can be made by them."""
        return self.workflow != LOCAL

    @property
    def sends_jobs(self) -> bool:
        """Whether the task's records are made by jobs; never of a branch, which is what a job runs."""
        return self.by_jobs and self.takes_job and getattr(self, "branch", -1) < 0

    def complete(self) -> bool:
        self.refuse_expired_credentials()
        return bool(super().complete())

    def refuse_expired_credentials(self) -> None:
        """Before the store is asked for the first time, and jobs are sent: its own answer would say less.

        Raises:
            CredentialsError: a token, a proxy or keys for the store have expired.
        """
        if self.sends_jobs:
            check_credentials_for([store(self.maker).url("")], 0.0)

    def less_memory(self) -> Iterator[str]:
        """Yield what makes a record of the task take less memory, in words."""
        yield from ()

    def memory_cure(self) -> str:
        """Tell what a user can do where a record takes more memory than there is."""
        ways = [
            *self.less_memory(),
            "make fewer records at once (--workers)",
            f"give jobs more (memory, in MB, in [resources_{self.maker}] of law_user.cfg)",
        ]
        return f"take less memory: {'; '.join(ways[:-1])}; or {ways[-1]}"

    def job_branches(self) -> list[Branch]:
        """The records that the task makes: one, or one a branch."""
        if isinstance(self, law.BaseWorkflow):
            return [Branch(b, self.place(d.series), d.label) for b, d in self.branch_map.items()]
        task: Any = self
        return [Branch(-1, task.place(task.own_series), task.own_label)]

    def run_jobs(self) -> None:
        """Make the task's records by jobs, and return when they are complete.

        Raises:
            BatchError: some were not made; the message names them, why, and the logs. Or the batch system refuses.
            CredentialsError: what opens the store expires before a job may have ended.
        """
        from tasks.batch.record_jobs import RecordJobs

        jobs = RecordJobs(self)
        begin = time.perf_counter()
        with (
            jobs,
            jobs.submission.held(lambda: jobs.display.tell("others are at its records; waiting for their end")),
            followed(jobs, self.on_interrupt),
        ):
            missing = jobs.missing()
            if missing:
                jobs.check_credentials()
            failures = jobs.polling.run()
        made = len(missing) - len(failures)
        if made:
            records = f"{counted(made, 'record')} by jobs on {self.site}"
            tell(f"made  {self.family} {records}  ({time.perf_counter() - begin:.1f} s)")
        if failures and not self.complete():
            memory = f"{self.memory_cure()}; " if any(failure.memory for failure in failures) else ""
            raise BatchError(
                f"{len(failures)} of {len(jobs.branches)} records of {self.family} were not made:\n"
                + "\n".join(_described(failures)),
                cure=f"{memory}read the logs; what is complete stays, and the same command tries the rest again",
            )

    def _cancel_jobs(self, _: Any) -> None:
        removed, failed = 0, None
        for jobs in _submissions(self):
            try:
                with jobs.submission.held(jobs.refuse), jobs:
                    removed += jobs.known.remove_all()
            except BatchError as error:
                # the jobs of other tasks may be at other sites
                failed = failed or error
        tell(f"{counted(removed, 'job')} removed")
        if failed:
            raise failed

    def _cleanup_jobs(self, _: Any) -> None:
        self._cancel_jobs(_)
        for jobs in _submissions(self):
            with jobs.submission.held(jobs.refuse):
                jobs.delete()

    def _print_status(self, args: Any) -> None:
        super()._print_status(args)
        tell_pins()
        for jobs in _submissions(self):
            for line in attempt_lines(jobs.current_attempts()):
                tell(f"{jobs.display.name}  {line}")


def _resolve(workflow: Any, site: str) -> tuple[str, str]:
    """Workflow and site from what was said about them."""
    if workflow == LOCAL and site:
        raise BatchError(
            f"--workflow local runs in this command, so --site {site} has no effect", cure="leave one of them out"
        )
    if workflow == LOCAL or (workflow in _DEFAULTS and not site):
        return LOCAL, ""
    if workflow not in _DEFAULTS and workflow not in WORKFLOWS:
        raise BatchError(f"there is no workflow {workflow!r}", cure=f"use one of: {', '.join([LOCAL, *WORKFLOWS])}")
    site = site or WORKFLOWS[workflow]
    system = site_named(site).system
    served = next(name for name, default in WORKFLOWS.items() if default == system)
    if workflow not in _DEFAULTS and workflow != served:
        raise BatchError(
            f"the site {site!r} is of {system}, so --workflow {workflow} cannot go there",
            cure=f"leave --workflow out, or write --workflow {served}",
        )
    return served, site


def _described(failures: Sequence[Any]) -> Iterator[str]:
    for failure in failures[:SHOWN_FAILURES]:
        yield f"  {failure.branch}: {failure.reason} (log {failure.log})"
    if len(failures) > SHOWN_FAILURES:
        yield f"  and {len(failures) - SHOWN_FAILURES} more"


def _submissions(root: Any) -> Iterator[RecordJobs]:
    """Jobs that a task and what it requires have submitted, to whatever site."""
    from tasks.batch.record_jobs import RecordJobs, remembered_in

    waiting, seen = [root], set()
    while waiting:
        task = waiting.pop()
        if task.task_id in seen:
            continue
        seen.add(task.task_id)
        waiting += luigi.task.flatten(task.requires())
        # a task without jobs costs no look into the store
        if getattr(task, "takes_job", False) and getattr(task, "branch", -1) < 0 and remembered_in(task).is_dir():
            yield RecordJobs(task)
