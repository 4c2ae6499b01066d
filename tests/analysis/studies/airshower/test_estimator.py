import dataclasses

import numpy as np
import pytest

from analysis.errors import StudyError, TrainingError
from analysis.events.identity import fold_of, identify
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.studies.airshower.estimator import estimate, fit, has_rise_time
from analysis.studies.airshower.evaluation_settings import EstimatorSettings

ALL = ("rise_time_1000", "delta", "zenith", "energy")
SETTINGS = EstimatorSettings(variables=ALL, degree=3)


def showers(events=4000, seed=1, noise=20.0):
    """Events whose rise time depends on X_max, zenith angle and energy, with a known spread in X_max (g/cm2)."""
    random = np.random.default_rng(seed)
    depth = random.normal(760.0, 60.0, events)
    seen = depth + noise * random.normal(size=events)
    secant = random.uniform(1.0, 2.0, events)
    log_energy = random.uniform(18.5, 20.0, events)
    delta = (seen - 760.0) / 60.0 * (1.0 + 0.5 * (2.0 - secant))
    rise_time = 200.0 + 60.0 * delta - 120.0 * (secant - 1.0) + 20.0 * (log_energy - 19.0)
    return TrainingInputs(
        features={"event": Features(np.zeros((events, 1), np.float32), np.ones((events, 1), bool), ("nothing",))},
        label=random.integers(0, 2, events).astype(np.int32),
        target=depth[:, np.newaxis].astype(np.float32),
        weight=np.ones(events),
        identity=identify("showers", seed, events),
        trainable=np.ones(events, bool),
        classes=("proton", "iron"),
        targets=("xmax",),
        spectators={
            "rise_time_1000": np.maximum(rise_time, 1.0),
            "delta": delta,
            "zenith": np.arccos(1.0 / secant),
            "energy": 10.0**log_energy,
        },
    )


def with_spectators(inputs, **changes):
    return dataclasses.replace(inputs, spectators={**inputs.spectators, **changes})


@pytest.fixture(scope="module")
def inputs():
    return showers()


def test_the_depth_is_found_as_well_as_the_rise_times_know_it(inputs):
    predictions = estimate(inputs, 4, SETTINGS)
    assert predictions.shape == (4000, 2)
    error = predictions[:, 0] - inputs.target[:, 0]
    assert abs(error.mean()) < 1.5
    # the best that a linear estimator can do: 20 g/cm2 seen, 60 g/cm2 true
    best = 20 * 60 / np.hypot(20, 60)
    assert error.std() == pytest.approx(best, rel=0.06)
    pulls = error / predictions[:, 1]
    assert pulls.std() == pytest.approx(1.0, abs=0.06)


def test_the_estimator_has_never_seen_the_events_that_it_is_applied_to(inputs):
    predictions = estimate(inputs, 4, SETTINGS)
    for number in range(4):
        # network i is tested on fold i and stopped by fold i + 1: whatever their depths are, nothing changes for fold i
        fold = fold_of(inputs.identity, 4)
        kept = np.isin(fold, [number, (number + 1) % 4])
        target = np.where(kept[:, np.newaxis], np.float32(3000.0), inputs.target)
        changed = estimate(dataclasses.replace(inputs, target=target), 4, SETTINGS)
        own = fold == number
        assert np.array_equal(changed[own], predictions[own])
        assert not np.array_equal(changed[~kept], predictions[~kept])


def test_events_that_are_not_trainable_are_predicted_but_calibrate_nothing(inputs):
    trainable = np.arange(4000) % 2 == 0
    spoiled = np.where(trainable[:, np.newaxis], inputs.target, np.float32(1e6))
    some = dataclasses.replace(inputs, trainable=trainable, target=spoiled)
    predictions = estimate(some, 4, SETTINGS)
    assert np.abs(predictions[:, 0] - inputs.target[:, 0]).max() < 200
    alone = estimate(inputs.select(trainable), 4, SETTINGS)
    assert np.allclose(predictions[trainable], alone, rtol=1e-9)


def test_events_without_a_rise_time_get_the_mean(inputs):
    missing = np.arange(4000) % 10 == 0
    rise_time, delta = (inputs.spectators[name] for name in ("rise_time_1000", "delta"))
    some = with_spectators(
        inputs, rise_time_1000=np.where(missing, -1.0, rise_time), delta=np.where(missing, -1.0, delta)
    )
    assert np.array_equal(has_rise_time(some), ~missing)
    predictions = estimate(some, 4, SETTINGS)
    assert np.all(np.isfinite(predictions))
    assert len(np.unique(predictions[missing, 0])) == 4
    assert predictions[missing, 0] == pytest.approx(760 * np.ones(400), abs=3)
    assert predictions[missing, 1] == pytest.approx(60 * np.ones(400), abs=3)
    # the others are as well known as ever, although many a Delta is below zero
    error = (predictions[:, 0] - inputs.target[:, 0])[~missing]
    assert error.std() < 21


def test_each_event_is_predicted_by_itself(inputs):
    polynomial = fit(inputs, SETTINGS)
    together = polynomial(inputs)
    for rows in ([3], [1, 0], list(range(100, 900, 7))):
        assert np.array_equal(polynomial(inputs.select(np.array(rows))), together[rows])


def test_the_order_of_events_does_not_matter(inputs):
    order = np.random.default_rng(1).permutation(4000)
    assert np.allclose(estimate(inputs.select(order), 4, SETTINGS), estimate(inputs, 4, SETTINGS)[order], rtol=1e-9)


def test_a_polynomial_is_found_again():
    inputs = showers(noise=0.0)
    x, y = inputs.spectators["rise_time_1000"] / 200, inputs.spectators["delta"]
    exact = with_spectators(inputs)
    exact = dataclasses.replace(exact, target=(700 + 30 * x**2 * y - 10 * y**3)[:, np.newaxis].astype(np.float32))
    predictions = estimate(exact, 4, EstimatorSettings(variables=ALL, degree=3, ridge=0.0))
    assert predictions[:, 0] == pytest.approx(exact.target[:, 0], abs=0.01)
    # a polynomial of lower degree cannot
    rough = estimate(exact, 4, EstimatorSettings(variables=ALL, degree=1))
    assert np.std(rough[:, 0] - exact.target[:, 0]) > 1


def test_weights_say_which_events_count():
    inputs = showers()
    light = inputs.label == 0
    shifted = dataclasses.replace(inputs, target=inputs.target + np.where(light, 0, 40).astype(np.float32)[:, None])
    for weight, expected in ((np.where(light, 1.0, 1e-6), 0.0), (np.where(light, 1e-6, 1.0), 40.0)):
        predictions = estimate(dataclasses.replace(shifted, weight=weight), 4, SETTINGS)
        assert np.mean(predictions[:, 0] - inputs.target[:, 0]) == pytest.approx(expected, abs=2)


def test_a_variable_that_never_varies_does_no_harm(inputs):
    vertical = with_spectators(inputs, zenith=np.zeros(4000))
    assert np.all(np.isfinite(estimate(vertical, 4, SETTINGS)))


def test_too_few_events_are_refused():
    with pytest.raises(TrainingError, match=r"too few for a polynomial of 35 terms"):
        estimate(showers(100), 4, SETTINGS)


def test_a_missing_spectator_is_named(inputs):
    spectators = {name: column for name, column in inputs.spectators.items() if name != "delta"}
    with pytest.raises(TrainingError, match="needs the spectator 'delta'"):
        estimate(dataclasses.replace(inputs, spectators=spectators), 4, SETTINGS)


@pytest.mark.parametrize("changes", [{"degree": 0}, {"ridge": -1.0}])
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(StudyError, match="degree"):
        EstimatorSettings(**changes)


def test_events_that_were_not_reconstructed_do_no_harm(inputs):
    lost = np.arange(4000) % 50 == 0
    some = with_spectators(inputs, energy=np.where(lost, 0.0, inputs.spectators["energy"]))
    some = dataclasses.replace(some, trainable=~lost)
    predictions = estimate(some, 4, SETTINGS)
    assert np.all(np.isfinite(predictions))
    assert len(np.unique(predictions[lost, 0])) == 4


def test_the_default_is_the_published_form():
    inputs = showers(noise=0.0)
    delta, lg_energy = inputs.spectators["delta"], np.log10(inputs.spectators["energy"])
    depth = 700.0 + 56.0 * delta + 3.6 * lg_energy
    published = dataclasses.replace(inputs, target=depth[:, np.newaxis].astype(np.float32))
    settings = EstimatorSettings(ridge=0.0)
    assert estimate(published, 4, settings)[:, 0] == pytest.approx(depth, abs=0.01)
    polynomial = fit(published, settings)
    assert (polynomial.coefficients[1:] / polynomial.scale).round(2).tolist() == [56.0, 3.6]
    # and knows nothing of the zenith angle
    tilted = with_spectators(published, zenith=np.full(4000, 1.0), rise_time_1000=np.full(4000, 50.0))
    assert np.array_equal(polynomial(tilted), polynomial(published))


@pytest.mark.parametrize("variables", [(), ("delta", "colour"), ("xmax",)])
def test_unknown_variables_are_refused(variables):
    with pytest.raises(StudyError, match=r"EstimatorSettings\.variables"):
        EstimatorSettings(variables=variables)
