"""Check every step of a study on the first events of each data set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import awkward as ak

from analysis.chapters import Fit, Histograms, Scores, Training, Validation, looked_at
from analysis.checking.calling import call
from analysis.checking.events import check_origin
from analysis.checking.halves import together
from analysis.checking.keeping import as_kept
from analysis.checking.leaks import leak
from analysis.checking.other_process import OtherProcess
from analysis.checking.signature import arguments_of
from analysis.checking.stage_values import check_value
from analysis.checking.stand_ins import is_fit_of_few, scores_of
from analysis.checking.step_checks import Finding, Row, check_filled, check_step
from analysis.errors import ErumflowError
from analysis.events.columns import values
from analysis.events.identity import identify
from analysis.events.joining import of_events
from analysis.formats.format import format_named
from analysis.plotting.style import FigureLabel, figure_style
from analysis.shifting import shifts_of_origin
from analysis.stages import Figures, Inputs, Stage
from analysis.step import Step
from analysis.study import Dataset, Study
from analysis.wiring import covered, in_order, wiring

__all__ = ["StudyChecks"]


class StudyChecks:
    """The checks of a study.

    Args:
        study: to check.
        campaign: name of the campaign.
        events: number of events of each data set.
        read: ``f(dataset, events)``: reads the first events of a data set that has files.
        made: values of stages that are there already, by stage.
        more: further arguments of stages' functions, by stage and name.
    """

    def __init__(
        self,
        study: Study,
        campaign: str,
        events: int,
        read: Callable[[Dataset, int], Any],
        made: Mapping[str, Any],
        more: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.study, self.campaign, self.events, self.read, self.more = study, campaign, events, read, more
        # of stages per chunk and data set by data set
        self.values: dict[str, Any] = dict(made)
        self.raw, self.truth = dict[str, Any](), dict[str, Any]()
        # of stages, why nothing was made of all their data sets
        self.why: dict[str, str] = {}
        self.steps = 0
        self._other: OtherProcess | None = None

    def rows(self) -> Iterator[Row]:
        """Check step after step, in the order of the graph."""
        with OtherProcess() as self._other:
            for dataset in self.study.datasets:
                yield from self._origin(dataset)
            for stage in in_order(self.study):
                for row in self._stage(stage):
                    if row.skipped or row.findings:
                        self.why[stage.name] = "which was not checked" if row.skipped else "which has a fault"
                    yield row

    def _origin(self, dataset: Dataset) -> Iterator[Row]:
        """Raw events of a data set: read, or generated and simulated under guard."""
        if dataset.files:
            self.raw[dataset.name] = self.read(dataset, min(self.events, dataset.events))
            return
        identity = identify(dataset.name, 0, min(self.events, dataset.events))
        for name, step, argument, kept in (
            ("generate", dataset.generate, identity, self.truth),
            ("simulate", dataset.simulate, None, self.raw),
        ):
            if step is None or (argument is None and dataset.name not in self.truth):
                continue
            of = self.truth[dataset.name] if argument is None else argument
            arguments = {arguments_of(step).names[0]: of, "settings": step.settings}
            check, combine = partial(check_origin, name, given=of), format_named("events").combine
            yield self._checked(name, step, arguments, dataset.name, kept, check, combine)
            for way in shifts_of_origin(self.study, dataset, name):
                step = getattr(self.study.shifted(way).dataset(dataset.name), name)
                arguments["settings"] = step.settings
                yield self._checked(f"{name} under {way}", step, arguments, dataset.name, {}, check)

    def _stage(self, stage: Stage) -> Iterator[Row]:
        if stage.name in self.values:
            return
        missing = [name for name in wiring(self.study, stage).stages.values() if not self.values.get(name)]
        if isinstance(stage, Scores) and missing == [stage.training]:
            yield Row(stage.name, "", skipped=f"{stage.training!r} is not there: made-up numbers stand in for scores")
            yield from self._of_datasets(stage)
        elif isinstance(stage, Training) or (stage.step is None and not isinstance(stage, Scores | Histograms)):
            yield Row(stage.name, "", skipped="it is no step; what needs it is checked once it is there")
        elif is_fit_of_few(self.study, stage):
            yield Row(stage.name, "", skipped="this project's own fit, and of a few events a fit says nothing")
        elif missing:
            why = self.why.get(missing[0], "which is not there")
            yield Row(stage.name, "", skipped=f"it takes {missing[0]!r}, {why}")
        elif stage.per in ("chunk", "dataset"):
            yield from self._of_datasets(stage)
        elif isinstance(stage, Histograms):
            yield from self._histograms(stage)
        else:
            yield self._whole(stage)

    def _of_datasets(self, stage: Stage) -> Iterator[Row]:
        found = self.values.setdefault(stage.name, {})
        for dataset in self.study.datasets:
            if dataset.name not in covered(self.study, stage.name) & self._there(stage):
                continue
            taken = wiring(self.study, stage).stages
            if isinstance(stage, Scores):
                inputs, training = self.values[taken["inputs"]][dataset.name], self.study.stage(stage.training)
                found[dataset.name] = scores_of(self.values.get(stage.training), training, inputs)
                continue
            given = {argument: self._value(name, dataset.name) for argument, name in taken.items()}
            like = next((given[a] for a, name in taken.items() if self.study.stage(name).format == "events"), None)
            given |= {**self._given(stage, dataset, like), **self.more.get(stage.name, {})}
            yield self._step(stage, given, dataset.name, found, given.get("raw") if like is None else like)
            yield from self._shifted(stage, given, dataset, like)
        if isinstance(stage, Inputs):
            yield from leak(stage.name, found, self.study.simulated)

    def _there(self, stage: Stage) -> set[str]:
        """Data sets whose inputs of a stage are there."""
        there = set(self.raw)
        for name in wiring(self.study, stage).stages.values():
            if self.study.stage(name).per in ("chunk", "dataset"):
                there &= set(self.values[name])
        return there

    def _shifted(self, stage: Stage, given: dict[str, Any], dataset: Dataset, like: Any) -> Iterator[Row]:
        first = next((d.name for d in self.study.simulated if d.name in covered(self.study, stage.name)), "")
        for shift in self.study.shifts:
            if shift.of == stage.name and dataset.name == first:
                for name in shift.names:
                    step = self.study.shifted(name).stage(stage.name).step
                    varied = {**given, "settings": step.settings}
                    check = partial(check_value, stage, like=given.get("raw") if like is None else like)
                    yield self._checked(f"{stage.name} under {name}", step, varied, dataset.name, {}, check)

    def _histograms(self, stage: Histograms) -> Iterator[Row]:
        from analysis.histograms.stage import check, fill_stage, merge_stage, weights_given, with_all_scores

        processes, filled = stage.processes or self.study.processes, {}
        wanted = self.study.dataset_names(stage.datasets, self.campaign)
        for name in wanted:
            if name not in self._there(stage):
                continue
            dataset, events = self.study.dataset(name), self.values[stage.events][name]
            own, per_fb = dataset.without_normalisation().without_origin(), dataset.weight_per_fb
            scores = [self.values[one][name] for one in stage.scores]
            taken = {one: self.values[one] for one in wiring(self.study, stage).stages.values()}
            if isinstance(stage.weights, Step):
                scored = with_all_scores(events, scores, stage)
                given = weights_given(stage.weights, scored, own, per_fb, taken)
                checked = partial(check, stage=stage, dataset=own, events=len(events))
                yield (
                    row := self._checked(f"{stage.name}, weights", stage.weights, given, name, {}, checked, together)
                )
                if row.findings:
                    continue
            begin, findings = time.perf_counter(), []
            try:
                filled[name] = fill_stage(events, scores, stage, processes, own, per_fb, "", where=name, taken=taken)
            except ErumflowError as error:
                problem = error.problem.removeprefix(f"the stage {stage.name!r} failed: ").removesuffix(f" for {name}")
                findings = [Finding(stage.name, "", name, "value", problem, "", 0, error.cure)]
            yield Row(stage.name, name, time.perf_counter() - begin, findings)
        simulated = [one.name for one in self.study.datasets if one.kind == "simulated" and one.name in filled]
        # without them, what follows would fail for their sake
        if lacking := self._lacking(stage.name, wanted, filled):
            self.why[stage.name] = f"which could not be filled of {lacking}"
        elif filled:
            shifts = [name for shift in self.study.shifts for name in shift.names]
            luminosity = self.study.campaign(self.campaign).luminosity if self.campaign else 1.0
            self.values[stage.name] = merge_stage(filled, simulated, shifts, luminosity)
            yield from check_filled(stage.name, self.values[stage.name])

    def _whole(self, stage: Stage) -> Row:
        """A stage of all data sets: with the first events only, it may fail for having too few."""
        if stage.shifts:
            return Row(stage.name, "", skipped="it takes events under shifts; their steps are checked by themselves")
        wanted = self.study.dataset_names(stage.datasets, self.campaign) if self.study.datasets else ()
        given = {}
        for argument, name in wiring(self.study, stage).stages.items():
            value = self.values[name]
            if self.study.stage(name).per in ("chunk", "dataset"):
                if lacking := self._lacking(name, wanted, value):
                    return Row(stage.name, "", skipped=f"it takes {name!r}, which has a fault for {lacking}")
                value = {one: value[one] for one in wanted if one in value}
            given[argument] = value
        given |= self._given(stage, None, None, wanted, given)
        found: dict[str, Any] = {}
        row = self._step(stage, given, "", found, None)
        if found and stage.per == "fold":
            assert stage.step is not None
            others = [{**given, "fold": number} for number in range(1, stage.folds)]
            found[""] = [found[""], *(call(stage.step, one, stage=stage.name) for one in others)]
        if found:
            self.values[stage.name] = found[""]
        few = next((one.problem for one in row.findings if one.check == "enough"), "")
        return Row(stage.name, "", skipped=f"too little to go by? {few}") if few else row

    def _lacking(self, stage: str, wanted: Sequence[str], found: Mapping[str, Any]) -> str:
        """Data sets of which a stage should be there, and is not."""
        return ", ".join(one for one in wanted if one in covered(self.study, stage) and one not in found)

    def _given(
        self, stage: Stage, dataset: Dataset | None, like: Any, wanted: Sequence[str] = (), stages: Any = None
    ) -> dict[str, Any]:
        """Collect the arguments of a function that are no stages."""
        study, campaign = self.study, self.campaign
        luminosity = study.campaign(campaign).luminosity if campaign else None
        events = next((one for one in (stages or {}).values() if isinstance(one, dict)), {})
        known: dict[str, Callable[[], Any]] = {
            "data": lambda: stage.fitted if isinstance(stage, Fit) else looked_at(study.stages),
            "dataset": lambda: dataset.without_normalisation().without_origin() if dataset else None,
            "fold": lambda: 0,
            "label": lambda: FigureLabel(study.experiment, energy=study.energy),
            "luminosity": lambda: luminosity,
            "raw": lambda: self.raw[dataset.name] if dataset else {n: self.raw[n] for n in wanted if n in self.raw},
            "settings": lambda: stage.step.settings if stage.step else None,
            "titles": lambda: {process.name: process.title for process in study.processes},
            "truth": lambda: (
                (None if dataset.hidden and stage.format == "inputs" else self._truth(dataset.name, like))
                if dataset
                else {name: self._truth(name, events.get(name)) for name in wanted if name in self.truth}
            ),
            "weight_per_fb": lambda: dataset.weight_per_fb if dataset else None,
        }
        return {name: known[name]() for name in wiring(study, stage).reserved}

    def _truth(self, name: str, events: Any) -> Any:
        truth = self.truth.get(name)
        return truth if truth is None or events is None else of_events(truth, values(events, "identity"))

    def _value(self, name: str, dataset: str) -> Any:
        value = self.values[name]
        return value[dataset] if self.study.stage(name).per in ("chunk", "dataset") else value

    def _step(self, stage: Stage, given: dict[str, Any], dataset: str, found: dict[str, Any], like: Any) -> Row:
        assert stage.step is not None
        combine = format_named(stage.format).combine if stage.per == "chunk" else None
        check = partial(check_value, stage, like=like)
        # figures are not of the same bytes, fits and comparisons take long
        again = not isinstance(stage, Figures | Fit | Validation)
        # networks cannot be passed on
        taken = map(self.study.stage, wiring(self.study, stage).stages.values())
        alone = any(isinstance(one, Training) for one in taken)
        row = self._checked(stage.name, stage.step, given, dataset, found, check, combine, again, alone)
        if dataset in found:
            found[dataset] = as_kept(stage, found[dataset])
        return row

    def _checked(
        self,
        name: str,
        step: Step,
        given: dict[str, Any],
        dataset: str,
        found: dict[str, Any],
        check: Callable[[Any], Any],
        combine: Callable[[Sequence[Any]], Any] | None = None,
        again: bool = True,
        alone: bool = False,
    ) -> Row:
        """A step under guard; what it returns is kept if nothing is wrong with it."""
        begin = time.perf_counter()
        self.steps += 1
        other, value = self._other if again and not alone else None, []

        def keep(one: Any) -> None:
            check(one)
            # what is read from a file has no behaviors of its own
            value.append(ak.Array(one.layout) if isinstance(one, ak.Array) else one)

        with figure_style():
            findings = check_step(
                step, given, stage=name, dataset=dataset, check=keep, combine=combine, other=other, again=again
            )
        if value and not any(one.check == "inputs" for one in findings):
            found[dataset] = value[0]
        return Row(name, dataset, time.perf_counter() - begin, [replace(one, dataset=dataset) for one in findings])
