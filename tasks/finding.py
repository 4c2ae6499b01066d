"""The records that a name stands for: of a stage, of its task, of raw events, of their truth."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import luigi

from analysis.checking.names import check_known, did_you_mean
from analysis.datasets import Dataset
from analysis.errors import StudyError
from analysis.provenance.records import Record
from analysis.provenance.store import Store
from analysis.stages import Stage
from analysis.study import Study
from analysis.wiring import covered
from tasks.data import duplicates_need, raw_events, raw_needs, single_events
from tasks.families import task_class, task_name
from tasks.framework.record_task import Need, RecordTask
from tasks.framework.record_workflow import DatasetWorkflow
from tasks.framework.settings import stores
from tasks.shifted_workflow import ShiftedWorkflow

__all__ = [
    "ORIGIN",
    "OTHERS",
    "RawEvents",
    "Reading",
    "find",
    "holds_events",
    "parts_of",
    "read_only",
    "stores_to_read",
    "usual_datasets",
]

#: names of what is no stage and comes before all of them
ORIGIN = ("raw", "truth")

#: tasks that are no stages of a study and have records, by family: their module, and how these are read
OTHERS: dict[str, tuple[str, str]] = {
    "FetchData": ("tasks.data", "files"),
    "FetchNetworks": ("tasks.published", "files"),
    "GenerateEvents": ("tasks.data", "events"),
    "SimulateData": ("tasks.data", "events"),
    "FindDuplicates": ("tasks.data", "files"),
    "FillHistograms": ("tasks.histograms", "stage"),
    "RunTrials": ("tasks.tuning", "files"),
    "TuneModel": ("tasks.tuning", "files"),
    "ExportModel": ("tasks.export", "files"),
    "CollectResults": ("tasks.results", "results"),
    "Report": ("tasks.report", "files"),
    "PreserveStudy": ("tasks.preservation", "files"),
}

# data sets that something, which is no stage, is made of; all of them where nothing is said
_MADE_OF: dict[str, Callable[[Dataset], Any]] = {
    "truth": lambda dataset: dataset.generate,
    "GenerateEvents": lambda dataset: dataset.generate,
    "SimulateData": lambda dataset: dataset.simulate,
    "FetchData": lambda dataset: dataset.files and not dataset.in_place,
    "FindDuplicates": lambda dataset: not dataset.simulate,
}


class _ReadOnly:
    """A store that nothing is written to: a damaged record stays where it is."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def set_aside(self, place: str, name: str) -> str:
        return ""


@cache
def read_only(store: Store) -> Store:
    """The same store, in which damaged records stay where they are."""
    return _ReadOnly(store)  # type: ignore[return-value]


def stores_to_read() -> list[Store]:
    """Every store that records may lie in, see :func:`read_only`."""
    return [read_only(store) for store in stores()]


def _untouched(records: Iterable[Record]) -> list[Record]:
    return [dataclasses.replace(record, store=read_only(record.store)) for record in records]


@dataclass(frozen=True)
class Reading(Need):
    """Records of one series of a task, to be read and not to be touched."""

    def records(self, label: str) -> list[Record]:
        return _untouched(super().records(label))


class RawEvents(RecordTask):
    """Reads raw events of a data set as functions get them: those that come twice once. It makes nothing."""

    exclude_index = True

    dataset = luigi.Parameter(description="name of the data set")

    def needs(self, series: str) -> dict[str, Need]:
        some: dict[str, Any] = {"datasets": (self.dataset,)}
        return {**raw_needs(self, "raw", self.dataset, **some), **duplicates_need(self, self.dataset, **some)}

    def input_records(self, role: str) -> list[Record]:
        return _untouched(super().input_records(role))

    def run(self) -> None:
        """Nothing: it reads what others made."""

    def events(self, fields: tuple[str, ...] | None = None) -> Any:
        """All events of the data set, all columns or some."""
        dataset = self.definition.dataset(self.dataset)
        events = raw_events(self, "raw", dataset, 0, dataset.events, fields)
        again = "duplicates" in self.needs(self.own_series)
        return single_events(self, "duplicates", events, 0) if again else events


def parts_of(need: Reading) -> list[Reading]:
    """The records that are read: of raw events, those of the tasks that made them."""
    if isinstance(need.task, RawEvents):
        return [Reading(one.task, one.series) for one in need.task.needs("").values()]
    return [need]


def holds_events(need: Reading) -> bool:
    """Whether records are events with fields."""
    kind = OTHERS.get(need.task.get_task_family(), ("", ""))[1]
    if kind or isinstance(need.task, RawEvents):
        return kind in ("", "events")
    return getattr(need.task, "chapter", None) is not None and need.task.chapter.format == "events"


def find(root: Any, name: str, dataset: str, shift: str, parameters: Mapping[str, Any]) -> dict[str, Reading]:
    """Find the records that a name stands for, whether they are there or not.

    Args:
        root: task of the study, whose options all others get.
        name: of a stage or of its task, ``raw``, ``truth``, or one of :data:`OTHERS`.
        dataset: name; empty for those that a command makes without ``--datasets``.
        shift: name; empty for nominal events.
        parameters: further ones of the task.

    Returns:
        By data set; by an empty name what is made once.

    Raises:
        StudyError: a name is unknown, the message has the nearest; or nothing is made by data set, or by shift.
    """
    study: Study = root.definition
    _check(dataset, (one.name for one in study.datasets), f"{name!r}", "data set")
    _check(shift, (one for varied in study.shifts for one in varied.names), f"{name!r}", "shift")
    cls, stage = _task(study, name)
    check_known(parameters, cls.get_param_names(include_significant=True), f"{name!r}", "parameter")
    given = dict(parameters) | ({"stage": stage.name} if stage else {})
    if shift and not issubclass(cls, ShiftedWorkflow):
        raise StudyError(f"{name!r} is not made by shift", cure="leave shift out")
    if shift:
        given["shift"] = (shift,)
    if cls is not RawEvents and not issubclass(cls, DatasetWorkflow):
        if dataset:
            raise StudyError(f"{name!r} is made once, not by data set", cure=f"study.value({name!r})")
        return {"": Reading(cls.req(root, **given))}
    wanted = (dataset,) if dataset else usual_datasets(root, name, stage)
    if not wanted:
        raise StudyError(f"no data set of the study {study.name!r} has {name!r}", cure="its data sets are of files")
    if cls is RawEvents:
        return {one: Reading(cls.req(root, dataset=one)) for one in wanted}
    task = cls.req(root, datasets=wanted, **given)
    return {task.dataset_of(series).name: Reading(task, series) for series in task.series_names()}


def usual_datasets(root: Any, name: str, stage: Stage | None = None) -> tuple[str, ...]:
    """Names of the data sets that a command without ``--datasets`` makes something of; else all that can be."""
    study: Study = root.definition
    has = _MADE_OF.get(name, bool)
    able = covered(study, stage.name) if stage else {one.name for one in study.datasets if has(one)}
    usual = (*study.simulated, *study.measured(root.campaign))
    return tuple(one.name for one in usual if one.name in able) or tuple(sorted(able))


def _check(name: str, known: Iterable[str], where: str, what: str) -> None:
    check_known([name] if name else [], known, where, what)


def _task(study: Study, name: str) -> tuple[Any, Stage | None]:
    """The class of the task that is called so, and the stage that it makes."""
    for stage in study.stages:
        if name in (stage.name, task_name(stage)):
            return task_class(stage), stage
    if name == "raw":
        return RawEvents, None
    if family := "GenerateEvents" if name == "truth" else name if name in OTHERS else "":
        # of several stages, as the command does: the first one
        return getattr(importlib.import_module(OTHERS[family][0]), family), None
    stages = [stage for stage in study.stages if stage.family == name]
    if len(stages) > 1:
        listed = ", ".join(stage.name for stage in stages)
        raise StudyError(f"{name} makes several stages of the study {study.name!r}", cure=f"name one: {listed}")
    if stages:
        return task_class(stages[0]), stages[0]
    known = [*ORIGIN, *(one for stage in study.stages for one in (stage.name, stage.family)), *OTHERS]
    raise StudyError(
        f"the study {study.name!r} has no stage {name!r}{did_you_mean(name, known)}",
        cure=f"use one of: {', '.join([*ORIGIN, *(stage.name for stage in study.stages)])}",
    )
