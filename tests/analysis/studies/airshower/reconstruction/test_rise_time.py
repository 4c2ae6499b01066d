from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.studies.airshower.reconstruction.rise_time import benchmark, event_rise_time, growth, lean, time_of_share
from analysis.studies.airshower.reconstruction.settings import RiseTimeSettings
from analysis.studies.airshower.reconstruction.stations import Stations

SETTINGS = RiseTimeSettings()


def stations_of(counts: list[int], signal: np.ndarray, saturated: np.ndarray | None = None) -> Stations:
    total = sum(counts)
    zeros = np.zeros(total)
    return Stations(
        counts=np.array(counts),
        event=np.repeat(np.arange(len(counts)), counts),
        number=np.arange(total),
        x=zeros,
        y=zeros,
        start=zeros,
        signal=signal,
        saturated=np.zeros(total, np.bool_) if saturated is None else saturated,
        trace=np.zeros((total, 128), np.float32),
        rank=np.arange(total),
    )


def test_shares_of_an_exponential_pulse():
    decay, sampling = 300.0, 25.0
    edges = np.arange(129) * sampling
    trace = (np.exp(-edges[:-1] / decay) - np.exp(-edges[1:] / decay)).astype(np.float32)[None]
    whole = 1.0 - np.exp(-edges[-1] / decay)
    for share in (0.1, 0.5, 0.9):
        exact = -decay * np.log(1.0 - share * whole)
        # between samples the pulse is taken as straight
        assert time_of_share(trace, share, sampling)[0] == pytest.approx(exact, abs=0.4)


def test_a_trace_without_signal_has_no_rise_time():
    trace = np.array([[0.0, 0.0, 0.0], [0.0, -1.0, -1.0]], np.float32)
    np.testing.assert_array_equal(time_of_share(trace, 0.5, 25.0), 0.0)


def test_noise_after_the_end_changes_little():
    trace = np.array([[0.0, 4.0, 4.0, 0.0, 0.5, -0.5]], np.float32)
    assert time_of_share(trace, 0.5, 25.0)[0] == pytest.approx(50.0)


def made_of(counts: list[int], zenith: np.ndarray, factor: float, seed: int = 1):
    """Stations whose rise times follow the model, times a factor for the deviation from the benchmark."""
    random = np.random.default_rng(seed)
    total = sum(counts)
    event = np.repeat(np.arange(len(counts)), counts)
    distance, angle = random.uniform(500.0, 1900.0, total), random.uniform(-np.pi, np.pi, total)
    theta = zenith[event]
    at_1000 = SETTINGS.offset + factor * (benchmark(np.cos(theta), SETTINGS) - SETTINGS.offset)
    rise = SETTINGS.offset + (at_1000 - SETTINGS.offset) * growth(distance, 1.0 / np.cos(theta), SETTINGS)
    return stations_of(counts, np.full(total, 30.0)), rise * lean(distance, angle, theta, SETTINGS), distance, angle


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.3])
def test_the_rise_time_at_1000_m_is_found_from_any_stations(factor):
    zenith = np.array([0.1, 0.5, 0.9])
    stations, rise, distance, angle = made_of([3, 8, 5], zenith, factor)
    found, delta = event_rise_time(stations, rise, distance, angle, zenith, SETTINGS)
    expected = SETTINGS.offset + factor * (benchmark(np.cos(zenith), SETTINGS) - SETTINGS.offset)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.all(np.sign(np.round(delta, 9)) == np.sign(factor - 1.0))


def test_unsuitable_stations_have_no_say():
    zenith = np.array([0.5])
    stations, rise, distance, angle = made_of([6], zenith, 1.0)
    expected, _ = event_rise_time(stations, rise, distance, angle, zenith, SETTINGS)
    for name, value in (("signal", 1.0), ("saturated", True)):
        column = getattr(stations, name).copy()
        column[2] = value
        spoilt = rise.copy()
        spoilt[2] = 2000.0
        found, _ = event_rise_time(replace(stations, **{name: column}), spoilt, distance, angle, zenith, SETTINGS)
        np.testing.assert_allclose(found, expected)
    for far in (10.0, 3000.0):
        spoilt, there = rise.copy(), distance.copy()
        spoilt[2], there[2] = 2000.0, far
        np.testing.assert_allclose(event_rise_time(stations, spoilt, there, angle, zenith, SETTINGS)[0], expected)


def test_no_suitable_station_no_rise_time():
    zenith = np.array([0.5, 0.5])
    stations, rise, distance, angle = made_of([3, 0], zenith, 1.0)
    saturated = replace(stations, saturated=np.ones(3, np.bool_))
    found, delta = event_rise_time(saturated, rise, distance, angle, zenith, SETTINGS)
    assert np.isnan(found).all()
    assert np.isnan(delta).all()
