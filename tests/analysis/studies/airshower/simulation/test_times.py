from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.constants import SPEED_OF_LIGHT
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.atmosphere import altitude
from analysis.studies.airshower.simulation.geometry import geometry
from analysis.studies.airshower.simulation.settings import TimeSettings
from analysis.studies.airshower.simulation.times import Arrival, arrival, shares

_OBSERVATORY = ObservatorySettings()


def _arrival(distance: float, zenith: float, xmax: float, side: float = np.pi / 2.0) -> Arrival:
    """At a station on the ground in a direction ``side`` from that of the shower."""
    east, north = distance * np.cos(side), distance * np.sin(side)
    tilt, depth = np.array([np.radians(zenith)]), np.array([xmax])
    seen = geometry(np.array([east]), np.array([north]), tilt, np.zeros(1), depth, _OBSERVATORY)
    return arrival(seen, tilt, depth, np.full(1, 30.0), np.zeros((1, 4)), _OBSERVATORY, TimeSettings())


def _rise_time(times: Arrival, muons: float) -> float:
    """t(10 % to 50 %) in ns of a signal with that share of muons, without the electronics."""
    edges = np.arange(0.0, 10000.0, 1.0)[None]
    em = shares(edges, times.em_median, times.em_spread)[0]
    muon = shares(edges, times.muon_median, times.muon_spread)[0]
    integral = np.cumsum((1.0 - muons) * em + muons * muon)
    return float(np.searchsorted(integral, 0.5) - np.searchsorted(integral, 0.1))


def test_the_front_comes_from_its_depth() -> None:
    xmax, zenith, distance = 800.0, 40.0, 1200.0
    cosine = np.cos(np.radians(zenith))
    ground = altitude(np.array(_OBSERVATORY.depth))
    way = (altitude(np.array((xmax + TimeSettings().front_depth) * cosine)) - ground) / cosine
    delay = (np.sqrt(way**2 + distance**2) - way) / SPEED_OF_LIGHT
    assert _arrival(distance, zenith, xmax).front[0] == pytest.approx(delay, rel=0.03)


def test_a_station_on_the_axis_is_reached_with_the_plane() -> None:
    assert _arrival(0.0, 30.0, 750.0).front[0] == pytest.approx(0.0, abs=1e-9)


def test_early_stations_are_reached_earlier_by_the_way_along_the_axis() -> None:
    early, late = (_arrival(1000.0, 40.0, 750.0, side).front[0] for side in (0.0, np.pi))
    plane = 2.0 * 1000.0 * np.sin(np.radians(40.0)) / SPEED_OF_LIGHT
    # the front's curvature differs between the sides, much less
    assert late - early == pytest.approx(plane, rel=0.02)


def test_the_front_is_curved_like_a_sphere_of_some_kilometres() -> None:
    delay = _arrival(1000.0, 38.0, 780.0).front[0] * SPEED_OF_LIGHT
    assert 8000.0 < 1000.0**2 / (2.0 * delay) < 20000.0


@pytest.mark.parametrize("zenith", [0.0, 30.0, 45.0, 60.0])
@pytest.mark.parametrize("distance", [400.0, 1000.0, 1800.0])
def test_muons_come_earlier_than_the_rest(zenith: float, distance: float) -> None:
    times = _arrival(distance, zenith, 750.0)
    assert 0.0 < times.muon_median[0] < times.em_median[0]


@pytest.mark.parametrize("zenith", [0.0, 25.0, 38.0, 50.0])
def test_deep_showers_are_slower(zenith: float) -> None:
    times = [_arrival(1000.0, zenith, xmax) for xmax in (650.0, 750.0, 850.0)]
    rise = np.array([_rise_time(one, 0.45) for one in times])
    slope = np.diff(rise) / 100.0
    assert np.all(slope > 0.1)
    assert np.all(slope < 2.5)


def test_rise_times_at_1000_m_are_like_measured_ones() -> None:
    assert 250.0 < _rise_time(_arrival(1000.0, 0.0, 750.0), 0.35) < 500.0
    # to which the electronics add some 50 ns
    assert 30.0 < _rise_time(_arrival(1000.0, 60.0, 750.0), 0.8) < 150.0


def test_delays_grow_with_distance() -> None:
    times = [_arrival(distance, 30.0, 750.0) for distance in (200.0, 600.0, 1000.0, 1500.0, 2500.0)]
    for name in ("front", "em_median", "muon_median"):
        assert np.all(np.diff([getattr(one, name)[0] for one in times]) > 0.0)


@pytest.mark.parametrize("xmax", [350.0, 1300.0])
@pytest.mark.parametrize("zenith", [0.0, 60.0])
def test_extreme_showers_stay_finite(xmax: float, zenith: float) -> None:
    for values in vars(_arrival(1000.0, zenith, xmax)).values():
        assert np.isfinite(values).all()
    assert _arrival(1000.0, zenith, xmax).muon_spread[0] > 0.0


def test_fluctuations_move_medians_and_not_the_front() -> None:
    tilt, depth = np.full(2, 0.6), np.full(2, 750.0)
    seen = geometry(np.full(2, 0.0), np.full(2, 900.0), tilt, np.zeros(2), depth, _OBSERVATORY)
    fluctuation = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
    times = arrival(seen, tilt, depth, np.full(2, 30.0), fluctuation, _OBSERVATORY, TimeSettings())
    assert times.front[0] == times.front[1]
    assert times.muon_median[1] > times.muon_median[0]
    assert times.em_median[1] > times.em_median[0]


def test_shares_are_those_of_a_log_normal_distribution() -> None:
    edges = np.concatenate([[-50.0, 0.0], np.geomspace(1.0, 1e6, 400)])[None]
    share = shares(edges, np.array([300.0]), np.array([0.7]))
    assert share.sum() == pytest.approx(1.0, abs=1e-9)
    assert share[0, 0] == 0.0
    assert share[0, edges[0, 1:] <= 300.0].sum() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("deviate", [-6.0, 6.0])
def test_rare_fluctuations_stay_finite(deviate: float) -> None:
    tilt, depth = np.array([0.5]), np.array([750.0])
    seen = geometry(np.zeros(1), np.array([900.0]), tilt, np.zeros(1), depth, _OBSERVATORY)
    fluctuation, signal = np.full((1, 4), deviate), np.full(1, 0.5)
    for values in vars(arrival(seen, tilt, depth, signal, fluctuation, _OBSERVATORY, TimeSettings())).values():
        assert np.isfinite(values).all()
