from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.studies.airshower.array import positions
from analysis.studies.airshower.simulation.detector import photomultipliers
from analysis.studies.airshower.simulation.events import simulate
from analysis.studies.airshower.simulation.settings import DetectorSettings, ShowerSettings, SimulationSettings
from analysis.studies.airshower.simulation.showers import generate
from analysis.studies.airshower.simulation.times import SPEED_OF_LIGHT


def _same(one: ak.Array, two: ak.Array) -> bool:
    """To the last bit, missing values included."""
    return one.type == two.type and ak.array_equal(one, two, equal_nan=True)


def _channel(raw: ak.Array, name: str) -> np.ndarray:
    """Traces of all stations, (n, 3, 256)."""
    return np.asarray(ak.flatten(raw.stations[name], axis=None)).reshape(-1, 3, 256)


def _of_station(raw: ak.Array, values: np.ndarray) -> np.ndarray:
    return np.repeat(values, ak.num(raw.stations).to_numpy())


@pytest.mark.parametrize("size", [1, 7, 64])
def test_an_event_is_the_same_whatever_the_chunk(
    truth: ak.Array, raw: ak.Array, settings: SimulationSettings, size: int
) -> None:
    some = truth[:70]
    parts = [simulate(some[i : i + size], settings) for i in range(0, len(some), size)]
    expected = raw[np.isin(raw.identity.to_numpy(), some.identity.to_numpy())]
    assert _same(ak.concatenate([part for part in parts if len(part)]), expected)


def test_an_event_is_the_same_whatever_the_block_and_the_order(
    truth: ak.Array, raw: ak.Array, settings: SimulationSettings
) -> None:
    assert _same(simulate(truth, replace(settings, block=11)), raw)
    assert _same(simulate(truth[::-1], settings)[::-1], raw)


def test_there_is_no_truth_in_raw_events(raw: ak.Array) -> None:
    assert raw.fields == ["identity", "time", "fd_energy", "fd_xmax", "stations"]
    assert raw.stations.fields == ["station", "start", "trigger", "high", "low"]


def test_the_time_does_not_tell_when_the_core_was_hit(raw: ak.Array, truth: ak.Array) -> None:
    assert ak.all(ak.min(raw.stations.start, axis=1) == 0.0)
    known = dict(zip(truth.identity.tolist(), truth.time.tolist(), strict=True))
    offset = raw.time.to_numpy() - np.array([known[identity] for identity in raw.identity.tolist()])
    assert np.abs(offset).max() < 1e-4


def test_every_event_has_three_neighbours_and_every_station_a_trigger(raw: ak.Array) -> None:
    assert ak.min(ak.num(raw.stations)) >= 3
    assert set(np.unique(ak.flatten(raw.stations.trigger).to_numpy())) == {1, 2, 3}
    for stations in raw.stations.station:
        assert len(set(stations.tolist())) == len(stations)


def test_traces_begin_when_the_shower_front_passes(
    raw: ak.Array, truth: ak.Array, settings: SimulationSettings
) -> None:
    rows = {identity: i for i, identity in enumerate(truth.identity.tolist())}
    shower = truth[[rows[identity] for identity in raw.identity.tolist()]]
    place = positions(settings.observatory)[ak.flatten(raw.stations.station).to_numpy()]
    zenith, azimuth = (_of_station(raw, shower[name].to_numpy()) for name in ("zenith", "azimuth"))
    east = place[:, 0] - _of_station(raw, shower.x_core.to_numpy())
    north = place[:, 1] - _of_station(raw, shower.y_core.to_numpy())
    ahead = np.sin(zenith) * (np.cos(azimuth) * east + np.sin(azimuth) * north)
    distance = np.sqrt(east**2 + north**2 - ahead**2)
    offset = _of_station(raw, 1e9 * (raw.time.to_numpy() - shower.time.to_numpy()))
    trigger = ak.flatten(raw.stations.start).to_numpy() + offset + settings.observatory.pretrigger * 25.0
    late = trigger + ahead / SPEED_OF_LIGHT
    near = distance < 600.0
    assert near.sum() > 50
    # behind the plane front by its curvature and the rise of the signal; a background muon may come before
    assert np.median(late[near]) == pytest.approx(50.0, abs=50.0)
    assert (np.abs(late[near]) > 200.0).mean() < 0.03
    far = (distance > 1400.0) & (distance < 1800.0)
    assert 200.0 < np.median(late[far]) < 900.0


def test_signals_saturate_near_the_core_and_only_there() -> None:
    truth = generate(identify("high", 0, 60), ShowerSettings(log10_energy=(20.0, 20.0)))
    raw = simulate(truth, SimulationSettings())
    rows = {identity: i for i, identity in enumerate(truth.identity.tolist())}
    shower = truth[[rows[identity] for identity in raw.identity.tolist()]]
    place = positions(SimulationSettings().observatory)[ak.flatten(raw.stations.station).to_numpy()]
    away = np.hypot(
        *(place[:, i] - _of_station(raw, shower[name].to_numpy()) for i, name in enumerate(("x_core", "y_core")))
    )
    high, low = (_channel(raw, name).max(axis=(1, 2)) == 1023 for name in ("high", "low"))
    assert high[away < 800.0].mean() > 0.95
    assert low[away < 300.0].mean() > 0.95
    assert not high[away > 4000.0].any()
    assert not low[away > 2000.0].any()
    assert not (low & ~high).any()


def test_dead_photomultipliers_are_flat_and_the_others_are_not(truth: ak.Array) -> None:
    settings = SimulationSettings(detector=DetectorSettings(dead=0.3, noisy=0.0))
    raw = simulate(truth[:40], settings)
    dead = photomultipliers(settings.observatory, settings.detector).dead[ak.flatten(raw.stations.station).to_numpy()]
    assert dead.any()
    for name in ("high", "low"):
        spread = np.ptp(_channel(raw, name).astype(int), axis=2)
        assert spread[dead].max() == 0
        assert spread[~dead].min() > 0
    # a station with nothing but dead ones is never heard of
    assert not dead.all(axis=1).any()


def test_the_trigger_becomes_efficient_with_energy() -> None:
    efficiency = []
    for log10_energy in (16.5, 17.0, 17.5, 18.0, 18.3, 18.6, 19.0):
        showers = ShowerSettings(primaries=(1, 56), shares=(1.0, 1.0), log10_energy=(log10_energy, log10_energy))
        identity = identify("efficiency", 0, 120)
        efficiency.append(len(simulate(generate(identity, showers), SimulationSettings())) / len(identity))
    assert efficiency[0] == 0.0
    assert efficiency[1] < 0.05
    assert np.all(np.diff(efficiency) >= 0.0)
    assert 0.05 < efficiency[3] < 0.95
    assert min(efficiency[-2:]) > 0.98


def test_fluorescence_energies_have_their_share_and_resolution() -> None:
    truth = generate(identify("hybrid", 0, 1500), ShowerSettings(log10_energy=(18.5, 18.7)))
    raw = simulate(truth, SimulationSettings(fluorescence_share=0.4))
    rows = {identity: i for i, identity in enumerate(truth.identity.tolist())}
    energy = truth.energy.to_numpy()[[rows[identity] for identity in raw.identity.tolist()]]
    ratio = ak.drop_none(raw.fd_energy / energy).to_numpy()
    assert len(ratio) / len(raw) == pytest.approx(0.4, abs=5.0 * np.sqrt(0.24 / len(raw)))
    assert ratio.mean() == pytest.approx(1.0, abs=5.0 * 0.08 / np.sqrt(len(ratio)))
    assert ratio.std() == pytest.approx(0.08, rel=0.15)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_no_events_may_have_a_fluorescence_energy(truth: ak.Array, share: float) -> None:
    raw = simulate(truth[:10], SimulationSettings(fluorescence_share=share))
    assert ak.all(ak.is_none(raw.fd_energy) == (share == 0.0))
    assert ak.all(ak.is_none(raw.fd_xmax) == ak.is_none(raw.fd_energy))
    assert "?float64" in str(raw.fd_energy.type)


def test_chunks_without_events_have_the_same_types(
    truth: ak.Array, raw: ak.Array, settings: SimulationSettings
) -> None:
    nothing = simulate(truth[:0], settings)
    low = generate(identify("low", 0, 5), ShowerSettings(log10_energy=(16.0, 16.0)))
    untriggered = simulate(low, settings)
    for empty in (nothing, untriggered):
        assert len(empty) == 0
        assert empty.type.content == raw.type.content


def test_stations_follow_the_array(truth: ak.Array) -> None:
    settings = SimulationSettings()
    small = replace(settings, observatory=replace(settings.observatory, rings=2))
    raw = simulate(truth[:20], small)
    assert ak.max(raw.stations.station) < 19
