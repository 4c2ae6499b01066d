"""Files that a study declares and its functions do not take, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from analysis.checking.step_files import check_step_files, steps_of
from analysis.errors import StudyError
from analysis.inference.curve_settings import FitParameter, Points, TableFit
from analysis.inference.table_fit import fit_table
from analysis.step import Step
from analysis.study import Dataset, Events, Histograms, Process, Region, Result, Stage, Study, Variable
from analysis.wiring import Wiring, check_graph, wiring

FUNCTIONS = """
def generate(identity, files, settings): ...
def simulate(truth, settings): ...
def select(raw, files): ...
def may(raw, files=None): ...
def every(raw, **more): ...
def none(raw): ...
def weigh(events, dataset, files): ...
def curve(x, a, files): return a * float(files["table"].read_text()) * x
def other(x, a): ...
"""
TABLE = {"table": "table.txt"}


@pytest.fixture
def step(write: Callable[..., str]) -> Callable[..., Step]:
    """``step("select", files)``: a step of a study that has a file ``table.txt``."""
    package = write("physics.py", FUNCTIONS)
    write("table.txt", "2.0\n")

    def _step(name: str, files: Any = (), settings: Any = None) -> Step:
        return Step(f"{package}.physics:{name}", settings, dict(files))

    return _step


def study(step: Callable[..., Step], stage: Stage, **made: Step) -> Study:
    made = {"generate": step("generate", TABLE), "simulate": step("simulate"), **made}
    dataset = Dataset("run", "R", "simulated", generated=10, cross_section=1.0, **made)  # type: ignore[arg-type]
    return Study("example", datasets=(dataset,), processes=(Process("r", "R", ("run",)),), stages=(stage,))


def curve(step: Step) -> TableFit:
    return TableFit(step, (FitParameter("a", 1.0),), Points((1.0, 2.0), (6.0, 12.0), (0.1, 0.1)))


def test_both_agree(step: Any) -> None:
    for one in (step("select", TABLE), step("may", TABLE), step("may"), step("every", TABLE), step("none")):
        made = study(step, Events("selected", one))
        check_graph(made)
        # whoever calls the step brings them
        assert wiring(made, made.stages[0]) == Wiring({}, frozenset({"raw"}))
    assert steps_of(made) == [step("generate", TABLE), step("simulate"), step("none")]


@pytest.mark.parametrize(
    ("name", "files", "problem"),
    [
        (
            "none",
            TABLE,
            "the stage 'selected' declares the files table, but {module}:none(raw) has no argument 'files'",
        ),
        ("select", {}, "the stage 'selected': {module}:select(raw, files) takes files, and its Step declares none"),
        (
            "select",
            {"table": "tabel.txt"},
            "the step '{module}:select' declares the file 'table': 'tabel.txt', and there",
        ),
    ],
)
def test_a_command_ends_at_its_beginning(step: Any, name: str, files: dict[str, str], problem: str) -> None:
    one = step(name, files)
    with pytest.raises(StudyError, match=re.escape(problem.format(module=one.module))) as caught:
        check_graph(study(step, Events("selected", one)))
    if "tabel.txt" not in problem:
        line = FUNCTIONS.split("\n").index(next(text for text in FUNCTIONS.split("\n") if f"def {name}(" in text)) + 1
        assert f"physics.py, line {line})" in caught.value.problem
    assert caught.value.cure


def test_steps_of_data_sets_and_weights_too(step: Any) -> None:
    selected = Events("selected", step("none"))
    with pytest.raises(StudyError, match=r"the data set 'run': .*:generate\(identity, files, settings\) takes files"):
        check_step_files(study(step, selected, generate=step("generate")))
    with pytest.raises(StudyError, match=r"the data set 'run' declares the files table, but .*:simulate"):
        check_step_files(study(step, selected, simulate=step("simulate", TABLE)))
    with pytest.raises(StudyError, match=r"the stage 'selected': .*:weigh\(events, dataset, files\) takes files"):
        check_step_files(study(step, filled(step("weigh"))))
    check_step_files(study(step, filled(step("weigh", TABLE))))


def filled(weights: Step) -> Histograms:
    variables, regions = (Variable("x", "x", "x", (0.0, 1.0)),), (Region("all", "all", ()),)
    return Histograms("selected", events="selected", variables=variables, regions=regions, weights=weights)


def test_steps_in_settings_of_others(step: Any) -> None:
    with pytest.raises(StudyError, match=r"the stage 'line' declares the files table, but .*:other\(x, a\) has no"):
        check_step_files(study(step, line(curve(step("other", TABLE)))))
    check_step_files(study(step, line(curve(step("curve", TABLE)))))


def line(settings: TableFit) -> Result:
    return Result("line", Step("analysis.inference.table_fit:fit_table", settings))


def test_a_function_that_is_fitted_gets_its_files(step: Any) -> None:
    fitted = fit_table(curve(step("curve", TABLE)))
    assert fitted["numbers"][0]["value"] == pytest.approx(3.0)
