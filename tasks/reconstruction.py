"""Reconstruction: from calibrated events to the quantities that an analysis is about."""

from __future__ import annotations

import json
from typing import Any

from analysis.errors import StudyError
from analysis.study import Step
from tasks.calibration import CalibrateEvents, CorrectionTask, events_only, save_calibration
from tasks.data import GenerateEvents
from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.shifted_workflow import ShiftedWorkflow

__all__ = ["DeriveScale", "EvaluateReconstruction", "FitEvents", "ReconstructEvents"]


class FitEvents(ShiftedWorkflow):
    """Fit calibrated events, as far as that goes before the scale is known."""

    payload = ("parquet",)

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"fit": _step(self, "fit"), "dataset": events_only(self.dataset_of(series))}

    def needs(self, series: str) -> dict[str, Need]:
        return {"events": Need(CalibrateEvents.req(self), series, aligned=True)}

    @recorded
    def run(self, draft):
        from analysis.events.parquet import read_events, write_events

        cache_compilations()
        step = _step(self, "fit")
        events = read_events(self.input_path("events", "parquet"))
        write_events(step.load()(events, events_only(self.dataset), step.settings), draft.path("parquet"))


class DeriveScale(CorrectionTask):
    """Derive from fitted events what calibration data cannot tell, as a correctionlib file."""

    def source(self) -> tuple[str, ...]:
        return self.definition.scale_datasets

    def record_name(self) -> str:
        return "scale"

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"derive": _step(self, "derive_scale")}

    def needs(self, series: str) -> dict[str, Need]:
        events = CalibrateEvents.req(self, datasets=("scale",))
        fits = FitEvents.req(self, datasets=("scale",))
        names = self.definition.scale_datasets
        return {
            **{f"events {name}": Need(events, name) for name in names},
            **{f"fits {name}": Need(fits, name) for name in names},
        }

    @recorded
    def run(self, draft):
        import awkward as ak

        from analysis.events.joining import joined
        from analysis.events.parquet import read_flat

        step = _step(self, "derive_scale")
        events = {}
        for name in self.definition.scale_datasets:
            pairs = zip(
                self.input_paths(f"events {name}", "parquet"), self.input_paths(f"fits {name}", "parquet"), strict=True
            )
            events[name] = ak.concatenate([joined(read_flat(event), read_flat(fit)) for event, fit in pairs])
        save_calibration(step.load()(events, step.settings), draft)


class ReconstructEvents(ShiftedWorkflow):
    """Compute the quantities that an analysis is about: of pairs and jets, or of air showers."""

    payload = ("parquet",)

    def ingredients(self, series: str) -> dict[str, Any]:
        dataset = self.dataset_of(series).without_origin()
        return {"reconstruct": self.study_of(series).reconstruct, "dataset": dataset}

    def needs(self, series: str) -> dict[str, Need]:
        study = self.definition
        needs = {"events": Need(CalibrateEvents.req(self), series, aligned=True)}
        if study.fit:
            needs["fits"] = Need(FitEvents.req(self), series, aligned=True)
        if study.derive_scale:
            needs["scale"] = Need(DeriveScale.req(self))
        return needs

    @recorded
    def run(self, draft):
        from analysis.calibration import load_corrections
        from analysis.events.joining import joined
        from analysis.events.parquet import read_events, write_events

        step = self.study_of(self.own_series).reconstruct
        events = read_events(self.input_path("events", "parquet"))
        scale = None
        if self.definition.fit:
            events = joined(events, read_events(self.input_path("fits", "parquet")))
        if self.definition.derive_scale:
            scale = load_corrections(self.input_path("scale", "corrections.json"))
        write_events(step.load()(events, scale, self.dataset.without_origin(), step.settings), draft.path("parquet"))


class EvaluateReconstruction(RecordTask):
    """Compare reconstructed events with the truth: resolutions and biases."""

    payload = ("resolution.json",)

    def record_name(self) -> str:
        return "resolution"

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"evaluate": _step(self, "evaluate_reconstruction")}

    def needs(self, series: str) -> dict[str, Need]:
        events = ReconstructEvents.req(self, datasets=("simulated", "scale"))
        truth = GenerateEvents.req(self, datasets=("simulated", "scale"))
        names = self._generated()
        return {
            **{f"events {name}": Need(events, name) for name in names},
            **{f"truth {name}": Need(truth, name) for name in names},
        }

    @recorded
    def run(self, draft):
        import awkward as ak

        from analysis.events.columns import values
        from analysis.events.joining import joined, of_events
        from analysis.events.parquet import read_flat

        step = _step(self, "evaluate_reconstruction")
        events = {}
        for name in self._generated():
            parts = []
            for event, truth in zip(
                self.input_paths(f"events {name}", "parquet"), self.input_paths(f"truth {name}", "parquet"), strict=True
            ):
                part = read_flat(event)
                parts.append(joined(part, of_events(read_flat(truth), values(part, "identity")), "true_"))
            events[name] = ak.concatenate(parts)
        result = step.load()(events, step.settings)
        draft.path("resolution.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")

    def summary(self):
        yield self.describe_datasets(self._generated())
        yield from json.loads(self.own_record.path("resolution.json").read_text()).get("headline", {}).items()
        yield from super().summary()

    def _generated(self) -> tuple[str, ...]:
        study = self.definition
        names = (*(dataset.name for dataset in study.simulated), *study.scale_datasets)
        return tuple(name for name in names if study.dataset(name).generate)


def _step(task: RecordTask, name: str) -> Step:
    step: Step | None = getattr(task.definition, name)
    if step is None:
        raise StudyError(
            f"the study {task.study!r} has no step {name!r}, so {task.get_task_family()} has nothing to do"
        )
    return step
