from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.events.columns import nested_values, values
from analysis.events.identity import identify
from analysis.studies.airshower.simulation import events, showers
from analysis.studies.airshower.simulation.settings import ShowerSettings
from analysis.studies.trigger.settings import TriggerSettings
from analysis.studies.trigger.simulation.settings import StationSettings, every_station
from analysis.studies.trigger.simulation.stations import generate, simulate
from analysis.studies.trigger.traces import of_stations

SETTINGS = StationSettings(ShowerSettings(log10_energy=(17.5, 19.0), core_radius=2500.0))


def test_a_station_is_the_same_beside_any_others() -> None:
    truth = generate(identify("stations", 0, 150), SETTINGS)
    whole = simulate(truth, SETTINGS.simulation)
    assert ak.array_equal(whole[50:90], simulate(truth[50:90], SETTINGS.simulation))
    assert ak.array_equal(truth[50:90], generate(identify("stations", 50, 40), SETTINGS))


def test_stations_see_what_they_are_expected_to_see() -> None:
    truth = generate(identify("stations", 0, 1500), SETTINGS)
    signal = values(truth, "signal")
    seen = np.zeros(len(signal))
    for traces in of_stations(simulate(truth, SETTINGS.simulation), TriggerSettings()):
        # a pulse of one VEM peak has 3.61 of them
        seen[traces.rows] = traces.mean().sum(axis=1) / 3.61
    faint = (signal > 0.5) & (signal < 5.0)
    assert seen[faint].sum() / signal[faint].sum() == pytest.approx(1.0, abs=0.1)
    # most of them are quiet, and there all the same
    assert np.count_nonzero(seen < 0.3) > 50


def test_every_station_of_the_array_is_recorded() -> None:
    settings = every_station(0.2)
    truth = showers.generate(identify("showers", 0, 12), SETTINGS.showers)
    raw = events.simulate(truth, settings)
    assert len(raw) == 12
    everything, triggered = ak.num(raw.stations), ak.num(events.simulate(truth, type(settings)()).stations)
    assert ak.sum(everything) > 2 * ak.sum(triggered)
    quiet = [traces.signal.max(axis=(1, 2)) < 0.2 for traces in of_stations(raw, TriggerSettings())]
    assert np.concatenate(quiet).any()
    # at their first sample, far before the shower
    assert (nested_values(raw.stations.trigger) > 0).all()
