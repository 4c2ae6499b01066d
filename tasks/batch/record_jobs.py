"""The jobs that make one task's records: where they are remembered, what they run, what they leave."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from analysis.checking.step_files import steps_of
from analysis.errors import BatchError
from analysis.provenance.auxiliary import located
from analysis.provenance.keys import KeyParts
from analysis.provenance.records import Record
from tasks.batch import code_bundle
from tasks.batch.bundles import Description, write_json
from tasks.batch.environment import check_credentials_for, project_job
from tasks.batch.known_jobs import KnownJobs
from tasks.batch.polling import Polling
from tasks.batch.resources import Resources, configured, resources_of, unknown_option
from tasks.batch.sending import Sending
from tasks.batch.sites import Site, site_named, site_names
from tasks.batch.study_code import parts_behind
from tasks.batch.submission import Attempt, Submission
from tasks.batch.systems.system import Job
from tasks.batch.table import display_for
from tasks.batch.work import Patience, Work
from tasks.framework.data_access import files_in_place
from tasks.framework.settings import base_folder

__all__ = ["RecordJobs", "remembered_in"]


class RecordJobs(Work):
    """The jobs of a task.

    Args:
        task: a :class:`~tasks.framework.record_task.RecordTask`, of a workflow the workflow.
    """

    def __init__(self, task: Any) -> None:
        self._task = task
        self.branches = {branch.number: branch for branch in task.job_branches()}
        store, kept = _store_of(task), {task.place(series): task.payload_of(series) for series in task.series_names()}
        self._records = {b.number: Record(store, b.place, b.label, kept[b.place]) for b in self.branches.values()}
        self.submission = Submission(remembered_in(task), store.url(""), self.branches)
        self.display = display_for(task.family)
        #: asks after jobs and removes them, at whatever sites they are
        self.known = KnownJobs(self.submission, self.display)

    def __enter__(self) -> RecordJobs:
        self.display.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.display.__exit__(*error)

    @cached_property
    def _site(self) -> Site:
        """Site that new jobs go to."""
        return site_named(self._task.site)

    @cached_property
    def _resources(self) -> Resources:
        return resources_of(self._task.maker, self._task.job_resources, self._site.resources)

    @property
    def _logs(self) -> Path:
        return self._site.logs / _own_folder(self._task) / self.submission.name

    @cached_property
    def polling(self) -> Polling:
        """Submits and follows them.

        Raises:
            BatchError: the site or the resources are not described as they should be.
        """
        patience = _patience(self._site.first_poll, self._site.last_poll)
        sending = Sending(
            self,
            self.submission,
            self.known.at(self._site.name),
            logs=self._logs,
            resources=self._resources,
            per_job=self._task.tasks_per_job,
            patience=patience,
            display=self.display,
        )
        return Polling(
            self,
            self.submission,
            known=self.known,
            sending=sending,
            retries=self._task.retries,
            patience=patience,
            display=self.display,
        )

    def missing(self) -> set[int]:
        """Branches whose records are not complete now, or outdated; costs a listing a place, and one of its inputs."""
        listings: dict[str, Any] = {}
        there: dict[str, dict[str, int]] = {}
        missing = set()
        for number, record in self._records.items():
            if record.place not in listings:
                listings[record.place] = record.store.listing(record.place)
            if record.is_complete(listings[record.place]):
                there.setdefault(record.place, {})[record.label] = number
            else:
                missing.add(number)
        for place, numbers in there.items():
            series = place.rpartition("/")[2].rpartition("-")[0]
            missing |= {numbers[label] for label in self._task.outdated(series, numbers)}
        return missing

    def job(self, attempt: Attempt) -> Job:
        description = attempt.path("json")
        parameters = {
            name: str(parameter.serialize(getattr(self._task, name)))
            for name, parameter in self._task.get_params()
            # numbers of branches are those of the whole workflow
            if name not in {*self._task.interactive_params, "branch", "branches", "effective_workflow"}
        }
        Description(
            job=attempt.name,
            module=type(self._task).__module__,
            family=self._task.get_task_family(),
            parameters=parameters,
            branches=tuple(self.branches[number] for number in self.submission.branches(attempt)),
            cpus=self._resources.cpus,
            at_once=1 if self._resources.gpus else self._resources.cpus,
            keys=self._keys.name,
            report=str(attempt.path("report.json")),
        ).write(description)
        resources = self._resources.updated({"memory": attempt.memory}, where=attempt.name)
        return project_job(
            self._site,
            attempt.name,
            request=description,
            log=Path(attempt.log),
            resources=resources,
            code=lambda: self._code,
            more=(self._keys,),
            lent=self._lent,
        )

    @cached_property
    def _code(self) -> Path:
        """The project's code as the keys saw it; it travels with the jobs and stays in the store."""
        modules = set().union(*(parts.modules() for parts in self._parts.values()))
        return code_bundle.in_store(_store_of(self._task), base_folder(), self._logs, self._task.study, modules)

    @cached_property
    def _lent(self) -> list[Path]:
        """Files that the study's steps declare."""
        return [path for step in steps_of(self._task.definition) for path in located(step).values()]

    @cached_property
    def _parts(self) -> dict[str, KeyParts]:
        return parts_behind((self._task, series) for series in self._task.series_names())

    @cached_property
    def _keys(self) -> Path:
        """A file with the parts of all keys that the records depend on, so that a difference can be explained."""
        parts = {place: one.as_dict() for place, one in self._parts.items()}
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
        file = self._logs / f"keys-{digest}.json"
        if not file.exists():
            write_json(file, parts)
        return file

    def check_credentials(self) -> None:
        """See that credentials for the records' stores last as long as a job may run.

        Raises:
            CredentialsError: a token, a proxy or keys; the message names it.
        """
        check_credentials_for(_urls_of(self._task), self._resources.runtime)

    def current_attempts(self) -> Sequence[Attempt]:
        """Attempts with their states as they are now; as they were last known where a batch system does not answer."""
        self.submission.load()
        statuses, silent = self.known.query()
        for error in silent.values():
            self.display.tell(f"states may be old: {error.problem}")
        for attempt in self.submission.active:
            if status := statuses.get(attempt.name):
                attempt.state, attempt.host = status.state, status.host or attempt.host
                attempt.reason = status.reason or attempt.reason
        return [attempt for attempt in self.submission.attempts if attempt.phase != "over" or attempt.reason]

    def refuse(self) -> NoReturn:
        """Another command follows these jobs."""
        raise BatchError(
            f"another command follows the jobs of {self.display.name} in {self.submission.folder}",
            cure="interrupt it (Ctrl-C) first",
        )

    def delete(self) -> None:
        """Delete logs and descriptions, at all sites; also what earlier code or another choice of data sets left.

        To be called when the jobs are removed, and while the submission is held.
        """
        sites = [site_named(name) for name in site_names()]
        names = self.submission.delete(site.logs / _own_folder(self._task) for site in sites)
        for site in sites:
            self.known.at(site.name).forget(names)


def remembered_in(task: Any) -> Path:
    """The folder that has the jobs of a task, whatever data sets it is about and whatever site they are at."""
    return base_folder() / "jobs" / _own_folder(task)


def _own_folder(task: Any) -> Path:
    return Path(task.study) / task.family


def _store_of(task: Any) -> Any:
    series = task.series_names()[0]
    return task.record(series, task.labels(series)[0] if task.labels(series) else "").store


def _urls_of(task: Any) -> set[str]:
    """Addresses of the stores of a task's records and of those that they need, and of data that are read in place."""
    needed = {need.task for series in task.series_names() for need in task.needs(series).values()}
    served = {file.url for file in files_in_place(task.definition) if "://" in file.url}
    return {_store_of(one).url("") for one in (task, *needed)} | served


def _patience(first: float, last: float) -> Patience:
    """Waiting times, from law.cfg's section ``[batch]`` where it has them."""
    known = {"ended", "gone", "suspended", "unreachable", "pending"}
    values = {}
    for name, text in configured("batch").items():
        if name not in known:
            raise unknown_option(name, "law.cfg [batch]", known)
        try:
            values[name] = float(text)
        except ValueError:
            raise BatchError(f"law.cfg [batch]: {name} = {text!r} is no number of seconds", cure="e.g. 30") from None
    return Patience(first_poll=first, last_poll=last, **values)
