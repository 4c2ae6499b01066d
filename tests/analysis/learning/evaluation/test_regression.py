from __future__ import annotations

import dataclasses
import json
import math

import jax
import numpy as np
import pytest

from analysis.errors import StudyError, TrainingError
from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.folds import split
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.evaluation.regression import (
    compare_estimators,
    compare_training,
    coordinate,
    evaluate,
    summarise,
)
from analysis.learning.evaluation.spread import in_words
from analysis.learning.loss_settings import Gaussian
from analysis.learning.regression_settings import BinAxis, RegressionEvaluation, Window
from analysis.learning.training.train import train
from analysis.results import Number

pytestmark = pytest.mark.long

EDGES = (1.0, 2.0, 3.0, 4.0)
SETTINGS = RegressionEvaluation(
    unit="g/cm2",
    axes=(BinAxis("energy", EDGES, "log10"), BinAxis("zenith", (0.0, 30.0, 60.0), "degrees")),
    windows=(Window("the middle", "energy", 2.0, 3.0, "log10"),),
    pair=("light", "heavy"),
)


def known_errors(events=6000, seed=1):
    """Events of two classes, and predictions whose bias and resolution by class and energy are known.

    The bias is 5 for light and -3 for heavy events; the resolution is 40, 30, 20 in the three bins of energy, and
    predicted to be 10 % too small.
    """
    random = np.random.default_rng(seed)
    label = random.integers(0, 2, events).astype(np.int32)
    energy = random.uniform(1.0, 4.0, events)
    target = np.where(label == 0, 800.0, 700.0) + np.where(label == 0, 60.0, 20.0) * random.normal(size=events)
    resolution = np.array([40.0, 30.0, 20.0])[energy.astype(int) - 1]
    mean = target + np.where(label == 0, 5.0, -3.0) + resolution * random.normal(size=events)
    inputs = TrainingInputs(
        features={"event": Features(np.zeros((events, 1), np.float32), np.ones((events, 1), bool), ("nothing",))},
        label=label,
        target=target[:, np.newaxis].astype(np.float32),
        weight=np.ones(events),
        identity=identify("known", 0, events),
        trainable=np.ones(events, bool),
        classes=("light", "heavy"),
        targets=("depth",),
        spectators={"energy": 10.0**energy, "zenith": np.radians(random.uniform(0, 60, events))},
    )
    return inputs, np.stack([mean, 0.9 * resolution], axis=1)


@pytest.fixture(scope="module")
def toy():
    return known_errors()


@pytest.fixture(scope="module")
def judged(toy):
    inputs, predictions = toy
    return summarise(predictions, inputs, SETTINGS)


def near(estimate, expected, sigmas=4.0):
    return abs(estimate["value"] - expected) < sigmas * estimate["uncertainty"]


def test_bias_and_resolution_are_found_for_every_class(judged):
    everything = judged["residuals"]
    assert list(everything) == ["all", "light", "heavy"]
    assert near(everything["light"]["mean"], 5.0)
    assert near(everything["heavy"]["mean"], -3.0)
    assert near(everything["light"]["width"], math.sqrt((40**2 + 30**2 + 20**2) / 3))
    assert everything["light"]["events"] + everything["heavy"]["events"] == everything["all"]["events"] == 6000


def test_bias_and_resolution_are_found_in_every_bin(judged):
    binned = judged["binned"]["energy"]
    assert binned["edges"] == list(EDGES)
    for name, bias in (("light", 5.0), ("heavy", -3.0)):
        assert len(binned[name]) == 3
        for moments, resolution in zip(binned[name], (40.0, 30.0, 20.0), strict=True):
            assert near(moments["mean"], bias)
            assert near(moments["width"], resolution)
            assert near(moments["robust_width"], resolution)
            assert moments["width"]["uncertainty"] == pytest.approx(resolution / math.sqrt(2 * 1000), rel=0.15)
    assert sum(moments["events"] for moments in binned["all"]) == 6000
    # the resolution does not depend on the zenith angle
    first, second = judged["binned"]["zenith"]["all"]
    assert first["width"]["value"] == pytest.approx(second["width"]["value"], rel=0.1)


def test_pulls_have_the_width_of_what_is_wrong_with_the_uncertainties(judged):
    pulls = judged["pulls"]["all"]
    # a class's own bias widens the pulls a little more
    assert near(judged["pulls"]["light"]["width"], 1 / 0.9, 6)
    assert pulls["mean"]["value"] == pytest.approx(0.04, abs=0.06)
    assert pulls["robust_width"]["value"] == pytest.approx(1 / 0.9, rel=0.06)


def test_the_merit_factor_is_that_of_the_predictions(judged, toy):
    factor = judged["merit_factor"]
    assert factor["classes"] == ["light", "heavy"]
    for estimate, resolution in zip(factor["binned"]["energy"], (40.0, 30.0, 20.0), strict=True):
        expected = 108.0 / math.sqrt(60**2 + 20**2 + 2 * resolution**2)
        assert near(estimate, expected)
        assert estimate["uncertainty"] < 0.05
    assert factor["windows"]["the middle"] == factor["binned"]["energy"][1]
    assert near(factor["all"], 108.0 / math.sqrt(60**2 + 20**2 + 2 * (40**2 + 30**2 + 20**2) / 3))


def test_a_window_is_a_bin(judged):
    assert judged["windows"]["the middle"] == {
        name: judged["binned"]["energy"][name][1] for name in ("all", "light", "heavy")
    }


def test_without_a_pair_there_is_no_merit_factor(toy):
    inputs, predictions = toy
    found = summarise(predictions, inputs, dataclasses.replace(SETTINGS, pair=()))
    assert found["merit_factor"] is None


def test_bins_with_too_few_events_say_so(toy):
    inputs, predictions = toy
    settings = dataclasses.replace(SETTINGS, axes=(BinAxis("energy", (0.0, 1.0, 5.0), "log10"),))
    empty, full = summarise(predictions, inputs, settings)["binned"]["energy"]["light"]
    assert empty == {"events": 0, "mean": None, "width": None, "robust_width": None}
    assert full["events"] > 2000
    assert summarise(predictions, inputs, settings)["merit_factor"]["binned"]["energy"][0] is None


def test_events_that_are_not_trainable_do_not_count(toy):
    inputs, predictions = toy
    some = np.arange(len(inputs)) < 2000
    spoiled = np.where(some[:, np.newaxis], predictions, 1e6)
    judged = summarise(spoiled, dataclasses.replace(inputs, trainable=some), SETTINGS)
    alone = summarise(predictions[some], inputs.select(some), SETTINGS)
    assert judged == alone
    # what has no energy is in no bin, and needs no logarithm
    energy = np.where(some, inputs.spectators["energy"], 0.0)
    without = dataclasses.replace(inputs, trainable=some, spectators={**inputs.spectators, "energy": energy})
    assert summarise(spoiled, without, SETTINGS) == alone


def test_the_order_of_events_does_not_matter(toy, judged):
    inputs, predictions = toy
    order = np.random.default_rng(3).permutation(len(inputs))
    again = summarise(predictions[order], inputs.select(order), SETTINGS)

    def numbers(found):
        return np.array([value for value in _leaves(found) if isinstance(value, float)])

    assert np.allclose(numbers(again), numbers(judged), rtol=1e-6)


def _leaves(found):
    if isinstance(found, dict):
        return [leaf for value in found.values() for leaf in _leaves(value)]
    if isinstance(found, list):
        return [leaf for value in found for leaf in _leaves(value)]
    return [found]


def test_coordinates(toy):
    inputs, _ = toy
    energy = coordinate(BinAxis("energy", EDGES, "log10"), inputs)
    assert np.all((energy >= 1.0) & (energy < 4.0))
    assert coordinate(BinAxis("zenith", EDGES, "degrees"), inputs).max() == pytest.approx(60, abs=0.1)
    assert coordinate(BinAxis("zenith", EDGES), inputs) is inputs.spectators["zenith"]


@pytest.fixture(scope="module")
def learned(pulses, small_network, small_settings, tmp_path_factory):
    """Networks that learned a target, the events, and what they say of them."""
    inputs = pulses(1500)
    settings = dataclasses.replace(small_settings, loss=Gaussian(), epochs=3)
    # so short a training takes less time than optimising the code for it
    jax.config.update("jax_disable_most_optimizations", True)
    trained = train(inputs, small_network, settings, checkpoints=tmp_path_factory.mktemp("checkpoints"))
    predictions = trained.predictions(inputs)
    jax.config.update("jax_disable_most_optimizations", False)
    return trained, inputs, predictions


PULSES = RegressionEvaluation(unit="m", axes=(BinAxis("seen", (500.0, 700.0, 900.0)),), pair=("light", "heavy"))


def test_networks_and_rivals_are_judged_side_by_side(learned):
    trained, inputs, predictions = learned
    rival = np.stack([inputs.spectators["seen"], np.full(len(inputs), 20.0)], axis=1)
    found = compare_estimators(trained, predictions, inputs, PULSES, {"rival": rival})
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["events"] == 1500
    assert (found["target"], found["unit"]) == ("depth", "m")
    assert found["estimators"]["network"] == summarise(predictions, inputs, PULSES)
    assert found["estimators"]["rival"] == summarise(rival, inputs, PULSES)
    # what the toy shows of its depth is spread by 10 or 30, one half each
    assert near(found["estimators"]["rival"]["residuals"]["all"]["width"], math.sqrt((10**2 + 30**2) / 2))
    # classes mean nothing here
    assert found["truth"]["merit_factor"]["all"]["value"] < 0.15
    resolution = found["estimators"]["network"]["residuals"]["all"]["width"]
    assert found["headline"]["resolution, network"] == in_words(resolution, "m")
    assert "resolution, rival" in found["headline"]
    assert found["headline"]["pulls of the network"].startswith("mean ")


def test_a_stage_judges_all_data_sets_together(learned):
    trained, inputs, predictions = learned
    parts = {"one": np.arange(700), "two": np.arange(700, 1500)}
    scores = {name: Scores(inputs.identity[rows], predictions[rows], ("depth", "sd")) for name, rows in parts.items()}
    found = evaluate(trained, scores, {name: inputs.select(rows) for name, rows in parts.items()}, PULSES)
    together = compare_estimators(trained, predictions, inputs, PULSES)
    assert found["estimators"] == together["estimators"]
    bias, resolution = (Number.from_json(one) for one in found["numbers"])
    assert (bias.name, resolution.name, bias.unit) == ("bias_depth", "resolution_depth", "m")
    assert resolution.value == together["estimators"]["network"]["residuals"]["all"]["width"]["value"]


def test_training_and_test_events_are_compared_fold_by_fold(learned):
    trained, inputs, _ = learned
    found = compare_training(trained, inputs)
    errors: dict[str, list[float]] = {"training": [], "test": []}
    for part in split(inputs.identity, 3):
        for kind, rows in (("training", part.training), ("test", part.test)):
            residual = trained.predictions_of(part.network, inputs)[rows, 0] - inputs.target[rows, 0]
            errors[kind].append(math.sqrt(np.average(residual.astype(float) ** 2, weights=inputs.weight[rows])))
    for kind, values in errors.items():
        assert found[kind]["value"] == pytest.approx(np.mean(values), rel=1e-4)
        assert 0 < found[kind]["uncertainty"] < 0.1 * found[kind]["value"]
    assert found["difference"]["value"] == pytest.approx(found["training"]["value"] - found["test"]["value"])
    assert [0 < test["p_value"] <= 1 for test in found["kolmogorov_smirnov"]] == [True] * 3


@pytest.mark.parametrize(
    ("changes", "settings", "fault"),
    [
        ({}, {"pair": ("light", "photon")}, "no class 'photon'"),
        ({}, {"axes": (BinAxis("muons", (0.0, 1.0)),)}, "no spectator 'muons'"),
        ({"trainable": np.zeros(100, bool)}, {}, "0 events are too few"),
        ({"weight": -np.ones(100)}, {}, "negative weights"),
        ({"targets": (), "target": np.zeros((100, 0), np.float32)}, {}, "these events have 0"),
    ],
)
def test_what_cannot_be_judged_is_refused(learned, changes, settings, fault):
    trained, _, _ = learned
    inputs, predictions = known_errors(100)
    with pytest.raises(TrainingError, match=fault):
        compare_estimators(
            trained, predictions, dataclasses.replace(inputs, **changes), dataclasses.replace(SETTINGS, **settings)
        )


def test_a_spectator_without_a_logarithm_is_refused(toy):
    inputs, predictions = toy
    spectators = {**inputs.spectators, "energy": inputs.spectators["energy"] - 50.0}
    with pytest.raises(TrainingError, match="'energy' has a value without a logarithm"):
        summarise(predictions, dataclasses.replace(inputs, spectators=spectators), SETTINGS)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(StudyError, match="rising edges"):
        BinAxis("energy", (1.0, 1.0))
    with pytest.raises(StudyError, match="rising edges"):
        BinAxis("energy", (1.0,))
    with pytest.raises(StudyError, match="no pair of classes"):
        RegressionEvaluation(pair=("light",))
