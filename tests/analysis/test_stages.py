"""Stages: what makes them, and changes of their settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from analysis.errors import StudyError
from analysis.histograms.weight_settings import Weights
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.tuning_settings import Real, Tuning
from analysis.stages import PER
from analysis.study import (
    Corrections,
    Events,
    Figures,
    Fit,
    Histograms,
    Inputs,
    Network,
    Publications,
    Result,
    Scores,
    Stage,
    Step,
    Task,
    Training,
    Workspaces,
)


@dataclass(frozen=True)
class Cuts:
    least: float = 20.0
    names: tuple[str, ...] = ("a",)


STEP, CUTTING = Step("analysis.validated:override"), Step("analysis.validated:override", Cuts())
NETWORKS = tuple(
    Network(name, Step("analysis.learning.networks.dense:build", DenseSettings()), TrainingSettings())
    for name in ("small", "large")
)
TUNING = Tuning("default", rounds=1, trials=2, space=(Real("training.learning_rate", 1e-3, 1e-2),))
TRAINING = Training("training", networks=NETWORKS, tunings=(TUNING,))


@pytest.mark.parametrize(
    ("stage", "family", "holds", "payload"),
    [
        (Events("a", STEP), "MakeEvents", "events", ("parquet",)),
        (Events("a", STEP, task="CalibrateEvents"), "CalibrateEvents", "events", ("parquet",)),
        (Events("a", STEP, per="dataset"), "MakeDatasets", "events", ("parquet",)),
        (Inputs("a", STEP), "PrepareTraining", "", ("safetensors",)),
        (
            Corrections("a", STEP),
            "DeriveCalibration",
            "results",
            ("corrections.json", "measurements.json", "curves.safetensors"),
        ),
        (Result("mass", STEP), "MakeResult", "results", ("mass.json",)),
        (Result("mass", STEP, per="fold", folds=3), "MakeFolds", "results", ("mass.json",)),
        (Result("mass", STEP, per="campaign"), "MakeResult", "results", ("mass.json",)),
        (Figures("a", STEP, names=("x", "y")), "MakeFigures", "figures", ("x.pdf", "x.png", "y.pdf", "y.png")),
        (TRAINING, "TrainModel", "", ("parameters.safetensors", "network.json", "history.jsonl", "events.tfevents")),
        (Scores("a"), "ScoreEvents", "", ("safetensors",)),
        (Histograms("a"), "MergeHistograms", "", ("histograms.zip",)),
        (Workspaces("a", STEP, names=("x", "y")), "BuildWorkspace", "", ("x.json", "y.json")),
        (
            Workspaces("a", STEP, names=("x",), per_seed=True),
            *("BuildWorkspace", "", ("x.json", "seeds.json")),
        ),
        (Fit("fit", STEP), "FitMeasurement", "results", ("fit.json",)),
        (Publications("a"), "FetchPublications", "", ()),
    ],
)
def test_what_makes_a_stage_and_how_it_is_kept(stage: Stage, family: str, holds: str, payload: tuple[str, ...]):
    assert (stage.family, stage.holds, stage.payload) == (family, holds, payload)
    assert stage.per in PER


def test_a_task_of_ones_own():
    assert Task("a", task="lab.tasks:CountStars").family == "CountStars"


def test_an_unknown_format():
    with pytest.raises(StudyError, match="there is no format 'rootfile'"):
        _ = Result("a", STEP, format="rootfile").payload


def test_settings_of_a_step_change():
    changed = Events("a", CUTTING, selects=True).changed({"least": "25", "names": "b,c"})
    assert changed == Events("a", Step(STEP.function, Cuts(25.0, ("b", "c"))), selects=True)


@pytest.mark.parametrize("stage", [Events("a", STEP), Publications("a"), Scores("a")])
def test_no_settings(stage: Stage):
    with pytest.raises(StudyError, match="the stage 'a' has no settings") as caught:
        stage.changed({"least": "25"})
    assert "ListStages" in caught.value.cure


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"most": "25"}, r"Cuts has no setting 'most'(.|\n)*use one of: least, names"),
        ({"least": "many"}, r"Cuts: least is 'many'(.|\n)*it must be a"),
        ({"least.inner": "1"}, "which has no settings of its own"),
    ],
)
def test_settings_that_there_are_not(changes: dict[str, str], message: str):
    with pytest.raises(StudyError, match=message):
        Events("a", CUTTING).changed(changes)


def test_another_network():
    assert TRAINING.chosen is NETWORKS[0]
    changed = TRAINING.changed({"network": "large", "network.hidden": "8", "training.epochs": "3"})
    chosen = changed.chosen
    assert (chosen.name, chosen.build.settings.hidden, chosen.training.epochs) == ("large", (8,), 3)
    # the others stay
    assert changed.networks[0] is NETWORKS[0]
    assert TRAINING.changed({"training.epochs": "3"}).chosen.training.epochs == 3
    assert TRAINING.changed({"tuning": "default"}).tuning == "default"
    assert TRAINING.search("default") is TUNING


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "huge"}, r"no network of the stage 'training' is called 'huge'(.|\n)*use one of: small, large"),
        ({"tuning": "long"}, r"no tuning of the stage 'training' is called 'long'(.|\n)*use one of: default"),
        ({"epochs": "3"}, r"'training' has no setting 'epochs'(.|\n)*training\.training\.SETTING=VALUE"),
        ({"training.": "3"}, "'training' has no setting 'training.'"),
        ({"batch.size": "3"}, r"'training' has no setting 'batch\.size'"),
        ({"network.width": "3"}, "DenseSettings has no setting 'width'"),
        ({"training.epochs": "few"}, "TrainingSettings: epochs is 'few'"),
    ],
)
def test_networks_that_there_are_not(changes: dict[str, str], message: str):
    with pytest.raises(StudyError, match=message):
        TRAINING.changed(changes)


def test_settings_of_weights_change():
    assert Histograms("a", weights=CUTTING).changed({"least": "1"}).weights.settings.least == 1.0
    table = Weights()
    assert Histograms("a", weights=table).changed({}) == Histograms("a", weights=table)
    with pytest.raises(StudyError, match=r"analysis\.validated:override has no settings"):
        Histograms("a", weights=STEP).changed({"least": "1"})
    with pytest.raises(StudyError, match="Weights has no setting 'least'"):
        Histograms("a", weights=table).changed({"least": "1"})


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        ({}, "observed"),
        ({"blind": True}, "asimov"),
        ({"blind": True, "data": "observed"}, "observed"),
        ({"data": "asimov"}, "asimov"),
    ],
)
def test_which_data_are_fitted(given: dict[str, Any], fitted: str):
    assert Fit("fit", STEP, **given).fitted == fitted


def test_other_data_and_settings_of_a_fit():
    fit = Fit("fit", CUTTING, blind=True)
    changed = fit.changed({"data": "observed", "least": "3"})
    assert changed == Fit("fit", Step(CUTTING.function, Cuts(3.0)), blind=True, data="observed")
    assert fit.changed({"data": ""}) == fit
    # no settings are needed for that
    assert Fit("fit", STEP).changed({"data": "asimov"}).fitted == "asimov"
    with pytest.raises(StudyError, match=r"fit\.data is 'measured'(.|\n)*use one of: asimov, observed"):
        fit.changed({"data": "measured"})
    with pytest.raises(StudyError, match="Cuts has no setting 'most'"):
        fit.changed({"data": "asimov", "most": "1"})
