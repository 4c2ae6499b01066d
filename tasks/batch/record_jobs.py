"""The jobs that make one task's records: where they are remembered, what they run, what they leave."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from law.config import Config

from analysis.errors import BatchError
from analysis.provenance.records import Record
from tasks.batch import code_bundle
from tasks.batch.bundles import Description, write_json
from tasks.batch.polling import Polling
from tasks.batch.resources import configured, resources_of, unknown_option
from tasks.batch.sending import Sending
from tasks.batch.sites import batch_system, site_named
from tasks.batch.submission import Attempt, Submission
from tasks.batch.systems.system import Job
from tasks.batch.table import display_for
from tasks.batch.work import Patience, Work
from tasks.framework.settings import base_folder

__all__ = ["RecordJobs"]

# what a job is told of the project's variables, beside those that the site names
VARIABLES = ("ERUMFLOW_MIRROR", "ERUMFLOW_JAX", "ERUMFLOW_PYTHON")
SCRIPT = Path(__file__).with_name("job.sh")


class RecordJobs(Work):
    """The jobs of a task.

    Args:
        task: a :class:`~tasks.framework.record_task.RecordTask`, of a workflow the workflow.

    Raises:
        BatchError: its site or its resources are not described as they should be.
    """

    def __init__(self, task: Any) -> None:
        self._task = task
        self.branches = {branch.number: branch for branch in task.job_branches()}
        store, payload = _store_of(task), task.payload
        self._records = {b.number: Record(store, b.place, b.label, payload) for b in self.branches.values()}
        self._site = site_named(task.site)
        family = task.get_task_family()
        self.resources = resources_of(family, task.job_resources, self._site.resources)
        self.submission = Submission(self._site.logs / task.study / family, store.url(""), self.branches)
        self.display = display_for(family)

    def __enter__(self) -> RecordJobs:
        self.display.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.display.__exit__(*error)

    @cached_property
    def polling(self) -> Polling:
        """Submits and follows them."""
        system, display = batch_system(self._site), self.display
        patience = _patience(self._site.first_poll, self._site.last_poll)
        sending = Sending(
            self,
            self.submission,
            system,
            resources=self.resources,
            per_job=self._task.tasks_per_job,
            patience=patience,
            display=display,
        )
        retries = self._task.retries
        return Polling(
            self, self.submission, system, sending=sending, retries=retries, patience=patience, display=display
        )

    def missing(self) -> set[int]:
        """Branches whose records are not complete now; costs one listing a place."""
        listings: dict[str, Any] = {}
        missing = set()
        for number, record in self._records.items():
            if record.place not in listings:
                listings[record.place] = record.store.listing(record.place)
            if not record.is_complete(listings[record.place]):
                missing.add(number)
        return missing

    def job(self, attempt: Attempt) -> Job:
        folder = self.submission.folder
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
            cpus=1 if self.resources.gpus else self.resources.cpus,
            keys=self._keys.name,
            report=str(attempt.path("report.json")),
        ).write(description)
        resources = self.resources.updated({"memory": attempt.memory}, where=attempt.name)
        shared = self._site.environment == "shared"
        files = () if shared else (SCRIPT, self._code, description, self._keys)
        return Job(
            name=attempt.name,
            command=("/bin/bash", *(self._shared(description) if shared else self._bundled(description))),
            environment=self._variables | {"ERUMFLOW_JOB_GPUS": str(resources.gpus)},
            resources=resources,
            log=Path(attempt.log),
            folder=folder if shared else None,
            files=files,
        )

    def _shared(self, description: Path) -> list[str]:
        base = base_folder()
        # somebody's own environment serves as it is; the project's is looked after by setup.sh
        own = Path(sys.prefix) != base / ".venv"
        return [str(SCRIPT), "shared", str(base), sys.executable if own else "-", str(description)]

    def _bundled(self, description: Path) -> list[str]:
        return [SCRIPT.name, "bundle", self._code.name, self._site.scratch, description.name]

    @cached_property
    def _code(self) -> Path:
        """The project's code as the keys saw it; it travels with the jobs and stays in the store."""
        return code_bundle.in_store(_store_of(self._task), base_folder(), self._site.logs / "code")

    @cached_property
    def _keys(self) -> Path:
        """A file with the parts of all keys that the records depend on, so that a difference can be explained."""
        parts: dict[str, Any] = {}
        waiting = [(self._task, series) for series in self._task.series_names()]
        while waiting:
            task, series = waiting.pop()
            if (place := task.place(series)) not in parts:
                parts[place] = task.key_parts(series).as_dict()
                needs = task.needs(series).values()
                waiting += [(need.task, need.series or need.task.series_names()[0]) for need in needs]
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
        file = self.submission.folder / f"keys-{digest}.json"
        if not file.exists():
            write_json(file, parts)
        return file

    @property
    def _variables(self) -> dict[str, str]:
        root = os.environ.get("ERUMFLOW_STORE") or Config.instance().get_expanded("store", "root", "data")
        # where a bundle is unpacked, other folders of this machine's are none
        variables = (*VARIABLES, "PYTHONPATH") if self._site.environment == "shared" else VARIABLES
        named = {name: os.environ[name] for name in variables if os.environ.get(name)}
        # for a job, a relative name would be relative to something else
        local = root if re.match(r"[a-z0-9]+://", root) else str(base_folder() / os.path.expanduser(root))
        return {"ERUMFLOW_STORE": local, **named, **self._site.taken_over()}

    def current_attempts(self) -> Sequence[Attempt]:
        """Attempts with their states as they are now; as they were last known if the batch system does not answer."""
        active = [attempt for attempt in self.submission.load().active if attempt.job]
        try:
            statuses = batch_system(self._site).query([attempt.job for attempt in active]) if active else {}
        except BatchError as error:
            self.display.tell(f"states may be old: {error.problem}")
            statuses = {}
        for attempt in active:
            if status := statuses.get(attempt.job):
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
        """Delete logs and descriptions."""
        shutil.rmtree(self.submission.folder, ignore_errors=True)


def _store_of(task: Any) -> Any:
    series = task.series_names()[0]
    return task.record(series, task.labels(series)[0] if task.labels(series) else "").store


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
