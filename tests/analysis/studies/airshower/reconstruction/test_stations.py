from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.studies.airshower.array import positions
from analysis.studies.airshower.reconstruction.stations import block_of, read_stations, sum_by_event


@pytest.fixture
def events(toy, settings):
    return toy(40, settings, noise=True)[1]


def block(stations, settings, begin=0, events=16, places=24):
    half = np.full(len(stations.event), 100.0)
    return block_of(stations, half, begin, events, places, 2, settings.observatory)


def test_ranks_are_places_in_the_order_of_signals(events):
    stations = read_stations(events)
    for number in range(len(events)):
        mine = stations.event == number
        order = np.argsort(stations.rank[mine])
        np.testing.assert_array_equal(np.sort(stations.rank[mine]), np.arange(mine.sum()))
        assert np.all(np.diff(stations.signal[mine][order]) <= 0.0)


def test_sums_over_the_stations_of_an_event(events):
    stations = read_stations(events)
    np.testing.assert_allclose(
        sum_by_event(stations, stations.signal), ak.sum(events["stations"]["signal"], axis=1), rtol=1e-6
    )


def test_every_triggered_station_has_a_place_and_the_rest_is_silent(events, settings):
    stations = read_stations(events)
    found = block(stations, settings, places=60)
    where = positions(settings.observatory)
    for number in range(16):
        mine = stations.event == number
        used = (found["measured"] + found["saturated"])[:, number] > 0
        assert used.sum() == mine.sum()
        np.testing.assert_allclose(np.sort(found["signal"][used, number]), np.sort(stations.signal[mine]))
        quiet = found["silent"][:, number] > 0
        if mine.sum() == 0:
            assert not quiet.any()
            continue
        origin = np.array([found["origin_x"][number], found["origin_y"][number]])
        np.testing.assert_allclose(origin, where[stations.number[mine][stations.rank[mine] == 0][0]], atol=1e-3)
        places = np.stack([found["x"][quiet, number], found["y"][quiet, number]], axis=1) * 1000.0 + origin
        distance = np.linalg.norm(where[:, None] - places, axis=2)
        silent = distance.argmin(axis=0)
        assert distance.min(axis=0).max(initial=0.0) < 1e-3
        assert not set(silent) & set(stations.number[mine])
        # all stations within two rings are accounted for
        near = np.flatnonzero(np.linalg.norm(where - origin, axis=1) < 2.0 * settings.observatory.spacing + 1.0)
        assert set(near) <= set(silent) | set(stations.number[mine])


def test_the_smallest_signals_have_no_place_and_are_not_silent(events, settings):
    stations = read_stations(events)
    found = block(stations, settings, places=4)
    number = int(np.argmax(stations.counts[:16]))
    mine = stations.event == number
    assert mine.sum() > 4
    np.testing.assert_allclose(found["signal"][:4, number], np.sort(stations.signal[mine])[::-1][:4])
    full = block(stations, settings, places=60)
    np.testing.assert_array_equal(found["silent"][4:], full["silent"][60:])


def test_events_beyond_the_last_one_are_empty(events, settings):
    found = block(read_stations(events), settings, begin=32)
    for name in ("measured", "saturated", "silent"):
        assert not found[name][:, 8:].any()


def test_no_events(events):
    stations = read_stations(events[:0])
    assert stations.trace.shape[0] == 0
    assert len(stations.counts) == 0
