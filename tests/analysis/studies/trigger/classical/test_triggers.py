from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.events.columns import nested_values
from analysis.events.identity import identify
from analysis.studies.airshower.simulation.detector import peak_share, photomultipliers
from analysis.studies.airshower.simulation.settings import TriggerSettings as AirshowerTriggers
from analysis.studies.airshower.simulation.triggers import OVER_THRESHOLD, THRESHOLD, station_trigger
from analysis.studies.trigger.classical.triggers import largest_occupancy, largest_threshold, trigger
from analysis.studies.trigger.settings import Occupancy, TriggerSettings
from analysis.studies.trigger.simulation.settings import StationSettings
from analysis.studies.trigger.simulation.stations import generate, simulate
from analysis.studies.trigger.traces import Traces

SETTINGS = TriggerSettings()


@pytest.mark.parametrize(("threshold", "low"), [(1.75, 0.2), (0.8, 0.09)])
def test_triggers_are_those_of_the_study_airshower(threshold: float, low: float) -> None:
    stations = StationSettings()
    # as the other study knows it: noisy photomultipliers take part
    raw = simulate(generate(identify("a", 0, 400), stations), stations.simulation)
    found = trigger(raw, SETTINGS)
    constants = photomultipliers(SETTINGS.observatory, SETTINGS.detector)
    station = nested_values(raw.stations.station)
    used = ~constants.noisy[station].any(axis=1)
    high = nested_values(raw.stations.high).reshape(len(station), 3, -1)[used].astype(np.uint16)
    station = station[used]
    peak = constants.charge[station] * peak_share(
        constants.decay[station, None], SETTINGS.observatory, SETTINGS.detector
    )
    conditions = AirshowerTriggers(
        threshold=tuple(threshold * one for one in SETTINGS.coincidence),  # type: ignore[arg-type]
        occupancy_threshold=low,
        search=high.shape[2],
    )
    bits, _ = station_trigger(high, constants.baseline_high[station], peak, constants.dead[station], 0, conditions)
    largest = {name: nested_values(found.stations[name])[used] for name in ("threshold", "over_threshold")}
    for bit, name, level in ((THRESHOLD, "threshold", threshold), (OVER_THRESHOLD, "over_threshold", low)):
        agreed = (largest[name] >= level) == (bits & bit > 0)
        # a threshold is found to a part of 2,000
        near = np.abs(largest[name] - level) < 1e-3
        assert (agreed | near).all()
        assert 0.1 < (bits & bit > 0).mean() < 0.95


def test_samples_over_threshold_are_counted_in_a_window() -> None:
    signal = np.zeros((1, 3, 100), np.float32)
    signal[0, :2, 10:90:10] = 0.5
    signal[0, 0, 10] = 0.3
    traces = Traces(np.arange(1), signal, np.ones((1, 3), bool))
    for samples, window, expected in ((8, 71, 0.3), (8, 70, 0.0), (7, 61, 0.5), (9, 100, 0.0)):
        found = largest_occupancy(traces, Occupancy(samples, window), SETTINGS)
        assert found[0] == pytest.approx(expected, abs=1e-3)
    one = replace(traces, working=np.array([[True, False, False]]))
    assert largest_occupancy(one, Occupancy(7, 61), SETTINGS)[0] == pytest.approx(0.5, abs=1e-3)


def test_a_station_without_photomultipliers_never_triggers() -> None:
    none = Traces(np.arange(1), np.zeros((1, 3, 50), np.float32), np.zeros((1, 3), bool))
    assert largest_threshold(none, SETTINGS)[0] == 0.0
    assert largest_occupancy(none, SETTINGS.over_threshold, SETTINGS)[0] == 0.0
