"""The stages of a study as tasks: one class for each thing that a record may be made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.errors import StudyError
from analysis.study import Study
from analysis.wiring import covered
from tasks.chunk_workflow import ChunkWorkflow
from tasks.data import GenerateEvents, duplicates_need, events_only, raw_events, raw_needs, single_events
from tasks.framework.record_task import Need
from tasks.framework.record_workflow import RecordWorkflow
from tasks.framework.settings import shifted_study
from tasks.shifted_workflow import ShiftedWorkflow
from tasks.stage_task import StageTask

__all__ = ["MakeDatasets", "MakeEvents", "MakeFigures", "MakeFolds", "MakeResult"]


class _OfDatasets(StageTask, ShiftedWorkflow):
    """Makes a stage of single data sets: the common part of chunks and whole data sets."""

    exclude_index = True

    selecting_parameters = StageTask.selecting_parameters | ShiftedWorkflow.selecting_parameters

    def series_names(self) -> tuple[str, ...]:
        known: dict[str, Any] = self.__dict__
        if "_series_names" not in known:
            known["_series_names"] = self._able_series()
        found: tuple[str, ...] = known["_series_names"]
        return found

    def _able_series(self) -> tuple[str, ...]:
        able = covered(self.definition, self.stage)
        found = tuple(name for name in super().series_names() if self.dataset_of(name).name in able)
        if not found:
            raise StudyError(
                f"the stage {self.stage!r} is made of none of the data sets {', '.join(self.datasets)}",
                cure=f"use some of: {', '.join(sorted(able))}",
            )
        return found

    def study_of(self, series: str) -> Study:
        return shifted_study(self.study, self.statistics, self.set, self.shift_of(series))

    def given(self, series: str) -> dict[str, Any]:
        reserved, dataset = self.wiring.reserved, self.dataset_of(series)
        found = super().given(series)
        # how raw events are read is part of the data set
        if reserved & {"dataset", "raw"}:
            found["dataset"] = events_only(dataset)
        if "weight_per_fb" in reserved:
            found["weight_per_fb"] = dataset.weight_per_fb
        return found

    def _needs_of(self, argument: str, name: str, series: str) -> Iterator[tuple[str, Need]]:
        other = self.definition.stage(name)
        task = self.producing(name)
        if other.per in ("chunk", "dataset"):
            own = task.series_of(self.dataset_of(series).name, self.shift_of(series))
            yield argument, Need(task, own, aligned=self.per == other.per)
        else:
            yield argument, Need(task)

    def _needs_of_origin(self, series: str) -> Iterator[tuple[str, Need]]:
        reserved, dataset = self.wiring.reserved, self.dataset_of(series)
        aligned = self.per == "chunk"
        if "raw" in reserved:
            yield from raw_needs(self, "raw", dataset.name, aligned=aligned, shift=self.shift_of(series)).items()
            yield from duplicates_need(self, dataset.name).items()
        if self._knows_truth(dataset):
            made = GenerateEvents.req(self)
            yield "truth", Need(made, made.series_of(dataset.name, self.shift_of(series)), aligned=aligned)

    def _knows_truth(self, dataset: Any) -> bool:
        """Whether the stage gets the generated truth of a data set's events."""
        hidden = dataset.hidden and self.chapter.format == "inputs"
        return "truth" in self.wiring.reserved and bool(dataset.generate) and not hidden

    @property
    def range(self) -> tuple[int, int]:
        """First event of this record, and the first after it."""
        return 0, self.dataset.events

    def _origin(self, stages: dict[str, Any]) -> dict[str, Any]:
        reserved = self.wiring.reserved
        found: dict[str, Any] = {}
        if "raw" in reserved:
            found["raw"] = raw_events(self, "raw", self.dataset, *self.range, self.chapter.reads.get("raw"))
            if "duplicates" in self.needs(self.own_series):
                found["raw"] = single_events(self, "duplicates", found["raw"], self.range[0])
        if "truth" in reserved:
            known = self._knows_truth(self.dataset)
            found["truth"] = self._truth("truth", self._events_among(stages, "")) if known else None
        return found

    def arguments(self) -> dict[str, Any]:
        found = super().arguments()
        if "dataset" not in self.wiring.reserved:
            found.pop("dataset", None)
        return found

    def where(self) -> str:
        label = f", chunk {self.own_label}" if self.own_label else ""
        return f"data set {self.own_series}{label}"


class MakeEvents(_OfDatasets, ChunkWorkflow):
    """Make a stage of the study chunk by chunk: events, or anything else."""

    selecting_parameters = _OfDatasets.selecting_parameters | ChunkWorkflow.selecting_parameters

    @property
    def range(self) -> tuple[int, int]:
        return self.chunk


class MakeDatasets(_OfDatasets):
    """Make a stage of the study data set by data set."""


class MakeFolds(StageTask, RecordWorkflow):
    """Make a stage of the study fold by fold."""

    selecting_parameters = StageTask.selecting_parameters | RecordWorkflow.selecting_parameters

    def series_names(self) -> tuple[str, ...]:
        return (self.stage,)

    def labels(self, series: str) -> tuple[str, ...]:
        if self.chapter.folds < 1:
            raise StudyError(f"the stage {self.stage!r} is made per fold, but has none", cure="say folds=K")
        return tuple(f"fold_{number}" for number in range(self.chapter.folds))

    def arguments(self) -> dict[str, Any]:
        found = super().arguments()
        if "fold" in self.wiring.reserved:
            found["fold"] = int(self.own_label.removeprefix("fold_"))
        return found


class MakeResult(StageTask):
    """Make a stage of the study once, or once for a campaign: numbers, tables, or anything else."""


class MakeFigures(StageTask):
    """Draw figures of the study. Only pages and capsules require them, so a change of style draws and does no more."""

    takes_job = False

    def arguments(self) -> dict[str, Any]:
        from analysis.plotting.style import FigureLabel

        found = super().arguments()
        # here and nowhere else, so that style is in the keys of figures alone
        return {**found, "label": FigureLabel(**found["label"])} if "label" in found else found

    def make(self, draft: Any) -> None:
        from analysis.plotting.style import figure_style

        with figure_style():
            super().make(draft)
