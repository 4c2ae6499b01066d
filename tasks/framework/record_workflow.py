"""Workflows over data sets, whose branches are records."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import law
from law.workflow.local import LocalWorkflowProxy
from luigi.task import task_id_str

from analysis.study import Dataset
from tasks.framework.due import is_due, settle
from tasks.framework.inputs import forget_listings
from tasks.framework.making import make_branches
from tasks.framework.record_task import RecordTask, one_a_task
from tasks.framework.settings import store, study_named
from tasks.framework.targets import RecordCollection, RecordsOfPlace, complete_labels

__all__ = ["BranchRecord", "DatasetWorkflow", "RecordWorkflow"]


class BranchRecord(NamedTuple):
    """Series and label of the record that a branch makes."""

    series: str
    label: str


class RecordWorkflowProxy(LocalWorkflowProxy):
    """Runs the branches whose records are missing, and knows which by one listing a place.

    It is the one proxy for all of ``--workflow``: where the branches run changes nothing else.
    """

    # law keeps this flag in a manager process of its own; here the store tells
    _local_workflow_has_yielded = False

    def output(self) -> dict[str, RecordCollection]:
        return {"collection": RecordCollection(self.task.places(), threshold=self.task.acceptance)}

    def complete(self) -> bool:
        self.task.refuse_expired_credentials()
        return not is_due(self.task) and self.output()["collection"].exists()

    def run(self) -> None:
        forget_listings()
        if self.task.sends_jobs:
            self.task.run_jobs()
        else:
            make_branches(self.task, self.task.missing_branches())
        settle(self.task)


class RecordWorkflow(RecordTask, law.LocalWorkflow):
    """A workflow with one branch for each record of each of its series."""

    exclude_index = True
    exclude_params_repr: ClassVar[set[str]] = {"effective_workflow"}
    workflow_proxy_cls = RecordWorkflowProxy

    selecting_parameters = RecordTask.selecting_parameters | {"branch", "branches", "effective_workflow", "workflow"}

    #: number of the branch that this process is at, and of the one that it probably makes next
    upcoming: tuple[int, int | None] = (-1, None)

    def create_branch_map(self) -> list[BranchRecord]:
        return [BranchRecord(name, label) for name in self.series_names() for label in self.labels(name)]

    @property
    def own_series(self) -> str:
        return self.branch_data.series

    @property
    def own_label(self) -> str:
        return self.branch_data.label

    def key_parts(self, series: str) -> Any:
        # a branch asks its workflow: one computation for all of them
        return super().key_parts(series) if self.is_workflow() else self.as_workflow().key_parts(series)

    def key(self, series: str) -> str:
        return super().key(series) if self.is_workflow() else self.as_workflow().key(series)

    def stored_parameters(self) -> dict[str, str]:
        known: dict[str, str] = self.as_workflow().__dict__.setdefault("_stored_parameters", {})
        if not known:
            known.update(super().stored_parameters())
        # branches of a workflow differ in nothing else
        return {**known, "branch": str(self.branch)}

    def place(self, series: str) -> str:
        return super().place(series) if self.is_workflow() else self.as_workflow().place(series)

    def workflow_requires(self) -> dict[str, Any]:
        needs = (item for series in self.series_names() for item in self.upstream(series).items())
        return one_a_task({f"{role} {need.series}".strip(): need.task for role, need in needs})

    def requires(self) -> dict[str, Any]:
        required: dict[str, Any] = {}
        for role, need in self.upstream(self.own_series).items():
            if isinstance(need.task, RecordWorkflow):
                series = need.chosen_series
                labels = need.task.labels(series)
                label = self.own_label if need.aligned else labels[0] if need.first else None
                required[role] = need.task.branches_of(series, label)
            else:
                required[role] = need.task
        return required

    def branch_task(self, branch: int) -> Any:
        """The task of one branch, as ``req_branch`` has it, for one use: made in no time, and kept by nobody.

        law and luigi go through all parameters of each task several times, and keep it as long as the process lives.
        """
        if "_twin" not in self.__dict__:
            task = self.req_branch(branch)
            # past luigi's register: nobody has used it yet
            fresh = type.__call__(type(self), **task.param_kwargs)
            fresh._workflow_task = self
            texts = fresh.to_str_params(only_significant=True, only_public=True)
            self.__dict__["_twin"] = dict(vars(fresh)), texts
        attributes, texts = self.__dict__["_twin"]
        task_id = task_id_str(self.get_task_family(), {**texts, "branch": str(branch)})
        twin: Any = object.__new__(type(self))
        twin.__dict__.update(
            attributes,
            branch=branch,
            param_kwargs={**attributes["param_kwargs"], "branch": branch},
            task_id=task_id,
            _Task__hash=hash(task_id),
        )
        return twin

    def branches_of(self, series: str, label: str | None = None) -> list[law.Task]:
        """The branch tasks of a series, or the one of a label."""
        return [
            self.req_branch(branch)
            for branch, data in self.branch_map.items()
            if data.series == series and label in (None, data.label)
        ]

    def next_label(self) -> str:
        """Label of the record of the series that this process makes after this branch's; empty if it is unknown."""
        workflow: Any = self.as_workflow()
        branch, coming = workflow.upcoming
        if branch != self.branch or coming is None:
            return ""
        data = workflow.branch_map[coming]
        return str(data.label) if data.series == self.own_series else ""

    def places(self) -> list[RecordsOfPlace]:
        """Return the records of this workflow in the store, restricted to ``--branches``."""
        labels: dict[str, list[str]] = {}
        for data in self.branch_map.values():
            labels.setdefault(data.series, []).append(data.label)
        where = store(self.maker)
        return [
            RecordsOfPlace(
                where,
                self.place(series),
                some,
                self.payload_of(series),
                bool(self.pinned(series)),
                functools.partial(self.outdated, series),
            )
            for series, some in labels.items()
        ]

    def missing_branches(self) -> list[int]:
        """Branches whose records are not complete; costs one listing a place."""
        complete = {(p.place, label) for p in self.places() for label in complete_labels(p)}
        return [b for b, data in self.branch_map.items() if (self.place(data.series), data.label) not in complete]

    def check_result(self) -> None:
        # all of a workflow's are read by whoever needs them
        if self.is_branch():
            super().check_result()

    def summary(self) -> Iterator[tuple[str, str]]:
        if self.is_branch():
            yield from super().summary()
            return
        for place in self.places():
            yield f"{len(place.labels)} record{'s' * (len(place.labels) != 1)}", place.store.url(place.place)


class DatasetWorkflow(RecordWorkflow):
    """A workflow with one series for each data set."""

    exclude_index = True

    #: whether its records are copies of the data sets' files
    copies_files = False

    datasets = law.CSVParameter(
        default=("simulated", "measured"),
        description="names of data sets, or 'simulated', 'measured' (those of the campaign), or what data sets serve, "
        "such as 'calibration'; default: simulated,measured",
    )

    selecting_parameters = RecordWorkflow.selecting_parameters | {"datasets"}

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check the names of data sets.

        Raises:
            StudyError: a name is unknown; the message lists the known ones.
        """
        params = super().modify_param_values(params)
        study_named(params["study"]).dataset_names(params["datasets"], params["campaign"])
        return params

    def series_names(self) -> tuple[str, ...]:
        return self.definition.dataset_names(self.datasets, self.campaign)

    def dataset_of(self, series: str) -> Dataset:
        """The data set that a series is about."""
        return self.definition.dataset(series)

    @property
    def dataset(self) -> Dataset:
        """The data set that this branch is about."""
        return self.dataset_of(self.own_series)
