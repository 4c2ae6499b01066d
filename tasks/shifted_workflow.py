"""Workflows over data sets and systematic shifts."""

from __future__ import annotations

from typing import Any

import law

from analysis.shifting import touches
from analysis.study import Dataset, Study
from analysis.wiring import made_with
from tasks.framework.record_workflow import DatasetWorkflow
from tasks.framework.settings import study_named

__all__ = ["ShiftedWorkflow"]

_NOMINAL = "nominal"
_ALL = "all"
_SEPARATOR = "."


class ShiftedWorkflow(DatasetWorkflow):
    """A workflow whose events systematic shifts may change.

    A series is named ``DATASET`` or ``DATASET.SHIFT``. Where a shift leaves a data set as it is, the nominal series
    serves: there are no two records of the same events.
    """

    exclude_index = True

    #: name of the stage that is made
    stage: str

    shift = law.CSVParameter(
        default=(_NOMINAL,),
        description="name of a systematic shift of the study, or 'nominal', or 'all' for the nominal events and all "
        "shifts that change events; data sets that a shift does not touch keep their nominal records; "
        "default: nominal",
    )

    selecting_parameters = DatasetWorkflow.selecting_parameters | {"shift"}

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check the names of shifts.

        Raises:
            StudyError: a name is unknown; the message lists the known ones.
        """
        params = super().modify_param_values(params)
        _resolve(study_named(params["study"]), params["shift"])
        return params

    def series_names(self) -> tuple[str, ...]:
        names = super().series_names()
        shifts = _resolve(self.definition, self.shift)
        return tuple(dict.fromkeys(self.series_of(name, shift) for shift in shifts for name in names))

    def series_of(self, dataset: str, shift: str) -> str:
        """The series of a data set's events under a shift: the nominal one where the shift does not change them."""
        return f"{dataset}{_SEPARATOR}{shift}" if shift and self._is_touched(dataset, shift) else dataset

    def _is_touched(self, dataset: str, shift: str) -> bool:
        return touches(self.definition, self.definition.shift(shift), dataset, self._made_with())

    def _made_with(self) -> set[str]:
        """Names of stages, and of steps of data sets, whose shifts change what is made."""
        return made_with(self.definition, self.stage)

    def dataset_of(self, series: str) -> Dataset:
        return self.definition.dataset(series.partition(_SEPARATOR)[0])

    def shift_of(self, series: str) -> str:
        """The shift of a series; empty for nominal events."""
        return series.partition(_SEPARATOR)[2]


def _resolve(study: Study, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of shifts; an empty one for nominal events."""
    resolved: list[str] = []
    for name in names:
        if name == _ALL:
            resolved += ["", *(one for shift in study.shifts for one in shift.names)]
        else:
            resolved.append("" if name == _NOMINAL else name)
            if resolved[-1]:
                study.shift(name)
    return tuple(dict.fromkeys(resolved))
