"""Who takes what: arguments of functions as names of stages."""

from __future__ import annotations

import dataclasses
import importlib
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from analysis.chapters import looked_at
from analysis.errors import StudyError
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.study import (
    Campaign,
    Corrections,
    Dataset,
    Events,
    Figures,
    Fit,
    Histograms,
    Inputs,
    Network,
    Publications,
    Result,
    Schema,
    Scores,
    Shift,
    SourceFile,
    Stage,
    Step,
    Study,
    Task,
    Training,
    Validation,
    Workspaces,
)
from analysis.wiring import RESERVED, Wiring, check_graph, covered, in_order, upstream, wiring

NUMBER = count()


def _file(name: str) -> tuple[SourceFile]:
    return (SourceFile(f"{name}.root", f"https://example.org/{name}.root", "0" * 64, 1, 1, f"{name}.root"),)


DATASETS = (
    Dataset("signal", "S", "simulated", _file("signal"), Schema("Events", ("x",)), cross_section=1.0, generated=10),
    Dataset("run", "R", "measured", _file("run"), Schema("Events", ("x",))),
    Dataset("dimuon", "D", "measured", _file("dimuon"), Schema("Events", ("x",)), purpose="calibration"),
)
PHYSICS = """
    def derive(raw, settings): ...
    def calibrate(raw, calibration, dataset, settings=None): ...
    def select(calibrated, weight_per_fb, strict=False): ...
    def prepare(selected, truth): ...
    def judge(training, scores, inputs, titles): ...
    def weigh(events, dataset, settings=None): ...
    def build(histograms, publications, luminosity): ...
    def fit(workspaces, data): ...
    def draw(fit, label): ...
    def shared(values): ...
    def each(inputs, fold): ...
"""


def training(name: str = "training", folds: int = 5, **more: Any) -> Training:
    settings = TrainingSettings(folds=folds)
    network = Network("dense", Step("analysis.learning.networks.dense:build", DenseSettings()), settings)
    return Training(name, networks=(network,), **more)


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Step]:
    """``step("derive")``, or ``step("def f(x): ...")``: functions of a module that is never imported."""
    monkeypatch.syspath_prepend(tmp_path)

    def _step(code: str, settings: Any = None) -> Step:
        name, text = (code, PHYSICS) if code.isidentifier() else (code.partition("(")[0].removeprefix("def "), code)
        # sources are kept by the name of their module
        module = f"wired{next(NUMBER)}"
        (tmp_path / f"{module}.py").write_text("raise RuntimeError('imported')\n" + textwrap.dedent(text))
        importlib.invalidate_caches()
        return Step(f"{module}:{name}", settings)

    return _step


def whole(step: Callable[..., Step], *more: Stage) -> Study:
    return Study(
        name="example",
        datasets=DATASETS,
        campaigns=(Campaign("all", ("run",), 1.0),),
        stages=(
            Corrections("calibration", step("derive"), datasets=("calibration",)),
            Events("calibrated", step("calibrate")),
            Events("selected", step("select"), selects=True, datasets=("simulated", "measured")),
            Inputs("inputs", step("prepare")),
            training(),
            Scores("scores"),
            Result("performance", step("judge"), datasets=("simulated",)),
            Histograms("histograms", events="selected", scores=("scores",), weights=step("weigh"), datasets=("run",)),
            Publications("publications"),
            Workspaces("workspaces", step("build"), names=("one",)),
            Fit("fit", step("fit")),
            Figures("figures", step("draw"), names=("mass",), per="campaign"),
            *more,
        ),
    )


def study(*stages: Stage) -> Study:
    return Study(name="example", datasets=DATASETS, stages=stages)


def test_arguments_are_names_of_stages(step: Callable[..., Step]) -> None:
    made = whole(
        step,
        Result("masses", step("shared"), of={"values": "selected"}),
        Result("folds", step("each"), holds="", per="fold", folds=3),
        Task("own", task="lab.tasks:Own", takes=("fit", "publications"), per="campaign"),
    )
    check_graph(made)
    assert {stage.name: wiring(made, stage) for stage in made.stages} == {
        "calibration": Wiring({}, frozenset({"raw", "settings"})),
        "calibrated": Wiring({"calibration": "calibration"}, frozenset({"raw", "dataset", "settings"})),
        # what has a default and is nothing of the study stays as it is
        "selected": Wiring({"calibrated": "calibrated"}, frozenset({"weight_per_fb"})),
        "inputs": Wiring({"selected": "selected"}, frozenset({"truth"})),
        "training": Wiring({"inputs": "inputs"}),
        "scores": Wiring({"inputs": "inputs", "networks": "training"}),
        "performance": Wiring({"training": "training", "scores": "scores", "inputs": "inputs"}, frozenset({"titles"})),
        "histograms": Wiring({"events": "selected", "scores": "scores"}),
        "publications": Wiring({}),
        "workspaces": Wiring({"histograms": "histograms", "publications": "publications"}, frozenset({"luminosity"})),
        "fit": Wiring({"workspaces": "workspaces"}, frozenset({"data"})),
        "figures": Wiring({"fit": "fit"}, frozenset({"label"})),
        "masses": Wiring({"values": "selected"}),
        "folds": Wiring({"inputs": "inputs"}, frozenset({"fold"})),
        "own": Wiring({"fit": "fit", "publications": "publications"}),
    }


def test_weights_may_take_what_is_made_once(step: Callable[..., Step]) -> None:
    weigh = step("def w(events, calibration): ...")
    filled = Histograms("filled", events="selected", weights=weigh, datasets=("run",))
    made = whole(step, filled)
    assert wiring(made, made.stage("filled")).stages == {"events": "selected", "calibration": "calibration"}
    assert "calibration" in upstream(made, "filled")
    # a stage per chunk is another event's, and what is no stage is a mistake
    for wrong in ("calibrated", "calibrashun"):
        weigh = step(f"def x{wrong}(events, {wrong}): ...")
        with pytest.raises(StudyError, match="its weights are"):
            check_graph(whole(step, dataclasses.replace(filled, weights=weigh)))


def test_a_validation_is_told_what_it_may_look_at(step: Callable[..., Step]) -> None:
    made = whole(step, Validation("checks", step("def checks(histograms, data): ...")))
    check_graph(made)
    assert wiring(made, made.stage("checks")).reserved == {"data"}
    assert looked_at(made.stages) == "observed"
    assert looked_at((*made.stages, Fit("blind", step("fit"), blind=True))) == "asimov"
    with pytest.raises(StudyError, match="takes 'data'"):
        check_graph(whole(step, Result("other", step("def other(data): ..."), per="campaign")))


def test_what_weighs_events_needs_their_cross_section(step: Callable[..., Step]) -> None:
    lacking = dataclasses.replace(DATASETS[0], cross_section=None)
    select = Events("selected", step("def f(raw, weight_per_fb): ..."))
    with pytest.raises(
        StudyError, match="'signal' has no cross section, but the stage 'selected' counts its"
    ) as caught:
        check_graph(dataclasses.replace(study(select), datasets=(lacking, *DATASETS[1:])))
    assert "say Dataset('signal', ..., cross_section=...)" in caught.value.cure
    check_graph(
        dataclasses.replace(study(dataclasses.replace(select, datasets=("run",))), datasets=(lacking, DATASETS[1]))
    )


def test_everything_that_a_stage_is_made_of(step: Callable[..., Step]) -> None:
    made = whole(step)
    assert upstream(made, "calibration") == set()
    assert upstream(made, "selected") == {"calibration", "calibrated"}
    assert upstream(made, "scores") == {"calibration", "calibrated", "selected", "inputs", "training"}
    assert upstream(made, "figures") == {stage.name for stage in made.stages} - {"figures", "performance"}


def test_data_sets_that_a_stage_can_be_made_of(step: Callable[..., Step]) -> None:
    made = whole(step)
    assert covered(made, "calibrated") == {"signal", "run", "dimuon"}
    # as far as the stages before it
    assert covered(made, "scores") == covered(made, "selected") == {"signal", "run"}


def test_stages_come_after_those_that_they_take(step: Callable[..., Step]) -> None:
    made = study(Events("second", step("def f(first): ...")), Events("first", step("def f(raw): ...")))
    assert [stage.name for stage in in_order(made)] == ["first", "second"]


def test_a_wiring_is_that_of_its_study(step: Callable[..., Step]) -> None:
    made = study(Events("first", step("def f(raw): ...")), Events("second", step("def f(first): ...")))
    assert upstream(made, "second") == {"first"}
    changed = study(made.stages[0], dataclasses.replace(made.stages[1], step=step("def f(raw): ...")))
    assert upstream(changed, "second") == set()
    assert upstream(made, "second") == {"first"}


@pytest.mark.parametrize(
    ("code", "message", "cure"),
    [
        (
            "def f(calibratd): ...",
            r"'bad': \w+:f has an argument 'calibratd', which is no stage of the study 'example'; "
            "did you mean 'calibrated'",
            "name a stage (calibrated, calibration",
        ),
        ("def f(sttings): ...", "did you mean 'settings'", "say of={'sttings': 'STAGE'}"),
        ("def f(xyz): ...", "an argument 'xyz', which is no stage of the study 'example'\n", "of={'xyz': 'STAGE'}"),
        ("def f(bad): ...", "an argument 'bad', which is no stage", ""),
        ("def f(x, /): ...", "takes 'x' by position only", ""),
        ("missing", "has no function 'missing'", ""),
    ],
)
def test_an_argument_that_is_nothing(step: Callable[..., Step], code: str, message: str, cure: str) -> None:
    made = whole(step, Result("bad", step(code)))
    with pytest.raises(StudyError, match=message) as caught:
        check_graph(made)
    assert cure in caught.value.cure
    # the others are as good as before
    assert wiring(made, made.stage("fit")).stages == {"workspaces": "workspaces"}


@pytest.mark.parametrize(
    ("code", "stage", "message"),
    [
        ("def f(calibrated, truth): ...", Events, "'bad' takes the truth, which it must not see"),
        ("def f(calibrated, dataset): ...", Result, "'bad' is made per study, so there is no one dataset"),
        ("def f(calibrated, weight_per_fb): ...", Result, "made per study, so there is no one weight_per_fb"),
        ("def f(calibrated, luminosity): ...", Result, "'bad' takes a luminosity"),
        ("def f(calibrated, luminosity): ...", Events, "'bad' takes a luminosity"),
        ("def f(calibrated, fold): ...", Result, "'bad' takes a fold"),
        ("def f(calibrated, data): ...", Result, "'bad' takes 'data'"),
    ],
)
def test_what_a_stage_must_not_take(step: Callable[..., Step], code: str, stage: type[Any], message: str) -> None:
    made = whole(step, stage("bad", step(code)))
    with pytest.raises(StudyError, match=message) as caught:
        wiring(made, made.stage("bad"))
    assert caught.value.cure


def test_settings_that_nobody_takes(step: Callable[..., Step]) -> None:
    made = study(Events("bad", step("def f(raw): ...", DenseSettings())))
    with pytest.raises(StudyError, match=r"'bad' has settings, but \w+:f has no argument 'settings'"):
        check_graph(made)


def test_an_argument_that_the_function_does_not_have(step: Callable[..., Step]) -> None:
    made = whole(step, Result("bad", step("shared"), of={"values": "selected", "value": "selected"}))
    with pytest.raises(StudyError, match=r"'bad' says of=\{'value': \.\.\.\}, but \w+:shared has no such") as caught:
        check_graph(made)
    assert caught.value.cure == "use one of: values"


def test_stages_that_are_none_of_the_study(step: Callable[..., Step]) -> None:
    for stage in (Histograms("bad", events="nothing", weights=step("weigh"), datasets=("run",)), training(inputs="no")):
        with pytest.raises(StudyError, match="no stage of the study 'example' is called 'no"):
            check_graph(study(stage))
    with pytest.raises(StudyError, match="is called 'nothing'"):
        check_graph(study(Task("own", task="lab.tasks:Own", takes=("nothing",))))


def test_scores_of_what_was_not_trained(step: Callable[..., Step]) -> None:
    made = study(Events("calibrated", step("def f(raw): ...")), Scores("scores", training="calibrated"))
    with pytest.raises(StudyError, match="'scores' scores with 'calibrated', which is no Training"):
        check_graph(made)


def test_a_circle(step: Callable[..., Step]) -> None:
    made = study(
        Events("first", step("def f(raw, third): ...")),
        Events("second", step("def f(first): ...")),
        Events("third", step("def f(second): ...")),
        Result("last", step("def f(third): ...")),
    )
    for name in ("first", "second", "third"):
        with pytest.raises(StudyError, match=f"the stage '{name}' of the study 'example' depends on itself"):
            upstream(made, name)
    assert upstream(made, "last") == {"first", "second", "third"}
    with pytest.raises(StudyError, match="depends on itself"):
        check_graph(made)


def test_networks_that_feed_each_other_have_the_same_folds(step: Callable[..., Step]) -> None:
    def two(folds: int) -> Study:
        return study(
            Inputs("inputs", step("def f(raw): ...")),
            training("first"),
            Scores("first_scores", training="first"),
            Inputs("more", step("def f(raw, first_scores): ...")),
            training("second", folds, inputs="more"),
            Scores("second_scores", training="second"),
        )

    check_graph(two(5))
    with pytest.raises(StudyError, match="'second' is made with have different folds: first 5, second 4") as caught:
        check_graph(two(4))
    assert caught.value.cure.startswith("give them the same number")
    # networks that have nothing to do with each other may
    check_graph(study(Inputs("inputs", step("def f(raw): ...")), training("first"), training("second", 4)))


def test_reserved_names_are_no_stages(step: Callable[..., Step]) -> None:
    assert len(RESERVED) == 11
    with pytest.raises(StudyError, match="the stage 'truth'"):
        study(Events("truth", step("def f(raw): ...")))


@dataclass(frozen=True)
class Scale:
    factor: float = 1.0


def test_a_shift_that_no_histogram_would_see(step: Callable[..., Step]) -> None:
    aside = Events("aside", step("def aside(selected, settings): ...", Scale()))
    shift = Shift("scale", "scale", "aside", up={"factor": 1.1}, down={"factor": 0.9})
    made = replace(whole(step, aside), shifts=(shift,))
    with pytest.raises(StudyError, match="'scale' changes settings of the stage 'aside', which no histogram") as caught:
        check_graph(made)
    assert "the events of the histograms ('histograms') are made by" in caught.value.cure
    check_graph(
        replace(made, stages=tuple(replace(s, events="aside") if isinstance(s, Histograms) else s for s in made.stages))
    )
