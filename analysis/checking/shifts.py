"""Check the shifts of a study: each one has to change something, when it is made and in the graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from analysis.chapters import Fit, Histograms, Workspaces
from analysis.checking.names import check_known
from analysis.errors import StudyError
from analysis.measurement import ORIGIN
from analysis.shifting import changes_origin, is_of_origin
from analysis.stages import Figures

if TYPE_CHECKING:
    from analysis.measurement import Shift
    from analysis.step import Step
    from analysis.study import Study

__all__ = ["check_shift", "check_shifts_arrive"]


def check_shift(study: Study, shift: Shift) -> None:
    """A shift changes settings that there are, in two directions, of simulated events.

    Raises:
        StudyError: it names what does not exist, changes nothing, or is about measured events.
    """
    where = f"the shift {shift.source!r}"
    stages = {stage.name: stage for stage in study.stages}
    origin = is_of_origin(study, shift)
    check_known((shift.of,), (*stages, *ORIGIN), where, "stage")
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
    for owner, step in _changed_steps(study, shift):
        settings = getattr(step, "settings", None)
        fields = [one.name for one in dataclasses.fields(settings)] if dataclasses.is_dataclass(settings) else []
        check_known(shift.up, fields, where, f"setting of {owner}")
    if dict(shift.up) == dict(shift.down):
        values = ", ".join(f"{name}={value!r}" for name, value in shift.up.items())
        raise StudyError(
            f"{where} is the same in both directions: {values}",
            cure="give other values upwards than downwards; the nominal ones for a direction that changes nothing",
        )
    if (
        study.stages_of(Histograms)
        and not origin
        and isinstance(stages[shift.of], Fit | Workspaces | Histograms | Figures)
    ):
        raise _lost(study, shift)


def _changed_steps(study: Study, shift: Shift) -> Iterator[tuple[str, Step | None]]:
    """Name the stage or data set whose settings a shift changes, in words, with its step.

    Raises:
        StudyError: it is of a simulation, and no data set that it names has one.
    """
    if not is_of_origin(study, shift):
        yield repr(shift.of), study.stage(shift.of).step
        return
    changed = [dataset for dataset in study.datasets if changes_origin(shift, dataset)]
    without = [name for name in shift.datasets if name not in {dataset.name for dataset in changed}]
    if without or not changed:
        which = f"the data set {without[0]!r}" if without else "no data set"
        raise StudyError(
            f"the shift {shift.source!r} is of the step {shift.of!r}, which {which} has{' not' if without else ''}",
            cure="name data sets that the study simulates itself, or a stage",
        )
    for dataset in changed:
        yield f"{shift.of!r} of the data set {dataset.name!r}", getattr(dataset, shift.of)


def check_shifts_arrive(study: Study, made_with: Callable[[Study, str], set[str]]) -> None:
    """Every shift changes events that histograms are filled with, if there are any, or that a stage asks for.

    Args:
        study: whose graph is known.
        made_with: tells the names of all stages that one is made with, and ``generate`` and ``simulate``.

    Raises:
        StudyError: no histogram depends on a stage that is shifted, so that nobody would ever see it.
    """
    filled = study.stages_of(Histograms)
    for shift in study.shifts if filled else ():
        asked = {name for stage in study.stages for name in stage.shifts}
        if asked.isdisjoint(shift.names) and not any(shift.of in made_with(study, stage.name) for stage in filled):
            raise _lost(study, shift)


def _lost(study: Study, shift: Shift) -> StudyError:
    names = ", ".join(repr(stage.name) for stage in study.stages_of(Histograms))
    return StudyError(
        f"the shift {shift.source!r} changes settings of the stage {shift.of!r}, which no histogram is made of: it "
        "would change nothing",
        cure=f"name a stage that the events of the histograms ({names}) are made by; uncertainties of weights belong "
        "to their weights",
    )
