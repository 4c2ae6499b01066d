"""The task that makes a stage of a study: it loads what the stage's function takes, calls it, saves what it returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import luigi

from analysis.chapters import looked_at
from analysis.errors import StudyError
from analysis.formats.format import format_named, format_step
from analysis.shifting import touches
from analysis.stages import Stage
from analysis.study import Study
from analysis.wiring import Wiring, covered, made_with, upstream, wiring
from tasks.data import GenerateEvents, duplicates_need, events_only, raw_events, raw_needs, single_events
from tasks.families import task_class
from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.settings import study_of
from tasks.stage_values import label_of, told_of, value_of

__all__ = ["StageTask"]


class StageTask(RecordTask):
    """Makes a stage: loads what its function takes, calls it, saves what it returns."""

    exclude_index = True

    stage = luigi.Parameter(
        default="",
        description="name of the stage of the study; default: the first one that this task makes",
    )

    #: family of the task that the stage names, where that is another one
    makes: ClassVar[str] = ""

    #: what a task of a study's own does in place of a step: a method whose arguments name stages
    compute: ClassVar[Any] = None

    selecting_parameters = RecordTask.selecting_parameters | {"stage"}

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check the name of the stage, or fill in the study's first.

        Raises:
            StudyError: the study has no such stage, or another task makes it; the message lists what there is.
        """
        params = super().modify_param_values(params)
        study = study_of(params["study"], params["statistics"], params["set"])
        family = cls.makes or cls.get_task_family()
        stage = study.stage(params["stage"]) if params["stage"] else study.stage_of(family)
        if stage.family != family:
            raise StudyError(
                f"the stage {stage.name!r} is not made by {family}", cure=f"law run {stage.family} --stage {stage.name}"
            )
        params["stage"] = stage.name
        return params

    @property
    def chapter(self) -> Stage:
        """The stage that is made."""
        return self.definition.stage(self.stage)

    @property
    def wiring(self) -> Wiring:
        """The stages and other arguments that the function takes."""
        return wiring(self.definition, self.chapter)

    @property
    def per(self) -> str:
        """The unit of one record: chunk, data set, fold, study or campaign."""
        return self.chapter.per

    @property
    def payload(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.chapter.payload

    @property
    def maker(self) -> str:
        # a stage may be asked for by its own name
        own = str(self.get_task_family())
        return self.makes if "." in own else own

    @property
    def family(self) -> str:
        own = self.maker
        if own.startswith("Make"):
            return self.stage
        first = self.definition.stage_of(self.makes or own).name == self.stage
        return own if first else f"{own}.{self.stage}"

    def record_name(self) -> str:
        return (self.campaign or "default") if self.per == "campaign" else self.stage

    def study_of(self, series: str) -> Study:
        """The study with the settings that a series is made with."""
        return self.definition

    def ingredients(self, series: str) -> dict[str, Any]:
        study, stage = self.study_of(series), self.study_of(series).stage(self.stage)
        found = {"step": stage.step, "format": format_step(stage.format), **self.given(series)}
        said = {"reads": stage.reads, "first": stage.first, "names": getattr(stage, "names", ())}
        said |= {"shifts": stage.shifts}
        found |= {name: value for name, value in said.items() if value}
        if "raw" in self.wiring.reserved and self.per not in ("chunk", "dataset"):
            # how raw events are read is part of the data sets
            found["datasets"] = [events_only(study.dataset(name)) for name in self.used_datasets()]
        return found

    def given(self, series: str) -> dict[str, Any]:
        """Collect the arguments that are no stages and enter the key by themselves, by name."""
        reserved, study = self.wiring.reserved, self.definition
        found: dict[str, Any] = {}
        if "label" in reserved:
            found["label"] = label_of(study, self.chapter, self.luminosity if self.per == "campaign" else None)
        if "luminosity" in reserved:
            found["luminosity"] = self.luminosity
        if "data" in reserved:
            # a fit says it; a validation looks at what all fits look at
            found["data"] = getattr(self.chapter, "fitted", "") or looked_at(study.stages)
        if "titles" in reserved:
            found["titles"] = {process.name: process.title for process in study.processes}
        return found

    def producing(self, name: str, **parameters: Any) -> Any:
        """The task that makes another stage of the study."""
        return task_class(self.definition.stage(name)).req(self, stage=name, **parameters)

    def used_datasets(self) -> tuple[str, ...]:
        """Names of the data sets that a stage per study, campaign or fold is made of."""
        study, stage = self.definition, self.chapter
        names = study.dataset_names(stage.datasets, self.campaign if self.per == "campaign" else "")
        for other in self.wiring.stages.values():
            if study.stage(other).per in ("chunk", "dataset"):
                names = tuple(name for name in names if name in covered(study, other))
        if not names:
            raise StudyError(
                f"there is no data set that the stage {stage.name!r} could be made of",
                cure="the stages that it takes need data sets in common: say datasets=... of them, or of itself",
            )
        return names

    def used_series(self) -> Iterator[tuple[str, str, str]]:
        """Series of these data sets: name, data set and shift, with the shifts that the stage asks for."""
        study = self.definition
        for dataset in self.used_datasets():
            yield dataset, dataset, ""
            for shift in self.chapter.shifts:
                if touches(study, study.shift(shift), dataset, made_with(study, self.stage)):
                    yield f"{dataset}.{shift}", dataset, shift

    def needs(self, series: str) -> dict[str, Need]:
        stages = {
            role: need
            for argument, name in self.wiring.stages.items()
            for role, need in self._needs_of(argument, name, series)
        }
        return {**stages, **dict(self._needs_of_origin(series))}

    def _needs_of(self, argument: str, name: str, series: str) -> Iterator[tuple[str, Need]]:
        other = self.definition.stage(name)
        if other.per not in ("chunk", "dataset"):
            yield argument, Need(self.producing(name))
            return
        wanted = self.chapter.datasets or ("simulated", "measured")
        task = self.producing(name, datasets=self._selected(wanted), shift=("nominal", *self.chapter.shifts))
        for series, dataset, shift in self.used_series():
            yield f"{argument} {series}", Need(task, task.series_of(dataset, shift), first=self.chapter.first)

    def _selected(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        # groups, where they mean the same: tasks of one question are one task
        by_name = self.definition.dataset_names(wanted, self.campaign)
        return wanted if set(by_name) >= set(self.used_datasets()) else self.used_datasets()

    def _needs_of_origin(self, series: str) -> Iterator[tuple[str, Need]]:
        reserved, first = self.wiring.reserved, self.chapter.first
        for name, dataset, shift in self.used_series() if reserved & {"raw", "truth"} else ():
            some: Any = {"datasets": (dataset,)}
            if "raw" in reserved:
                yield from raw_needs(self, f"raw {name}", dataset, first=first, shift=shift, **some).items()
                for role, one in duplicates_need(self, dataset, **some).items():
                    yield f"{role} {name}", one
            if "truth" in reserved and self.definition.dataset(dataset).generate:
                made = GenerateEvents.req(self, shift=(shift or "nominal",), **some)
                yield f"truth {name}", Need(made, made.series_of(dataset, shift), first=first)

    def arguments(self) -> dict[str, Any]:
        """Load all arguments of the function, by name."""
        needs, reads = self.needs(self.own_series), self.chapter.reads
        found: dict[str, Any] = {}
        for argument in self.wiring.stages:
            loaded = {
                role.partition(" ")[2]: value_of(need, self.own_label, reads.get(argument))
                for role, need in needs.items()
                if role.partition(" ")[0] == argument
            }
            found[argument] = loaded.get("", loaded)
        found |= self._origin(found)
        found |= self.given(self.own_series)
        if "settings" in self.wiring.reserved:
            step = self.study_of(self.own_series).stage(self.stage).step
            found["settings"] = step.settings if step else None
        return found

    def _origin(self, stages: dict[str, Any]) -> dict[str, Any]:
        """Raw events and the truth, by data set; the truth of the events that the function gets."""
        reserved, needs = self.wiring.reserved, self.needs(self.own_series)
        found: dict[str, Any] = {name: {} for name in ("raw", "truth") if name in reserved}
        for name, dataset, _ in self.used_series() if reserved & {"raw", "truth"} else ():
            if "raw" in reserved:
                one = self.definition.dataset(dataset)
                stop = self.definition.chunk_events if self.chapter.first else one.events
                stop = min(stop, one.events)
                events = raw_events(self, f"raw {name}", one, 0, stop, self.chapter.reads.get("raw"))
                again = f"duplicates {name}"
                found["raw"][name] = single_events(self, again, events, 0) if again in needs else events
            if f"truth {name}" in needs:
                found["truth"][name] = self._truth(f"truth {name}", self._events_among(stages, name))
        return found

    def _events_among(self, stages: dict[str, Any], dataset: str) -> Any:
        """The events that decide which truth is told: those of the first argument that is events."""
        for argument, name in self.wiring.stages.items():
            if self.definition.stage(name).format == "events":
                return stages[argument][dataset] if dataset else stages[argument]
        return None

    def _truth(self, role: str, events: Any) -> Any:
        import awkward as ak

        from analysis.events.columns import values
        from analysis.events.joining import of_events
        from analysis.events.parquet import read_events

        fields = self.chapter.reads.get("truth")
        parts = [read_events(path, fields) for path in self.input_paths(role, "parquet")]
        truth = parts[0] if len(parts) == 1 else ak.concatenate(parts)
        return truth if events is None else of_events(truth, values(events, "identity"))

    def load(self, records: list[Any], fields: Any = None) -> list[Any]:
        """Values of records of this task, in their order."""
        form, stage = format_named(self.chapter.format), self.chapter
        return [form.load(record.path, stage, fields) for record in records]

    def make(self, draft: Any) -> None:
        """Call the function, or what a task of a study's own does in its place, and save what it returns."""
        from analysis.checking.calling import told
        from analysis.checking.keeping import keep
        from analysis.checking.stage_values import check_value

        stage, arguments = self.study_of(self.own_series).stage(self.stage), self.arguments()
        function = self.compute or stage.step
        if function is None:
            raise StudyError(
                f"the stage {stage.name!r} has no step, and {type(self).__name__} no method compute",
                cure="say step=Step(...), or write def compute(self, ...) with the stages that it takes",
            )
        value = self.called(function, arguments)
        with told(stage.name, self.where(), function):
            check_value(stage, value, self.kept(arguments))
            keep(stage, value, draft.path)

    def called(self, function: Any, arguments: dict[str, Any]) -> Any:
        """Return what the function returns."""
        from analysis.checking.calling import call

        return call(function, arguments, stage=self.stage, where=self.where())

    def kept(self, arguments: dict[str, Any]) -> Any:
        """The events that have to be there in what the function returned, if it is one value an event."""
        if self.per not in ("chunk", "dataset"):
            return None
        events = self._events_among(arguments, "")
        return arguments.get("raw") if events is None else events

    def where(self) -> str:
        """Name this record's events, for messages."""
        made_of = {"campaign": f"campaign {self.own_series}", "fold": self.own_label.replace("_", " ")}
        return made_of.get(self.per, "")

    @recorded
    def run(self, draft):
        cache_compilations()
        self.make(draft)

    def summary(self):
        if self.per not in ("study", "campaign"):
            yield from super().summary()
            return
        if self.chapter.holds == "results":
            if any(self.definition.stage(one).per == "chunk" for one in upstream(self.definition, self.stage)):
                yield self.describe_datasets(self.used_datasets())
            yield from told_of(self.chapter, self.load([self.own_record])[0])
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)
