from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType

import awkward as ak
import numpy as np
import pytest

from analysis.checking.calling import call, told
from analysis.errors import DataError, StudyError
from analysis.step import Step

WHERE = "data set DoubleMu, chunk events_0-1000"
Physics = Callable[[str], ModuleType]


def events() -> ak.Array:
    return ak.Array({"pt": [1.0, 2.0], "eta": [0.5, 0.1]})


def test_the_result_comes_back(physics: Physics) -> None:
    module = physics("def double(events, factor=2):\n    return factor * events.pt\n")
    step = Step(f"{module.__name__}:double")
    assert call(step, {"events": events()}, stage="double").to_list() == [2.0, 4.0]
    assert call(module.double, {"events": events(), "factor": 3}, stage="double").to_list() == [3.0, 6.0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('return events["ptt"]', "FieldNotFoundError: no field 'ptt' in record with 2 fields"),
        ("return events.ptt", "AttributeError: no field named 'ptt'"),
    ],
)
def test_a_missing_field_is_told_with_the_known_ones(physics: Physics, body: str, message: str) -> None:
    module = physics(f"def candidates(events):\n    {body}\n")
    with pytest.raises(StudyError) as caught:
        call(module.candidates, {"events": events()}, stage="candidates", where=WHERE)
    package = module.__name__.partition(".")[0]
    assert caught.value.problem == (
        f"the stage 'candidates' failed: {message} ({package}/physics.py, line 4) for {WHERE}"
    )
    assert "'events' has pt, eta; did you mean 'pt'?" in caught.value.cure
    assert caught.value.__cause__ is not None


def test_a_key_of_the_own_code_is_told_plainly(physics: Physics) -> None:
    module = physics('def candidates(events):\n    return {}["charge"]\n')
    with pytest.raises(StudyError, match=r"failed: KeyError: 'charge' \(outside\d+/physics.py, line 4\)\n"):
        call(module.candidates, {"events": 1}, stage="candidates")


def test_the_line_is_the_innermost_one_of_the_study(physics: Physics) -> None:
    module = physics(
        """
        from analysis.events.columns import values

        def inner(events):
            return ak.flatten(np.stack([values(events, "pt")])[0], axis=5)

        def outer(events):
            return inner(events)
        """
    )
    with pytest.raises(StudyError, match=r"AxisError: .*\(outside\d+/physics.py, line 7\)"):
        call(module.outer, {"events": events()}, stage="outer")


def test_errors_of_the_framework_keep_class_message_and_cure(physics: Physics) -> None:
    module = physics(
        """
        from analysis.errors import DataError

        def fail(events):
            raise DataError("the mass is wrong", cure="weigh again")
        """
    )
    with pytest.raises(DataError) as caught:
        call(module.fail, {"events": events()}, stage="mass", where=WHERE)
    assert caught.value.problem.startswith("the stage 'mass' failed: the mass is wrong (outside")
    assert caught.value.problem.endswith(f"physics.py, line 7) for {WHERE}")
    assert caught.value.cure == "weigh again"


@pytest.mark.parametrize(
    "body",
    ["np.asarray(events.pt)[:] /= 200", "x = ak.to_numpy(events.pt); x *= 2", "np.asarray(events.pt).sort()"],
)
def test_changing_an_input_in_place_is_an_error(physics: Physics, body: str) -> None:
    module = physics(f"def candidates(events, factor):\n    {body}\n    return events\n")
    mine = events()
    with pytest.raises(StudyError) as caught:
        call(module.candidates, {"events": mine, "factor": 2}, stage="candidates", where=WHERE)
    assert caught.value.problem.startswith("the stage 'candidates' failed: the step changes its input 'events' in pla")
    assert "physics.py, line 4" in caught.value.problem
    assert "work on a copy" in caught.value.cure
    assert mine.pt.to_list() == [1.0, 2.0]


def test_of_several_inputs_all_are_named(physics: Physics) -> None:
    module = physics("def add(events, truth):\n    truth['x'] += 1\n")
    with pytest.raises(StudyError, match="changes one of its inputs 'events', 'truth' in place with \"truth"):
        call(module.add, {"events": events(), "truth": {"x": np.zeros(2)}}, stage="add")


@pytest.mark.parametrize(
    ("given", "message", "cure"),
    [
        (
            {"event": 1},
            "missing a required argument: 'events'",
            "stage passes; rename its parameter 'events' to 'event'",
        ),
        ({"events": 1, "cuts": 2}, "unexpected keyword argument 'cuts'", "give the function"),
        ({}, "with nothing: missing a required argument: 'events'", "give the function"),
    ],
)
def test_wrong_arguments(physics: Physics, given: dict[str, int], message: str, cure: str) -> None:
    module = physics("def candidates(events, *, factor=1):\n    return events\n")
    with pytest.raises(StudyError) as caught:
        call(module.candidates, given, stage="candidates", where=WHERE)
    assert "candidates(events, *, factor=1) cannot be called with" in caught.value.problem
    assert message in caught.value.problem
    assert "physics.py, line 3" in caught.value.problem
    assert cure in caught.value.cure


def test_a_type_error_within_is_one_of_the_code(physics: Physics) -> None:
    module = physics("def candidates(events):\n    return len(events, 1)\n")
    with pytest.raises(StudyError, match=r"TypeError: len\(\) takes exactly one argument .*physics.py, line 4"):
        call(module.candidates, {"events": 1}, stage="candidates")


def test_a_missing_function_is_told_with_the_nearest(physics: Physics) -> None:
    module = physics("def candidates(events):\n    return events\n")
    with pytest.raises(StudyError) as caught:
        call(Step(f"{module.__name__}:candiates"), {}, stage="candidates")
    assert "the stage 'candidates' failed: the module" in str(caught.value)
    assert "has no function 'candiates'" in str(caught.value)
    assert "did you mean 'candidates'?" in str(caught.value)


def test_a_step_that_ends_the_program_is_an_error(physics: Physics) -> None:
    module = physics("import sys\ndef candidates():\n    sys.exit()\n")
    with pytest.raises(StudyError, match=r"ends the program \(SystemExit\)"):
        call(module.candidates, {}, stage="candidates")


def test_the_traceback_is_printed_if_asked_for(
    physics: Physics, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = physics("def candidates():\n    raise RuntimeError('boom\\nand more')\n")
    for value, printed in [("", False), ("0", False), ("1", True)]:
        monkeypatch.setenv("ERUMFLOW_DEBUG", value)
        with pytest.raises(StudyError, match=r"failed: RuntimeError: boom \(outside"):
            call(module.candidates, {}, stage="candidates")
        assert ("Traceback (most recent call last)" in capsys.readouterr().err) is printed


def test_without_a_line_of_the_study_the_innermost_is_told() -> None:
    with pytest.raises(StudyError, match=r"failed: JSONDecodeError: .* \(json/decoder.py, line \d+\)"):
        call(json.loads, {"s": "{"}, stage="parse")


def test_checks_of_a_result_are_told_with_the_stage() -> None:
    with (
        pytest.raises(DataError, match="the stage 'x' failed: it returns None for data set A"),
        told("x", "data set A"),
    ):
        raise DataError("it returns None")


def test_checks_of_a_result_are_told_with_the_line_of_the_function(physics: Physics) -> None:
    step = Step(f"{physics('def candidates(events): ...').__name__}:candidates")
    for function in (step, step.load()):
        with (
            pytest.raises(
                DataError, match=r"failed: it returns None \(outside\d+/physics\.py, line 3\) for data set A$"
            ),
            told("x", "data set A", function),
        ):
            raise DataError("it returns None")
