"""Which results a reader wants first, and which are for those who check them."""

from __future__ import annotations

from analysis.chapters import Fit
from analysis.study import Study
from analysis.wiring import wiring

__all__ = ["technical_stages"]


def technical_stages(study: Study) -> set[str]:
    """Name the stages whose numbers a page shows behind the others: all but fits and what is made of them.

    Calibrations, trainings and their checks are there for the fit. Where a study fits nothing, no stage is technical.

    Args:
        study: whose stages hold results.
    """
    fitted = {stage.name for stage in study.stages_of(Fit)}
    if not fitted:
        return set()
    # stages take earlier and later ones: until nothing is added
    known = 0
    while known < len(fitted):
        known = len(fitted)
        fitted |= {stage.name for stage in study.stages if fitted & set(wiring(study, stage).stages.values())}
    return {stage.name for stage in study.holding("results")} - fitted
