"""Workflows over events that a study makes itself, under systematic shifts of that making."""

from __future__ import annotations

from typing import ClassVar

from analysis.study import Dataset
from tasks.chunk_workflow import ChunkWorkflow
from tasks.framework.settings import shifted_study
from tasks.shifted_workflow import ShiftedWorkflow

__all__ = ["OriginWorkflow"]


class OriginWorkflow(ShiftedWorkflow, ChunkWorkflow):
    """Makes events by a step of data sets, whose settings shifts may change."""

    exclude_index = True
    payload = ("parquet",)
    selecting_parameters = ShiftedWorkflow.selecting_parameters | ChunkWorkflow.selecting_parameters

    #: names of the steps of data sets that decide what is made
    steps: ClassVar[tuple[str, ...]] = ()

    def _made_with(self) -> set[str]:
        return set(self.steps)

    def varied(self, series: str) -> Dataset:
        """The data set of a series, with the settings that its shift changes."""
        study = shifted_study(self.study, self.statistics, self.set, self.shift_of(series))
        return study.dataset(self.dataset_of(series).name)
