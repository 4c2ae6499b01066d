import dataclasses
import json

import jax
import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.evaluation.regression import summarise
from analysis.learning.loss_settings import Gaussian
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.optimizer_settings import AdamW
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.studies.airshower.estimator import estimate
from analysis.studies.airshower.evaluation import evaluate
from analysis.studies.airshower.evaluation_settings import FIGURES, EvaluationSettings
from analysis.study import Step

PRIMARIES = {"proton": 1, "helium": 4, "nitrogen": 14, "iron": 56}


def showers(events=2400):
    """Toy events: of X_max, the network sees a value with 15 g/cm2 of noise, the rise times one with 40 g/cm2."""
    random = np.random.default_rng(1)
    label = random.integers(0, 4, events).astype(np.int32)
    log_energy = random.uniform(18.5, 20.0, events)
    depth = 800.0 - 30.0 * label + 50.0 * (log_energy - 19.0) + (60.0 - 12.0 * label) * random.normal(size=events)
    seen = depth + 15.0 * random.normal(size=events)
    delta = (depth + 40.0 * random.normal(size=events) - 760.0) / 60.0
    zenith = np.arccos(np.sqrt(random.uniform(0.25, 1.0, events)))
    missing = random.random(events) < 0.05
    values = np.stack([seen, log_energy], axis=1).astype(np.float32)
    energy = 10**log_energy
    return TrainingInputs(
        features={"event": Features(values, np.ones(values.shape, bool), ("seen", "log_energy"))},
        label=label,
        target=depth[:, np.newaxis].astype(np.float32),
        weight=np.ones(events),
        identity=identify("showers", 0, events),
        trainable=random.random(events) < 0.9,
        classes=tuple(PRIMARIES),
        targets=("xmax",),
        spectators={
            "rise_time_1000": np.where(missing, -1.0, 250.0 + 60.0 * delta),
            "delta": np.where(missing, -1.0, delta),
            "zenith": zenith,
            "energy": energy * random.lognormal(0.0, 0.1, events),
            "true_zenith": zenith,
            "true_energy": energy,
            "mass_number": np.array(list(PRIMARIES.values()), float)[label],
        },
    )


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    inputs = showers()
    network = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(16,), dropout=0.0, segments=0))
    settings = TrainingSettings(
        folds=3,
        epochs=15,
        batch_size=64,
        learning_rate=2e-2,
        optimizer=AdamW(weight_decay=0.01),
        loss=Gaussian(),
        patience=15,
    )
    # so short a training takes less time than optimising the code for it
    jax.config.update("jax_disable_most_optimizations", True)
    trained = train(inputs, network, settings, checkpoints=tmp_path_factory.mktemp("checkpoints"))
    predictions = trained.predictions(inputs)
    few = np.arange(len(inputs)) < 900
    some = {"few": few, "many": ~few}
    scores = {n: Scores(inputs.identity[rows], predictions[rows], ("mean", "deviation")) for n, rows in some.items()}
    result = evaluate(trained, scores, {n: inputs.select(rows) for n, rows in some.items()}, EvaluationSettings())
    jax.config.update("jax_disable_most_optimizations", False)
    return inputs, predictions, result


def test_network_and_estimator_are_judged_by_the_same_events(evaluated):
    inputs, predictions, result = evaluated
    settings = EvaluationSettings()
    assert list(result["estimators"]) == ["network", "rise_time"]
    assert result["estimators"]["network"] == summarise(predictions, inputs, settings.regression)
    rival = estimate(inputs, 3, settings.estimator)
    assert result["estimators"]["rise_time"] == summarise(rival, inputs, settings.regression)
    assert result["events"] == inputs.trainable.sum()
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_the_network_beats_the_estimator_where_it_sees_more(evaluated):
    *_, result = evaluated
    network, rival = (
        result["estimators"][name]["windows"]["10^19 eV"]["all"]["width"] for name in ("network", "rise_time")
    )
    assert network["value"] < 20
    assert network["value"] + 5 * network["uncertainty"] < rival["value"]
    factors = [
        result["estimators"][name]["merit_factor"]["windows"]["10^19.5 eV"]["value"]
        for name in ("network", "rise_time")
    ]
    assert factors[0] > 0.8
    assert all(factor < 2 for factor in factors)


def test_the_headline_answers_the_studys_questions(evaluated):
    inputs, _, result = evaluated
    headline = result["headline"]
    for name in ("network", "rise time"):
        assert headline[f"resolution at 10^19 eV, {name}"].endswith(" g/cm2")
        for primary in PRIMARIES:
            assert " ± " in headline[f"bias at 10^19.5 eV, {primary}, {name}"]
        assert " ± " in headline[f"merit factor proton - iron at 10^19.5 eV, {name}"]
        assert " ± " in headline[f"width of the pulls, {name}"]
    bias = result["estimators"]["network"]["windows"]["10^19.5 eV"]["iron"]["mean"]
    assert headline["bias at 10^19.5 eV, iron, network"].startswith(f"{bias['value']:.1f}"[:-1])
    guessed = int((inputs.trainable & (inputs.spectators["rise_time_1000"] < 0)).sum())
    assert result["without_rise_time"] == guessed > 0
    assert headline["events without a rise time"] == f"{guessed} of {inputs.trainable.sum()}"


def test_a_window_without_events_is_said_in_words(evaluated):
    inputs, predictions, _ = evaluated
    settings = EvaluationSettings()
    low = inputs.spectators["true_energy"] < 10**19.4
    found = summarise(predictions[low], inputs.select(low), settings.regression)
    assert found["windows"]["10^19.5 eV"]["proton"]["mean"] is None
    assert found["merit_factor"]["windows"]["10^19.5 eV"] is None


def test_the_figures_are_of_what_is_asked():
    settings = EvaluationSettings()
    asked = {axis.spectator for axis in settings.regression.axes}
    assert {axis.spectator for axis in FIGURES.axes} == asked
    assert FIGURES.separation in asked
    assert dict(FIGURES.estimators).keys() == {"network", settings.estimator.name}
    assert len(set(FIGURES.names)) == len(FIGURES.names)
    # the primaries lie within the windows that the study quotes
    for window in settings.regression.windows:
        assert any(window.spectator == axis.spectator for axis in settings.regression.axes)


def test_other_bins_can_be_asked_for(evaluated):
    inputs, predictions, _ = evaluated
    regression = dataclasses.replace(EvaluationSettings().regression, axes=())
    assert summarise(predictions, inputs, regression)["binned"] == {}
