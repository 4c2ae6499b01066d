"""Reconstruction: from calibrated events to the quantities that an analysis is about."""

from __future__ import annotations

from typing import Any

from tasks.calibration import CalibrateEvents
from tasks.framework.record_task import Need, recorded
from tasks.framework.record_workflow import ChunkWorkflow

__all__ = ["ReconstructEvents"]


class ReconstructEvents(ChunkWorkflow):
    """Four-vectors, pair and jet quantities, regions, processes and weights of calibrated events."""

    payload = ("parquet",)

    def ingredients(self, series: str) -> dict[str, Any]:
        study = self.definition
        return {"reconstruct": study.reconstruct, "dataset": study.dataset(series)}

    def needs(self, series: str) -> dict[str, Need]:
        return {"events": Need(CalibrateEvents.req(self), series, aligned=True)}

    @recorded
    def run(self, draft):
        from analysis.events.parquet import read_events, write_events

        step = self.definition.reconstruct
        events = read_events(self.input_path("events", "parquet"))
        write_events(step.load()(events, self.dataset, step.settings), draft.path("parquet"))
