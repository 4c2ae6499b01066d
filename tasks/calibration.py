"""Calibration: derived from data, then applied to all events."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from analysis.study import Dataset
from tasks.data import raw_events, raw_need
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.shifted_workflow import ShiftedWorkflow

__all__ = ["CalibrateEvents", "CorrectionTask", "DeriveCalibration", "events_only", "save_calibration"]


class CorrectionTask(RecordTask):
    """What tasks that derive corrections have in common: their payload and what they say of it."""

    exclude_index = True

    payload = ("corrections.json", "measurements.json", "curves.safetensors")

    @abstractmethod
    def source(self) -> tuple[str, ...]:
        """Names of the data sets that the corrections are derived from."""

    def record_name(self) -> str:
        return "corrections"

    def summary(self):
        yield self.describe_datasets(self.source())
        measurements = json.loads(self.own_record.path("measurements.json").read_text())
        yield from measurements.get("headline", {}).items()
        yield from super().summary()


def save_calibration(calibration: Any, draft: Any) -> None:
    """Write the payload of a :class:`CorrectionTask`."""
    from safetensors.numpy import save_file

    calibration.save_corrections(draft.path("corrections.json"))
    calibration.save_measurements(draft.path("measurements.json"))
    save_file(dict(calibration.curves), draft.path("curves.safetensors"))


class DeriveCalibration(CorrectionTask):
    """Derive the corrections of a study from its calibration data, as a correctionlib file."""

    def source(self) -> tuple[str, ...]:
        return self.definition.calibration_datasets

    def ingredients(self, series: str) -> dict[str, Any]:
        study = self.definition
        datasets = [events_only(study.dataset(name)) for name in study.calibration_datasets]
        return {"derive": study.derive_calibration, "datasets": datasets}

    def needs(self, series: str) -> dict[str, Need]:
        names = self.definition.calibration_datasets
        return {name: raw_need(self, name, datasets=("calibration",)) for name in names}

    @recorded
    def run(self, draft):
        step = self.definition.derive_calibration
        events = {}
        for name in self.definition.calibration_datasets:
            dataset = self.definition.dataset(name)
            events[name] = raw_events(self, name, dataset, 0, dataset.events)
        save_calibration(step.load()(events, step.settings), draft)


class CalibrateEvents(ShiftedWorkflow):
    """Read raw events and apply the corrections."""

    payload = ("parquet",)

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"calibrate": self.study_of(series).calibrate, "dataset": events_only(self.dataset_of(series))}

    def needs(self, series: str) -> dict[str, Need]:
        return {
            "events": raw_need(self, self.dataset_of(series).name, aligned=True),
            "corrections": Need(DeriveCalibration.req(self)),
        }

    @recorded
    def run(self, draft):
        from analysis.calibration import load_corrections
        from analysis.events.parquet import write_events

        step = self.study_of(self.own_series).calibrate
        dataset = events_only(self.dataset)
        events = raw_events(self, "events", self.dataset, *self.chunk)
        corrections = load_corrections(self.input_path("corrections", "corrections.json"))
        write_events(step.load()(events, corrections, dataset, step.settings), draft.path("parquet"))


def events_only(dataset: Dataset) -> Dataset:
    """What steps before the reconstruction may depend on: neither the events' origin nor how many are expected."""
    return dataset.without_normalisation().without_origin()
