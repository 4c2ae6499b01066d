from __future__ import annotations

from dataclasses import replace

import numpy as np
from flax import nnx

from analysis.events.identity import identify
from analysis.learning.networks.quantised import Quantised, build, integers
from analysis.learning.networks.quantised_settings import FixedPoint
from analysis.studies.trigger.network.inputs import prepare
from analysis.studies.trigger.network.judging import largest_output, outputs_of
from analysis.studies.trigger.network.networks import network
from analysis.studies.trigger.network.settings import LearningSettings, WindowSettings
from analysis.studies.trigger.network.windows import bin_means, windows
from analysis.studies.trigger.simulation import background
from analysis.studies.trigger.simulation.settings import BackgroundSettings, StationSettings
from analysis.studies.trigger.simulation.stations import generate, simulate
from analysis.studies.trigger.traces import of_stations

SETTINGS = WindowSettings()


def _network(hidden: tuple[int, ...] = (16, 16)):
    found = build({"window": (SETTINGS.bins,)}, 2, nnx.Rngs(3), network(hidden, 5, 0.5))
    assert isinstance(found, Quantised)
    return integers(found)


def test_inputs_are_those_of_the_network() -> None:
    assert network((8,), 4, 1.0).inputs == FixedPoint(SETTINGS.bits, SETTINGS.bits - SETTINGS.fraction, signed=False)


def test_single_precision_says_what_integers_say() -> None:
    one = _network((32, 32, 32))
    random = np.random.default_rng(1)
    inputs = (random.integers(0, 2**SETTINGS.bits, (3000, SETTINGS.bins)) * random.integers(0, 2, (3000, 1))).astype(
        np.int16
    )
    assert np.array_equal(outputs_of(one)(inputs), one.evaluate(inputs)[:, 0])


def test_every_sample_is_looked_at() -> None:
    one, background_settings = _network(), BackgroundSettings()
    raw = background.simulate(background.generate(identify("b", 0, 10), background_settings), background_settings)
    largest, seen = largest_output(raw, one, SETTINGS)
    assert np.array_equal(one.evaluate(seen)[:, 0], largest)
    for traces in of_stations(raw, SETTINGS.triggers):
        starts = np.arange(1 - SETTINGS.samples, traces.signal.shape[2])
        every = windows(bin_means(traces.mean(), SETTINGS), np.tile(starts, (len(traces.rows), 1)), SETTINGS)
        outputs = one.evaluate(every.reshape(-1, SETTINGS.bins)).reshape(len(traces.rows), -1)
        assert np.array_equal(outputs.max(axis=1), largest[traces.rows])


def test_results_do_not_depend_on_what_is_looked_at_together() -> None:
    one, settings = _network(), BackgroundSettings()
    raw = background.simulate(background.generate(identify("b", 0, 40), settings), settings)
    few = replace(SETTINGS, triggers=replace(SETTINGS.triggers, block=1000))
    together, apart = largest_output(raw, one, SETTINGS), largest_output(raw, one, few)
    assert np.array_equal(together[0], apart[0])
    assert np.array_equal(together[1], apart[1])


def test_networks_learn_from_faint_stations_and_all_background() -> None:
    learning, stations, settings = LearningSettings(), StationSettings(), BackgroundSettings()
    truth = generate(identify("s", 0, 80), stations)
    showers = prepare(simulate(truth, stations.simulation), truth, learning)
    assert (showers.label == 1).all()
    signal = np.asarray(truth.signal)
    assert not showers.trainable[(signal < 0.5) | (signal > 8.0)].any()
    muons = background.generate(identify("b", 0, 80), settings)
    others = prepare(background.simulate(muons, settings), muons, learning)
    assert (others.label == 0).all()
    assert others.trainable.all()
    part = prepare(background.simulate(muons[10:30], settings), muons[10:30], learning)
    assert np.array_equal(part.features["window"].values, others.features["window"].values[10:30])
