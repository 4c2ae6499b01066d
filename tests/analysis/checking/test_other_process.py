from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType

import awkward as ak
import pytest

from analysis.checking.other_process import OtherProcess
from analysis.checking.step_checks import check_step
from analysis.errors import StudyError
from analysis.step import Step


def test_what_happens_in_the_other_process(
    physics: Callable[[str], ModuleType], capfd: pytest.CaptureFixture[str]
) -> None:
    module = physics(
        """
        import os

        def speak(times):
            print("word " * times)
            return times

        def leave(pid):
            if os.getpid() != pid:
                os._exit(3)

        def fail(pid):
            if os.getpid() != pid:
                raise ValueError("not here")
        """
    )
    name = module.__name__
    with OtherProcess() as process:
        assert process.digests(Step(f"{name}:speak"), {"times": 100_000}, stage="speak")
        with pytest.raises(StudyError, match="arguments that cannot be passed to another process"):
            process.digests(Step(f"{name}:speak"), {"times": lambda: 1}, stage="speak")
        (finding,) = check_step(Step(f"{name}:fail"), {"pid": os.getpid()}, stage="fail", other=process)
        assert finding.check == "process"
        assert finding.problem.startswith("in another process, ValueError: not here (outside")
        with pytest.raises(StudyError, match=r"ended the other process that it ran in \(status 3\)"):
            process.digests(Step(f"{name}:leave"), {"pid": 0}, stage="leave")
    assert "word" not in capfd.readouterr().out


def test_what_a_step_leaves_in_a_module_is_not_there_for_the_next(physics: Callable[[str], ModuleType]) -> None:
    module = physics(
        """
        SEEN = {}

        def fill(number):
            SEEN["number"] = number
            return number

        def read(number):
            return SEEN.get("number", -1)
        """
    )
    name = module.__name__
    with OtherProcess() as process:
        (fill, read) = (Step(f"{name}:{function}") for function in ("fill", "read"))
        assert not check_step(fill, {"number": 5}, stage="fill", other=process)
        (finding,) = check_step(read, {"number": 5}, stage="read", other=process)
    assert finding.check == "process"


def test_momenta_behave_there_as_they_do_here(physics: Callable[[str], ModuleType]) -> None:
    from analysis.events.objects import objects

    module = physics(
        """
        def across(events):
            return events.Muon.px
        """
    )
    events = objects(ak.Array({"Muon_pt": [[3.0], []], "Muon_eta": [[0.0], []], "Muon_phi": [[0.0], []]}))
    with OtherProcess() as process:
        assert not check_step(Step(f"{module.__name__}:across"), {"events": events}, stage="across", other=process)
