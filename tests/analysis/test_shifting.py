"""Shifts of how data sets are made, without any events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.shifting import shifts_of_origin, touches
from analysis.study import Dataset, Events, Result, Shift, Step, Study


@dataclass(frozen=True)
class Beam:
    mean: float = 1.0


@dataclass(frozen=True)
class Other:
    width: float = 1.0


def dataset(name: str, settings: Any = None, purpose: str = "") -> Dataset:
    made = Step("own:generate", settings or Beam())
    return Dataset(
        name, name, "simulated", generate=made, simulate=Step("own:simulate", Other()), generated=9, purpose=purpose
    )


STUDY = Study(
    "own",
    datasets=(dataset("a"), dataset("b"), dataset("minutes", Other(), "calibration")),
    shifts=(Shift("beam", "beam", "generate", up={"mean": 3.0}, down={"mean": 0.0}),),
    stages=(Events("cleaned", Step("own:clean")), Result("result", Step("own:result"), shifts=("beam_up",))),
)


def test_a_shift_changes_the_step_of_data_sets_without_a_purpose() -> None:
    shifted = STUDY.shifted("beam_up")
    means = [one.generate.settings for one in shifted.datasets if one.generate]
    assert means == [Beam(3.0), Beam(3.0), Other()]
    assert STUDY.shifted("beam_down").dataset("a").generate == Step("own:generate", Beam(0.0))
    assert shifted.stages == STUDY.stages
    assert shifts_of_origin(STUDY, STUDY.dataset("a"), "generate") == ("beam_up", "beam_down")
    assert shifts_of_origin(STUDY, STUDY.dataset("a"), "simulate") == ()
    assert shifts_of_origin(STUDY, STUDY.dataset("minutes"), "generate") == ()


def test_it_touches_what_is_made_with_that_step() -> None:
    (beam,) = STUDY.shifts
    assert touches(STUDY, beam, "a", {"cleaned", "generate", "simulate"})
    assert not touches(STUDY, beam, "a", {"simulate"})
    assert not touches(STUDY, beam, "minutes", {"generate"})
    named = replace(beam, datasets=("b",))
    assert not touches(STUDY, named, "a", {"generate"})
    assert touches(STUDY, named, "b", {"generate"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"up": {"maen": 2.0}, "down": {"maen": 0.0}}, "did you mean 'mean'"),
        ({"datasets": ("minutes",)}, "'generate' of the data set 'minutes'"),
        ({"of": "simulat"}, "did you mean 'simulate'"),
        ({"up": {"mean": 1.0}, "down": {"mean": 1.0}}, "the same in both directions"),
    ],
)
def test_what_changes_nothing_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError) as told:
        replace(STUDY, shifts=(replace(STUDY.shifts[0], **changes),))
    assert message in str(told.value)


def test_a_stage_with_the_steps_name_is_meant_first() -> None:
    stages = (Events("generate", Step("own:clean", Other())), *STUDY.stages[1:])
    shift = Shift("beam", "beam", "generate", up={"width": 3.0}, down={"width": 0.5})
    shifted = replace(STUDY, stages=stages, shifts=(shift,)).shifted("beam_up")
    assert shifted.stage("generate").step.settings == Other(3.0)
    assert shifted.dataset("a") == STUDY.dataset("a")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (Result("result", Step("own:result"), shifts=("beam",)), "did you mean 'beam_up'"),
        (Events("cleaned", Step("own:clean"), shifts=("beam_up",)), "is made per chunk"),
    ],
)
def test_stages_ask_for_shifts_that_there_are(stage: Any, message: str) -> None:
    with pytest.raises(StudyError) as told:
        replace(STUDY, stages=(stage,))
    assert message in f"{told.value} {getattr(told.value, 'cure', '')}"
