"""Histograms: of every data set under every shift, chunk by chunk, and all of them together."""

from __future__ import annotations

import json
from typing import Any

from analysis.errors import StudyError
from analysis.study import Study
from tasks.evaluation import ScoreEvents
from tasks.framework.record_task import Need, recorded
from tasks.framework.shifted_workflow import ShiftedWorkflow
from tasks.reconstruction import ReconstructEvents
from tasks.training import ModelTask, TrainModel

__all__ = ["FillHistograms", "MergeHistograms"]

_PAYLOAD = "histograms.zip"


class FillHistograms(ModelTask, ShiftedWorkflow):
    """Fill histograms of the study's variables by process, region and shift; shifts of weights all at once."""

    payload = ("zip",)

    selecting_parameters = ModelTask.selecting_parameters | ShiftedWorkflow.selecting_parameters

    def ingredients(self, series: str) -> dict[str, Any]:
        study = self.definition
        return {
            "weigh": _weigh(study),
            "variables": study.variables,
            "regions": study.regions,
            "processes": study.processes,
            "dataset": self.dataset_of(series).without_origin(),
            "shift": self.shift_of(series),
        }

    def needs(self, series: str) -> dict[str, Need]:
        return {
            "events": Need(ReconstructEvents.req(self), series, aligned=True),
            "scores": Need(ScoreEvents.req(self), series, aligned=True),
            "networks": Need(TrainModel.req(self)),
        }

    @recorded
    def run(self, draft):
        from safetensors.numpy import load_file

        from analysis.events.parquet import read_events
        from analysis.histograms.filling import fill
        from analysis.histograms.processes import process_labels
        from analysis.histograms.scores import with_scores

        study, step = self.definition, _weigh(self.definition)
        dataset = self.dataset.without_origin()
        names = json.loads(self.input_path("networks", "network.json").read_text())["predictions"]
        scores = load_file(self.input_path("scores", "safetensors"))
        events = read_events(self.input_path("events", "parquet"))
        events = with_scores(events, scores["identity"], scores["predictions"], names)
        weights = step.load()(events, dataset, step.settings)
        shift = self.shift_of(self.own_series)
        if shift:
            weights = {shift: weights["nominal"]}
        filled = fill(events, weights, process_labels(events, dataset, study.processes), study.variables, study.regions)
        filled.save(draft.path("zip"))


class MergeHistograms(ModelTask):
    """Add the histograms of all data sets and chunks up; simulated events for the luminosity of the campaign."""

    payload = (_PAYLOAD,)

    def record_name(self) -> str:
        return self.campaign or "default"

    def ingredients(self, series: str) -> dict[str, Any]:
        _weigh(self.definition)
        # the campaign itself: a study without one has nothing to scale to, and is told so
        return {"luminosity": self.definition.campaign(self.campaign).luminosity}

    def needs(self, series: str) -> dict[str, Need]:
        filled = FillHistograms.req(self, datasets=("simulated", "measured"), shift=("all",))
        return {name: Need(filled, name) for name in filled.series_names()}

    @recorded
    def run(self, draft):
        from analysis.histograms.histograms import Histograms, merge
        from analysis.histograms.processes import DATA, as_shift

        filled = {
            series: merge([Histograms.load(path) for path in self.input_paths(series, "zip")])
            for series in self.needs(self.own_series)
        }
        parts = list(filled.values())
        # what a shift does not touch is the same under it
        for shift in (shift for shift in self.definition.shifts if shift.kinematic):
            untouched = {dataset.name for dataset in self.definition.simulated} - set(shift.datasets)
            parts += [as_shift(filled[name], shift.name) for name in sorted(untouched)]
        merged = merge(parts)
        luminosity = self.ingredients(self.own_series)["luminosity"]
        factors = {name: luminosity for name in merged.processes if name != DATA}
        merged.scaled(factors).save(draft.path(_PAYLOAD))


def _weigh(study: Study) -> Any:
    if study.weigh is None or not study.variables:
        raise StudyError(f"the study {study.name!r} declares no variables and weights to fill histograms with")
    return study.weigh
