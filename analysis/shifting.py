"""Apply systematic shifts to a study: which data sets they touch, and the study with changed settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.measurement import ORIGIN, Shift

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.study import Study

__all__ = ["changes_origin", "is_of_origin", "shifted_study", "shifts_of_origin", "touches"]


def is_of_origin(study: Study, shift: Shift) -> bool:
    """Whether a shift is of the generation or simulation of data sets, and not of a stage."""
    return shift.of in ORIGIN and all(stage.name != shift.of for stage in study.stages)


def changes_origin(shift: Shift, dataset: Dataset) -> bool:
    """Whether a shift of :func:`is_of_origin` changes how a data set's events are made."""
    named = dataset.name in shift.datasets if shift.datasets else not dataset.purpose
    return named and getattr(dataset, shift.of) is not None


def shifts_of_origin(study: Study, dataset: Dataset, step: str) -> tuple[str, ...]:
    """Names of the shifts that change a step of a data set, ``generate`` or ``simulate``."""
    shifts = (
        one for one in study.shifts if one.of == step and is_of_origin(study, one) and changes_origin(one, dataset)
    )
    return tuple(name for one in shifts for name in one.names)


def touches(study: Study, shift: Shift, dataset: str, made_with: Collection[str]) -> bool:
    """Whether a shift changes what is made of a data set's events.

    Args:
        study: of all of them.
        shift: as declared.
        dataset: name.
        made_with: names of the stages, and of the steps of data sets, that it is made with.
    """
    one = study.dataset(dataset)
    if (shift.datasets and dataset not in shift.datasets) or one.kind == "measured":
        return False
    if is_of_origin(study, shift) and not changes_origin(shift, one):
        return False
    return shift.of in made_with


def shifted_study(study: Study, name: str) -> Study:
    """The study with the settings that a shift changes.

    Args:
        study: to change.
        name: of the shift with its direction, such as ``tau_energy_up``.

    Raises:
        StudyError: there is no such shift; the message lists the known names.
    """
    shift = study.shift(name)
    values = shift.settings(name)
    if is_of_origin(study, shift):
        datasets = (_with(one, shift.of, values) if changes_origin(shift, one) else one for one in study.datasets)
        return replace(study, datasets=tuple(datasets))
    stage = study.stage(shift.of)
    changed = _with(stage, "step", values)
    return replace(study, stages=tuple(changed if one is stage else one for one in study.stages))


def _with(owner: Any, field: str, values: Mapping[str, Any]) -> Any:
    """A stage or data set of whose step settings are changed."""
    step = getattr(owner, field)
    assert step is not None
    return replace(owner, **{field: replace(step, settings=replace(step.settings, **values))})
