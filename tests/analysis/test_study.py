"""The vocabulary of studies."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.study import (
    PRESENTATION,
    Campaign,
    Corrections,
    Cut,
    Dataset,
    Events,
    Figures,
    Fit,
    Inputs,
    Network,
    Process,
    Region,
    Result,
    Schema,
    Shift,
    SourceFile,
    Statistics,
    Step,
    Study,
    Training,
)

FILES = tuple(
    SourceFile(f"{name}.root", f"https://example.org/{name}.root", digit * 64, None, events, f"x/{name}.root")
    for name, digit, events in (("first", "1", 100), ("second", "2", 23))
)
SCHEMA = Schema("Events", ("pt",))
SIGNAL = Dataset("signal", "S", "simulated", files=FILES, schema=SCHEMA, cross_section=19.6, generated=476963)
RUN_A = Dataset("RunA", "A", "measured", files=FILES[:1], schema=SCHEMA, luminosity=4.412)
RUN_B = Dataset("RunB", "B", "measured", files=FILES[1:], schema=SCHEMA, luminosity=7.055)
DIMUON = Dataset("dimuon", "D", "measured", purpose="calibration", files=FILES, schema=SCHEMA)


@dataclasses.dataclass(frozen=True)
class Energy:
    scale: float = 1.0
    offset: float = 0.0


STEP = Step("analysis.validated:override")
SHIFT = Shift("energy", "energy scale", "calibrated", up={"scale": 1.01}, down={"scale": 0.99}, datasets=("signal",))
NETWORK = Network("dense", Step("analysis.learning.networks.dense:build", DenseSettings()), TrainingSettings())
STUDY = Study(
    name="example",
    title="An example",
    datasets=(SIGNAL, RUN_A, RUN_B, DIMUON),
    campaigns=(Campaign("A", ("RunA",), 4.412), Campaign("AB", ("RunA", "RunB"), 11.467)),
    processes=(Process("signal", "S", ("signal",)),),
    shifts=(SHIFT,),
    stages=(
        Corrections("calibration", STEP, datasets=("calibration",)),
        Events("calibrated", Step("analysis.validated:override", Energy()), task="CalibrateEvents"),
        Inputs("inputs", STEP),
        Training("training", networks=(NETWORK,)),
        Result("performance", STEP),
        Result("resolution", STEP),
        Fit("fit", STEP),
        Figures("training_figures", STEP, names=("roc",)),
    ),
)
OWN = Dataset("own", "O", "simulated", generate=STEP, simulate=STEP, generated=40)
MINUTES = dataclasses.replace(OWN, name="minutes", purpose="calibration")
SCALE = dataclasses.replace(OWN, name="scale", purpose="energy_scale")
SIMULATING = Study(
    name="simulating",
    datasets=(OWN, MINUTES, SCALE, RUN_A),
    statistics=(Statistics("default", 1.0), Statistics("large", 10.0), Statistics("small", 0.1)),
)


def test_events_and_weights():
    assert SIGNAL.events == 123
    # 19.6 pb = 19600 fb, so 19600 events in 1/fb
    assert SIGNAL.weight_per_fb == pytest.approx(19600 / 476963, rel=1e-15)
    assert RUN_A.weight_per_fb == 1.0


@pytest.mark.parametrize("missing", [{"cross_section": None}, {"generated": None}, {"generated": 0}])
def test_no_weight_without_normalisation(missing: dict[str, Any]):
    with pytest.raises(StudyError, match="'signal' has no cross section or number of generated events"):
        _ = dataclasses.replace(SIGNAL, **missing).weight_per_fb
    with pytest.raises(StudyError, match="'signal' has no cross section"):
        _ = SIGNAL.without_normalisation().weight_per_fb


def test_without_normalisation_keeps_all_else():
    changed = dataclasses.replace(SIGNAL, cross_section=2.0, generated=5, luminosity=3.0)
    assert changed.without_normalisation() == SIGNAL.without_normalisation()
    assert changed.without_normalisation().files == SIGNAL.files


def test_things_by_name():
    assert STUDY.dataset("RunB") is RUN_B
    assert STUDY.campaign("AB").luminosity == 11.467
    assert STUDY.stage("performance") is STUDY.stages[4]
    assert STUDY.shift("energy_up") is STUDY.shift("energy_down") is SHIFT


def test_data_sets_by_kind():
    assert STUDY.measured("AB") == (RUN_A, RUN_B)
    assert STUDY.simulated == (SIGNAL,)
    # all, without a campaign; not those that serve a purpose
    assert STUDY.measured("") == (RUN_A, RUN_B)


@pytest.mark.parametrize(
    ("wanted", "campaign", "names"),
    [
        ((), "A", ("signal", "RunA")),
        ((), "", ("signal", "RunA", "RunB")),
        (("measured", "simulated"), "AB", ("RunA", "RunB", "signal")),
        (("calibration",), "A", ("dimuon",)),
        (("RunB", "simulated", "RunB", "signal"), "A", ("RunB", "signal")),
        (("dimuon",), "A", ("dimuon",)),
    ],
)
def test_names_and_groups_of_data_sets(wanted: tuple[str, ...], campaign: str, names: tuple[str, ...]):
    assert STUDY.dataset_names(wanted, campaign) == names


def test_groups_without_data_sets():
    with pytest.raises(StudyError, match="no data set of the study 'example' is called 'scale'"):
        STUDY.dataset_names(("simulated", "scale"), "A")
    simulated = Study(name="simulated_only", datasets=(OWN,))
    assert simulated.dataset_names((), "") == ("own",)
    with pytest.raises(StudyError, match="'simulated_only' has no data set for measured"):
        simulated.dataset_names(("measured",), "")


def test_stages_by_what_they_are():
    assert [stage.name for stage in STUDY.holding("results")] == ["calibration", "performance", "resolution", "fit"]
    assert [stage.name for stage in STUDY.holding("figures")] == ["training_figures"]
    assert STUDY.stages_of(Training) == (STUDY.stage("training"),)
    assert STUDY.stages_of(Result) == (STUDY.stage("performance"), STUDY.stage("resolution"))
    assert STUDY.stage_of("CalibrateEvents").name == "calibrated"
    # the first one
    assert STUDY.stage_of("MakeResult") is STUDY.stage("performance")
    with pytest.raises(StudyError, match="'example' has no stage that ReconstructEvents makes") as caught:
        STUDY.stage_of("ReconstructEvents")
    assert "DeriveCalibration, CalibrateEvents, PrepareTraining" in caught.value.cure


def test_unknown_names():
    with pytest.raises(StudyError, match=r"no data set of the study 'example' is called 'RunC'") as caught:
        STUDY.dataset("RunC")
    assert caught.value.cure == "use one of: signal, RunA, RunB, dimuon"
    with pytest.raises(StudyError, match=r"no campaign of the study 'example' is called 'C'(.|\n)*use one of: A, AB"):
        STUDY.measured("C")
    with pytest.raises(StudyError, match=r"no stage of the study 'example' is called 'fitted'") as caught:
        STUDY.stage("fitted")
    assert caught.value.cure.endswith("fit, training_figures")
    with pytest.raises(StudyError, match=r"no shift .* 'energy'(.|\n)*use one of: energy_up, energy_down"):
        STUDY.shift("energy")
    with pytest.raises(StudyError, match="it has none"):
        SIMULATING.shift("energy_up")


def test_statistics_scale_what_the_study_generates_but_for_the_calibration():
    large = SIMULATING.with_statistics("large")
    assert [dataset.events for dataset in large.datasets] == [400, 40, 400, 100]
    assert [dataset.events for dataset in SIMULATING.with_statistics("small").datasets] == [4, 40, 4, 100]
    assert SIMULATING.with_statistics("default") == SIMULATING
    with pytest.raises(StudyError, match=r"statistics .* 'huge'(.|\n)*use one of: default, large, small"):
        SIMULATING.with_statistics("huge")


def test_statistics_change_settings_of_stages_and_set_holds_before_them():
    large = Statistics("large", changes={"calibrated.scale": "1.1", "training.training.epochs": "3"})
    study = dataclasses.replace(STUDY, statistics=(Statistics("default"), large))
    assert study.with_statistics("default") == study
    assert study.with_statistics("large") == study.with_changes(large.changes) != study
    changed = study.with_statistics("large").with_changes({"calibrated.scale": "1.2"})
    assert changed == study.with_changes({**large.changes, "calibrated.scale": "1.2"})
    wrong = Statistics("large", changes={"calibrate.scale": "1.1"})
    with pytest.raises(StudyError, match="no stage of the study 'example' is called 'calibrate'"):
        dataclasses.replace(STUDY, statistics=(wrong,))


def test_data_sets_that_serve_others_are_not_simulated_events_of_the_study():
    assert SIMULATING.simulated == (OWN,)
    assert SIMULATING.dataset_names(("energy_scale", "calibration"), "") == ("scale", "minutes")


def test_a_study_without_campaigns():
    assert SIMULATING.measured("") == (RUN_A,)
    with pytest.raises(StudyError, match="it has none"):
        SIMULATING.measured("A")


def test_a_shift_changes_settings_of_its_stage():
    assert SHIFT.names == ("energy_up", "energy_down")
    for name, scale in (("energy_up", 1.01), ("energy_down", 0.99)):
        shifted = STUDY.shifted(name)
        assert shifted.stage("calibrated").step.settings == Energy(scale)
        assert [s for s in shifted.stages if s.name != "calibrated"] == [
            s for s in STUDY.stages if s.name != "calibrated"
        ]
        assert dataclasses.replace(shifted, stages=STUDY.stages) == STUDY
    assert STUDY.shifted("") is STUDY
    with pytest.raises(StudyError, match="no shift of the study 'example' is called 'mass_up'"):
        STUDY.shifted("mass_up")


def test_changes_of_settings_by_stage():
    changes = {"calibrated.scale": "1.1", "training.training.epochs": "3", "calibrated.offset": "2"}
    changed = STUDY.with_changes({**changes, "fit.data": "asimov"})
    assert changed.stage("calibrated").step.settings == Energy(1.1, 2.0)
    assert changed.stage("training").chosen.training.epochs == 3
    assert changed.stage("fit").fitted == "asimov"
    assert STUDY.with_changes({}) == STUDY
    # shifts are changes of what is there
    assert changed.shifted("energy_up").stage("calibrated").step.settings == Energy(1.01, 2.0)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("calibrate.scale", "1", r"no stage of .* is called 'calibrate'(.|\n)*use one of: calibration, calibrated"),
        ("scale", "1", r"'scale' is no setting of a stage(.|\n)*write STAGE.field=value"),
        ("calibrated.factor", "1", r"Energy has no setting 'factor'(.|\n)*use one of: scale, offset"),
        ("calibrated.scale", "much", "Energy: scale is 'much'"),
        ("calibration.scale", "1", "the stage 'calibration' has no settings"),
        ("calibrated", "1", "'calibrated' is no setting of a stage"),
    ],
)
def test_changes_that_cannot_be(name: str, text: str, message: str):
    with pytest.raises(StudyError, match=message):
        STUDY.with_changes({name: text})


def test_steps_that_get_events_do_not_see_what_made_them():
    assert OWN.without_origin().generate is OWN.without_origin().simulate is None
    assert OWN.without_origin().name == "own"


def test_studies_cannot_be_changed():
    things: tuple[Any, ...] = (STUDY, *STUDY.stages, SHIFT, SIGNAL, STEP, FILES[0], SCHEMA, STUDY.campaigns[0])
    for thing in (*things, Cut("pt", ">", 2.0)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, dataclasses.fields(thing)[0].name, "x")
        assert thing == dataclasses.replace(thing)


def test_a_step_loads_its_function():
    assert Step("math:hypot").load()(3.0, 4.0) == 5.0
    assert Step("analysis.study:Study.dataset").module == "analysis.study"


@pytest.mark.parametrize("function", ["nowhere.at_all:f", "math:no_such", "math", "", ":f", "math.hypot"])
def test_a_step_that_cannot_be_loaded(function: str):
    with pytest.raises(StudyError, match=r"'package\.module:function'") as caught:
        Step(function).load()
    assert repr(function) in caught.value.problem


def test_what_is_for_people_is_marked():
    marked = {
        f"{cls.__name__}.{f.name}"
        for cls in (Study, Dataset, SourceFile, Schema, Process, Region, Campaign, Cut, Step, Shift, Figures)
        for f in dataclasses.fields(cls)
        if f.metadata == PRESENTATION
    }
    titles = {f"{name}.title" for name in ("Study", "Dataset", "Process", "Region", "Shift", "Figures")}
    words = {"Study.measures", "Study.highlights", "Study.experiment", "Figures.captions", "Dataset.purpose"}
    origins = {"Dataset.licence", "Dataset.doi", "Dataset.citation", "SourceFile.url", "SourceFile.mirror"}
    assert titles | words | origins | {"Study.chunk_events"} <= marked
    # what is not marked decides results
    assert not marked & {"SourceFile.sha256", "Dataset.files", "Dataset.schema", "Dataset.cross_section", "Cut.value"}
    assert not marked & {"Shift.up", "Shift.down", "Figures.names", "Figures.step", "Study.stages", "Study.processes"}


def test_importing_costs_nothing(repository: Path):
    code = "import sys, analysis.study; print(sorted({'numpy', 'law', 'luigi', 'awkward', 'jax'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("per", ["chunk", "dataset", "fold"])
@pytest.mark.parametrize("kind", [Result, Figures])
def test_results_that_nobody_could_collect(kind: type[Result] | type[Figures], per: Any):
    more: dict[str, Any] = {"names": ("a",)} if kind is Figures else {}
    with pytest.raises(StudyError, match=f"the stage 'found' holds \\w+ and is made per {per}") as caught:
        Study(name="example", datasets=(SIGNAL,), stages=(kind("found", STEP, per=per, **more),))
    assert "per='study'" in caught.value.cure


def test_standard_settings_name_figures_and_workspaces():
    from analysis.inference.histfactory_settings import Channel, Model, Models
    from analysis.plotting.figure_settings import StackFigures
    from analysis.study import Variable, Workspaces

    mass, region = Variable("mass", "m", "GeV", (0.0, 1.0)), Region("all", "all", ())
    figures = Figures("figures", Step(STEP.function, StackFigures((mass,), (region,), ())))
    assert figures.names == ("mass_all",)
    assert figures.captions[0][:2] == ("mass_all", "m, all")
    one = Model("one", (Channel("all", "mass"),))
    two = dataclasses.replace(one, name="two")
    assert Workspaces("workspaces", Step(STEP.function, Models((one, two)))).names == ("one", "two")
    assert Workspaces("workspaces", Step(STEP.function, one), names=("other",)).names == ("other",)


def test_events_come_from_somewhere_and_count_once():
    with pytest.raises(StudyError, match="'empty' has neither files nor events of the study's own making"):
        dataclasses.replace(STUDY, datasets=(*STUDY.datasets, Dataset("empty", "E", "measured")))
    again = dataclasses.replace(RUN_A, name="again")
    with pytest.raises(StudyError, match=r"'first\.root' is in the data sets 'RunA' and 'again'"):
        dataclasses.replace(STUDY, datasets=(*STUDY.datasets, again))


def test_what_is_made_per_campaign_is_not_taken_once_for_the_study():
    from analysis.study import Task
    from analysis.wiring import wiring

    own = dataclasses.replace(STUDY, stages=(*STUDY.stages, Task("own", takes=("fit",), task="a:B")))
    with pytest.raises(StudyError, match="'own' is made once for the study, of 'fit', which is made per campaign"):
        wiring(own, own.stage("own"))
