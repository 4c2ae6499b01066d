"""Raw data: where the graph begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from analysis.errors import StudyError
from analysis.readers.choice import suffix_of
from analysis.study import Dataset, Step
from tasks.chunk_workflow import ChunkWorkflow
from tasks.framework.data_access import data_access
from tasks.framework.progress import bytes_progress
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.record_workflow import DatasetWorkflow
from tasks.in_place import read_in_place
from tasks.origin import OriginWorkflow

__all__ = [
    "FetchData",
    "FindDuplicates",
    "GenerateEvents",
    "SimulateData",
    "duplicates_need",
    "events_only",
    "raw_events",
    "raw_needs",
    "repeated_events",
    "single_events",
]


class FetchData(DatasetWorkflow):
    """Bring files into the store: from the mirror folder, this machine or a server; checksums decide.

    Data sets whose files are read where they are need it not.
    """

    # workers seldom reach the network
    takes_job = False
    copies_files = True

    def series_names(self) -> tuple[str, ...]:
        return _those_with(
            self, super().series_names(), lambda dataset: dataset.files and not dataset.in_place, "files to copy"
        )

    def payload_of(self, series: str) -> tuple[str, ...]:
        return (_ending(self.definition.dataset(series)),)

    def labels(self, series: str) -> tuple[str, ...]:
        dataset = self.definition.dataset(series)
        return tuple(file.name.removesuffix(f".{_ending(dataset)}") for file in dataset.all_files)

    def ingredients(self, series: str) -> dict[str, Any]:
        # the content alone: the same file from another address is the same record
        return {"contents": [file.content for file in self.definition.dataset(series).all_files]}

    @recorded
    def run(self, draft):
        from analysis.readers.fetching import fetch

        file = self.dataset.all_files[self.labels(self.own_series).index(self.own_label)]
        # in the workspace, so that a download goes on where a killed one ended
        arrived = draft.workspace / file.name
        with bytes_progress(file.name, file.size) as progress:
            fetch(file, arrived, access=data_access(), progress=progress)
        arrived.replace(draft.path(_ending(self.dataset)))
        draft.sources = [file.content] if file.content else []


def _ending(dataset: Dataset) -> str:
    """Name of the payload that keeps a file of a data set: the ending of its first file's name."""
    return suffix_of(dataset.files[0].name) or "file"


class GenerateEvents(OriginWorkflow):
    """Generate the truth of simulated events; only training and evaluation ever read it."""

    steps = ("generate",)

    def series_names(self) -> tuple[str, ...]:
        return _those_with(self, super().series_names(), lambda dataset: dataset.generate, "events of its own making")

    def ingredients(self, series: str) -> dict[str, Any]:
        # the name is where the events' identities begin, also under shifts
        return {"generate": self.varied(series).generate, "dataset": self.dataset_of(series).name}

    @recorded
    def run(self, draft):
        from analysis.events.identity import identify
        from analysis.events.parquet import write_events

        start, stop = self.chunk
        identity = identify(self.dataset.name, start, stop - start)
        write_events(_made("generate", self, self.varied(self.own_series).generate, identity), draft.path("parquet"))


class SimulateData(OriginWorkflow):
    """Simulate what the detector records of generated events: raw data, without the truth."""

    steps = ("generate", "simulate")

    def series_names(self) -> tuple[str, ...]:
        return _those_with(self, super().series_names(), lambda dataset: dataset.simulate, "simulation of its own")

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"simulate": self.varied(series).simulate}

    def needs(self, series: str) -> dict[str, Need]:
        made = GenerateEvents.req(self)
        own = made.series_of(self.dataset_of(series).name, self.shift_of(series))
        return {"truth": Need(made, own, aligned=True)}

    @recorded
    def run(self, draft):
        from analysis.events.parquet import read_events, write_events

        truth = read_events(self.input_path("truth", "parquet"))
        write_events(_made("simulate", self, self.varied(self.own_series).simulate, truth), draft.path("parquet"))


class FindDuplicates(DatasetWorkflow):
    """Find events that come twice in a campaign, by the columns that the study says; each counts once."""

    payload = ("json",)

    def ingredients(self, series: str) -> dict[str, Any]:
        return {
            "identity": self.definition.identity,
            "datasets": [events_only(self.definition.dataset(name)) for name in self._compared(series)],
        }

    def needs(self, series: str) -> dict[str, Need]:
        needs = (raw_needs(self, name, name, datasets=(name,)) for name in self._compared(series))
        return {role: need for some in needs for role, need in some.items()}

    def _compared(self, series: str) -> tuple[str, ...]:
        """The data sets that have a say before this one, and this one."""
        names = [dataset.name for dataset in self.definition.measured(self.campaign)]
        return tuple(names[: names.index(series) + 1]) if series in names else (series,)

    @recorded
    def run(self, draft):
        from analysis.events.duplicates import check_repeated, checked_duplicates, identifying_columns

        identity = self.definition.identity
        # only studies that have one ask
        assert identity is not None
        columns = {}
        for name in self._compared(self.own_series):
            dataset = self.definition.dataset(name)
            events = raw_events(self, name, dataset, 0, dataset.events, identity.columns)
            columns[name] = identifying_columns(events, identity)
        where = f"the campaign {self.campaign!r}" if self.campaign else self.own_series
        duplicates, own = checked_duplicates(columns, identity, where), self.own_series
        events, repeated = len(next(iter(columns[own].values()))), duplicates.within(own)
        if self.dataset.kind == "simulated":
            check_repeated(repeated, events, own, identity)
        found = {"rows": duplicates.rows[own].tolist(), "events": events, "repeated": repeated}
        draft.path("json").write_text(json.dumps(found) + "\n")

    def summary(self):
        for series in self.series_names():
            found = json.loads(self.record(series, "").path("json").read_text())
            yield series, f"{len(found['rows'])} of {found['events']} events come twice, and count once"
        for text in repeated_events(self, self.series_names()):
            yield "WARNING", text


def events_only(dataset: Dataset) -> Dataset:
    """Return a data set as far as steps may depend on it: neither the events' origin nor how many are expected.

    What reads its files is said in any case, as it decides what steps get.
    """
    found = dataset.without_normalisation().without_origin()
    return replace(found, read=found.reader) if found.files else found


def raw_needs(
    task: RecordTask,
    role: str,
    name: str,
    *,
    aligned: bool = False,
    first: bool = False,
    shift: str = "",
    **parameters: Any,
) -> dict[str, Need]:
    """Return what has to be made for a data set's raw events, by role: copies of files, or the study's own simulation.

    Nothing has to be for files that are read where they are.

    Args:
        task: that needs them.
        role: of the need.
        name: of the data set.
        aligned: whether the task's own chunk is enough; files are always needed as a whole.
        first: whether the first chunk is; in the same way.
        shift: under which the events are wanted.
        parameters: of the task that makes them, where they differ from the needing task's.
    """
    dataset = task.definition.dataset(name)
    if dataset.simulate:
        # a workflow of shifted events asks for all of its own shifts
        asked = {} if hasattr(task, "shift") else {"shift": (shift or "nominal",)}
        made = SimulateData.req(task, **asked, **parameters)
        return {role: Need(made, made.series_of(name, shift), aligned=aligned, first=first)}
    return {} if dataset.in_place else {role: Need(FetchData.req(task, **parameters), name)}


def duplicates_need(task: RecordTask, dataset: str, **parameters: Any) -> dict[str, Need]:
    """Return the requirement of repeated events in a data set of files, by role; none where the study asks for none."""
    if task.definition.identity is None or task.definition.dataset(dataset).simulate:
        return {}
    return {"duplicates": Need(FindDuplicates.req(task, **parameters), dataset)}


def repeated_events(task: RecordTask, datasets: tuple[str, ...]) -> list[str]:
    """Tell of data sets with many events that come twice within them, as far as that was looked for."""
    from analysis.events.duplicates import repeated_in_words

    told: list[str] = []
    if (identity := task.definition.identity) is None:
        return told
    for name in datasets:
        for need in duplicates_need(task, name, datasets=(name,)).values():
            (record,) = need.records("")
            # older records do not tell
            found = json.loads(record.path("json").read_text()) if record.is_complete() else {}
            told += repeated_in_words(found.get("repeated", 0), found.get("events", 0), name, identity)
    return told


def single_events(task: RecordTask, role: str, events: Any, start: int) -> Any:
    """Raw events without those that a role of :func:`duplicates_need` tells to leave out."""
    import numpy as np

    rows = np.asarray(json.loads(task.input_path(role, "json").read_text())["rows"], np.int64) - start
    kept = np.ones(len(events), np.bool_)
    kept[rows[(rows >= 0) & (rows < len(events))]] = False
    return events[kept]


def raw_events(
    task: RecordTask, role: str, dataset: Dataset, start: int, stop: int, fields: Sequence[str] | None = None
) -> Any:
    """Raw events of a role of :func:`raw_needs`: of files the range, of simulations all records of the role.

    Columns of files that are not among ``fields`` are not read.
    """
    if dataset.simulate is not None:
        import awkward as ak

        from analysis.events.parquet import read_events

        parts = [read_events(path, fields) for path in task.input_paths(role, "parquet")]
        return parts[0] if len(parts) == 1 else ak.concatenate(parts)
    some = dataset if fields is None else dataset.with_columns(fields)
    if dataset.in_place:
        events = read_in_place(task, some, start, stop)
    else:
        from analysis.readers.chunks import read_chunk

        events = read_chunk(task.input_paths(role, _ending(dataset)), some, start, stop)
    return events if fields is None else events[list(fields)]


def _made(name: str, task: ChunkWorkflow, step: Step | None, given: Any) -> Any:
    """Events that a step of a data set makes of identities or of the truth."""
    from analysis.checking.calling import call, told
    from analysis.checking.events import check_origin
    from analysis.checking.signature import arguments_of

    assert step is not None  # series_names leaves out data sets without it
    where = f"data set {task.own_series}, chunk {task.own_label}"
    value = call(step, {arguments_of(step).names[0]: given, "settings": step.settings}, stage=name, where=where)
    with told(name, where, step):
        return check_origin(name, value, given)


def _those_with(
    task: DatasetWorkflow, names: tuple[str, ...], has: Callable[[Dataset], Any], what: str
) -> tuple[str, ...]:
    """The data sets that a task can do something with; there must be one."""
    if found := tuple(name for name in names if has(task.dataset_of(name))):
        return found
    raise StudyError(f"of the data sets {', '.join(task.datasets)} of the study {task.study!r}, none has {what}")
