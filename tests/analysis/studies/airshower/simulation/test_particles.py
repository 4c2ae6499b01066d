from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.events.noise import generator
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.particles import Expectation, deposits, tracks
from analysis.studies.airshower.simulation.randomness import DETECTION
from analysis.studies.airshower.simulation.settings import DetectorSettings
from analysis.studies.airshower.simulation.times import Arrival

_OBSERVATORY, _SAMPLES = ObservatorySettings(), 320
_QUIET = DetectorSettings(background_rate=0.0)


def _expected(em: float, muon: float, n: int, track: float = 1.1) -> Expectation:
    flat = np.ones(n)
    times = Arrival(0.0 * flat, 500.0 * flat, 0.7 * flat, 200.0 * flat, 0.5 * flat)
    return Expectation(em * flat, muon * flat, track * flat, 0.4 * flat, -1400.0 * flat, times)


def _deposits(expected: Expectation, settings: DetectorSettings) -> np.ndarray:
    n = len(expected.em)
    return deposits([generator(5, DETECTION)], [slice(0, n)], expected, _SAMPLES, _OBSERVATORY, settings)


@pytest.mark.parametrize("bright", [0.0, 1e9], ids=["by sample", "one by one"])
@pytest.mark.parametrize(("em", "muon"), [(8.0, 0.0), (0.0, 8.0), (5.0, 3.0), (0.5, 0.5)])
def test_signals_have_the_mean_and_the_variance_of_their_particles(em: float, muon: float, bright: float) -> None:
    settings = replace(_QUIET, bright=bright)
    total = _deposits(_expected(em, muon, 4000), settings).sum(axis=1)
    # of sums of a Poisson number of particles: number times mean square of one
    variance = em * settings.em_signal * 2.0 + muon * 1.1 * (1.0 + settings.muon_spread**2 + 0.4**2)
    assert total.mean() == pytest.approx(em + muon, abs=5.0 * np.sqrt(variance / 4000) + 0.01 * (em + muon))
    assert total.var() == pytest.approx(variance, rel=0.15)


@pytest.mark.parametrize("bright", [0.0, 1e9], ids=["by sample", "one by one"])
def test_signals_arrive_when_they_should(bright: float) -> None:
    for em, muon, median in ((10.0, 0.0, 500.0), (0.0, 10.0, 200.0)):
        mean = _deposits(_expected(em, muon, 3000), replace(_QUIET, bright=bright)).mean(axis=0)
        share = np.cumsum(mean) / mean.sum()
        # nothing before the front, which is 1400 ns = 56 samples after the beginning
        assert share[55] == 0.0
        found = 25.0 * np.interp(0.5, share, np.arange(1, _SAMPLES + 1)) - 1400.0
        assert found == pytest.approx(median, rel=0.06)


def test_muons_are_spikes_and_the_rest_is_smooth() -> None:
    em, muon = (_deposits(_expected(*parts, 500), _QUIET) for parts in ((15.0, 0.0), (0.0, 15.0)))
    assert np.median(muon.max(axis=1)) > 2.0 * np.median(em.max(axis=1))


def test_background_muons_come_at_their_rate() -> None:
    rate = 2500.0
    total = _deposits(_expected(0.0, 0.0, 20_000, track=1.0), DetectorSettings(background_rate=rate)) > 0.0
    number = total.sum()
    assert number == pytest.approx(20_000 * rate * _SAMPLES * 25e-9, abs=5.0 * np.sqrt(number))
    assert np.flatnonzero(total.any(axis=0)).min() < 20


def test_a_station_s_signal_does_not_depend_on_other_events() -> None:
    two = _expected(10.0, 8.0, 5)
    random = [generator(1, DETECTION), generator(2, DETECTION)]
    both = deposits(random, [slice(0, 2), slice(2, 5)], two, _SAMPLES, _OBSERVATORY, DetectorSettings())
    alone = deposits(
        [generator(2, DETECTION)], [slice(0, 3)], _expected(10.0, 8.0, 3), _SAMPLES, _OBSERVATORY, DetectorSettings()
    )
    np.testing.assert_array_equal(both[2:], alone)


def test_no_stations_have_no_signals() -> None:
    nothing = deposits([generator(1, DETECTION)], [slice(0, 0)], _expected(1.0, 1.0, 0), 320, _OBSERVATORY, _QUIET)
    assert nothing.shape == (0, 320)


def test_tracks_times_projected_areas_are_the_water_s_volume() -> None:
    zenith = np.radians([0.0, 30.0, 60.0])
    radius = np.sqrt(10.0 / np.pi)
    area = 10.0 * np.cos(zenith) + 2.0 * radius * 1.2 * np.sin(zenith)
    np.testing.assert_allclose(tracks(zenith, _OBSERVATORY)[0] * 1.2 * area, 12.0)


@pytest.mark.parametrize("zenith", [0.0, 25.0, 45.0, 60.0, 80.0])
def test_track_lengths_are_those_in_a_cylinder(zenith: float) -> None:
    mean, spread = (values[0] for values in tracks(np.radians([zenith]), _OBSERVATORY))
    # straight lines through points of a plane across their direction
    tilt, radius, height = np.radians(zenith), np.sqrt(10.0 / np.pi), 1.2
    u, v = np.random.default_rng(3).uniform(-2.5, 2.5, (2, 200_000))
    x, z, sine, cosine = u * np.cos(tilt), -u * np.sin(tilt), max(np.sin(tilt), 1e-9), np.cos(tilt)
    half = np.sqrt(np.maximum(radius**2 - v**2, 0.0))
    begin = np.maximum((-height / 2.0 - z) / cosine, (-half - x) / sine)
    length = np.minimum((height / 2.0 - z) / cosine, (half - x) / sine) - begin
    length = length[(length > 0.0) & (half > 0.0)] / height
    assert mean == pytest.approx(length.mean(), rel=0.01)
    assert spread == pytest.approx(length.std() / length.mean(), abs=0.01)
