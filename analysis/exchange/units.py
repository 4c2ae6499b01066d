"""Units of the fields of a study's events."""

from __future__ import annotations

from analysis.chapters import Histograms
from analysis.study import Study

__all__ = ["units_of"]


def units_of(study: Study) -> dict[str, str]:
    """Units by field, of those that the study fills histograms with; of others nobody knows them.

    Args:
        study: with its variables.
    """
    variables = (one for stage in study.stages_of(Histograms) for one in stage.variables)
    return {one.field or one.name: one.unit for one in variables}
