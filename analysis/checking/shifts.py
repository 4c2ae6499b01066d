"""Check the shifts of a study: each one has to change something, when it is made and in the graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from analysis.chapters import Fit, Histograms, Workspaces
from analysis.checking.names import check_known
from analysis.errors import StudyError
from analysis.stages import Figures

if TYPE_CHECKING:
    from analysis.measurement import Shift
    from analysis.study import Study

__all__ = ["check_shift", "check_shifts_arrive"]


def check_shift(study: Study, shift: Shift) -> None:
    """A shift changes settings that there are, in two directions, of simulated events.

    Raises:
        StudyError: it names what does not exist, changes nothing, or is about measured events.
    """
    where = f"the shift {shift.source!r}"
    stages = {stage.name: stage for stage in study.stages}
    check_known((shift.of,), stages, where, "stage")
    check_known(shift.datasets, (dataset.name for dataset in study.datasets), where, "data set")
    if measured := [name for name in shift.datasets if study.dataset(name).kind == "measured"]:
        raise StudyError(
            f"{where} names the measured data set {measured[0]!r}, whose events are never shifted",
            cure="name simulated data sets; all of them if you leave datasets out",
        )
    if not shift.up and not shift.down:
        raise StudyError(f"{where} changes nothing", cure="say up={...} and down={...}")
    if set(shift.up) != set(shift.down):
        up, down = (", ".join(way) or "nothing" for way in (shift.up, shift.down))
        raise StudyError(
            f"{where} changes {up} upwards, {down} downwards", cure="change the same settings in both directions"
        )
    settings = getattr(stages[shift.of].step, "settings", None)
    fields = [one.name for one in dataclasses.fields(settings)] if dataclasses.is_dataclass(settings) else []
    check_known(shift.up, fields, where, f"setting of {shift.of!r}")
    if dict(shift.up) == dict(shift.down):
        values = ", ".join(f"{name}={value!r}" for name, value in shift.up.items())
        raise StudyError(
            f"{where} is the same in both directions: {values}",
            cure="give other values upwards than downwards; the nominal ones for a direction that changes nothing",
        )
    if study.stages_of(Histograms) and isinstance(stages[shift.of], Fit | Workspaces | Histograms | Figures):
        raise _lost(study, shift)


def check_shifts_arrive(study: Study, upstream: Callable[[Study, str], set[str]]) -> None:
    """Every shift changes events that histograms are filled with, if there are any.

    Args:
        study: whose graph is known.
        upstream: tells the names of all stages that one is made of.

    Raises:
        StudyError: no histogram depends on a stage that is shifted, so that nobody would ever see it.
    """
    filled = study.stages_of(Histograms)
    for shift in study.shifts if filled else ():
        if not any(shift.of in upstream(study, stage.name) for stage in filled):
            raise _lost(study, shift)


def _lost(study: Study, shift: Shift) -> StudyError:
    names = ", ".join(repr(stage.name) for stage in study.stages_of(Histograms))
    return StudyError(
        f"the shift {shift.source!r} changes settings of the stage {shift.of!r}, which no histogram is made of: it "
        "would change nothing",
        cure=f"name a stage that the events of the histograms ({names}) are made by; uncertainties of weights belong "
        "to their weights",
    )
