"""Calibration: derived from data, then applied to all events."""

from __future__ import annotations

import json
from typing import Any

from tasks.data import FetchData
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.framework.record_workflow import ChunkWorkflow

__all__ = ["CalibrateEvents", "DeriveCalibration"]


class DeriveCalibration(RecordTask):
    """Derive the corrections of a study from its calibration data, as a correctionlib file."""

    payload = ("corrections.json", "measurements.json", "curves.safetensors")

    def record_name(self) -> str:
        return "corrections"

    def ingredients(self, series: str) -> dict[str, Any]:
        study = self.definition
        datasets = [study.dataset(name).without_normalisation() for name in study.calibration_datasets]
        return {"derive": study.derive_calibration, "datasets": datasets}

    def needs(self, series: str) -> dict[str, Need]:
        names = self.definition.calibration_datasets
        fetch = FetchData.req(self, datasets=("calibration",))
        return {name: Need(fetch, name) for name in names}

    @recorded
    def run(self, draft):
        from safetensors.numpy import save_file

        from analysis.events.root import read_chunk

        step = self.definition.derive_calibration
        events = {}
        for name in self.definition.calibration_datasets:
            dataset = self.definition.dataset(name).without_normalisation()
            events[name] = read_chunk(self.input_paths(name, "root"), dataset, 0, dataset.events)
        calibration = step.load()(events, step.settings)
        calibration.save_corrections(draft.path("corrections.json"))
        calibration.save_measurements(draft.path("measurements.json"))
        save_file(dict(calibration.curves), draft.path("curves.safetensors"))

    def summary(self):
        measurements = json.loads(self.own_record.path("measurements.json").read_text())
        yield from measurements.get("headline", {}).items()
        yield from super().summary()


class CalibrateEvents(ChunkWorkflow):
    """Read raw events and apply the corrections to the measured ones."""

    payload = ("parquet",)

    def ingredients(self, series: str) -> dict[str, Any]:
        study = self.definition
        return {"calibrate": study.calibrate, "dataset": study.dataset(series).without_normalisation()}

    def needs(self, series: str) -> dict[str, Need]:
        return {
            "events": Need(FetchData.req(self), series),
            "corrections": Need(DeriveCalibration.req(self)),
        }

    @recorded
    def run(self, draft):
        from analysis.calibration import load_corrections
        from analysis.events.parquet import write_events
        from analysis.events.root import read_chunk

        step = self.definition.calibrate
        dataset = self.dataset.without_normalisation()
        events = read_chunk(self.input_paths("events", "root"), dataset, *self.chunk)
        corrections = load_corrections(self.input_path("corrections", "corrections.json"))
        write_events(step.load()(events, corrections, dataset, step.settings), draft.path("parquet"))
