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
    Cut,
    Dataset,
    Network,
    Process,
    Region,
    Schema,
    SourceFile,
    Statistics,
    Step,
    Study,
)

FILES = tuple(
    SourceFile(f"{name}.root", f"https://example.org/{name}.root", digit * 64, None, events, f"x/{name}.root")
    for name, digit, events in (("first", "1", 100), ("second", "2", 23))
)
SCHEMA = Schema("Events", ("pt",))
SIGNAL = Dataset("signal", "S", "simulated", FILES, SCHEMA, cross_section=19.6, generated=476963)
RUN_A = Dataset("RunA", "A", "measured", FILES[:1], SCHEMA, luminosity=4.412)
RUN_B = Dataset("RunB", "B", "measured", FILES[1:], SCHEMA, luminosity=7.055)
DIMUON = Dataset("dimuon", "D", "simulated", FILES, SCHEMA, cross_section=1.0, generated=10)
STEP = Step("analysis.learning.settings:override")
STUDY = Study(
    name="example",
    title="An example",
    datasets=(SIGNAL, RUN_A, RUN_B, DIMUON),
    calibration_datasets=("dimuon",),
    campaigns=(Campaign("A", ("RunA",), 4.412), Campaign("AB", ("RunA", "RunB"), 11.467)),
    processes=(Process("signal", "S", ("signal",)),),
    regions=(Region("all", "all", (Cut("pt", ">", 20.0),)),),
    derive_calibration=STEP,
    calibrate=STEP,
    reconstruct=STEP,
    prepare_training=STEP,
    networks=(Network("dense", Step("analysis.learning.networks.dense:build", DenseSettings()), TrainingSettings()),),
    evaluate=STEP,
)
OWN = Dataset("own", "O", "simulated", generate=STEP, simulate=STEP, generated=40)
MINUTES = dataclasses.replace(OWN, name="minutes")
SCALE = dataclasses.replace(OWN, name="scale")
SIMULATING = dataclasses.replace(
    STUDY,
    datasets=(OWN, MINUTES, SCALE, RUN_A),
    calibration_datasets=("minutes",),
    scale_datasets=("scale",),
    campaigns=(),
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
    assert STUDY.measured("AB") == (RUN_A, RUN_B)
    assert STUDY.simulated == (SIGNAL,)  # not what serves the calibration


def test_unknown_names():
    with pytest.raises(StudyError, match=r"no data set of the study 'example' is called 'RunC'") as caught:
        STUDY.dataset("RunC")
    assert caught.value.cure == "use one of: signal, RunA, RunB, dimuon"
    with pytest.raises(StudyError, match=r"no campaign of the study 'example' is called 'C'(.|\n)*use one of: A, AB"):
        STUDY.measured("C")
    broken = dataclasses.replace(STUDY, campaigns=(Campaign("C", ("RunC",), 1.0),))
    with pytest.raises(StudyError, match="RunC"):
        broken.measured("C")


def test_statistics_scale_what_the_study_generates_but_for_the_calibration():
    large = SIMULATING.with_statistics("large")
    assert [dataset.events for dataset in large.datasets] == [400, 40, 400, 100]
    assert [dataset.events for dataset in SIMULATING.with_statistics("small").datasets] == [4, 40, 4, 100]
    assert SIMULATING.with_statistics("default") == SIMULATING
    with pytest.raises(StudyError, match=r"statistics .* 'huge'(.|\n)*use one of: default, large, small"):
        SIMULATING.with_statistics("huge")


def test_data_sets_that_serve_others_are_not_simulated_events_of_the_study():
    assert SIMULATING.simulated == (OWN,)


def test_a_study_without_campaigns_has_no_measured_events():
    assert SIMULATING.measured("") == ()
    with pytest.raises(StudyError, match="it has none"):
        SIMULATING.measured("A")


def test_steps_that_get_events_do_not_see_what_made_them():
    assert OWN.without_origin().generate is OWN.without_origin().simulate is None
    assert OWN.without_origin().name == "own"


def test_studies_cannot_be_changed():
    for thing in (STUDY, SIGNAL, STEP, FILES[0], SCHEMA, STUDY.campaigns[0], STUDY.regions[0].cuts[0]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, dataclasses.fields(thing)[0].name, "x")
        assert hash(thing) == hash(dataclasses.replace(thing))


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
        for cls in (Study, Dataset, SourceFile, Schema, Process, Region, Campaign, Cut, Step)
        for f in dataclasses.fields(cls)
        if f.metadata == PRESENTATION
    }
    titles = {"Study.title", "Dataset.title", "Process.title", "Region.title"}
    origins = {"Dataset.licence", "Dataset.doi", "Dataset.citation", "SourceFile.url", "SourceFile.mirror"}
    assert titles | origins | {"Study.chunk_events"} <= marked
    # what is not marked decides results
    assert not marked & {"SourceFile.sha256", "Dataset.files", "Dataset.schema", "Dataset.cross_section", "Cut.value"}


def test_importing_costs_nothing(repository: Path):
    code = "import sys, analysis.study; print(sorted({'numpy', 'law', 'luigi', 'awkward', 'jax'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
