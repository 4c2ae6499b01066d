"""What stations side by side differ by, as measured: one station, hit by the same shower many times."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.signal import lfilter

from analysis.events.noise import generator
from analysis.studies.airshower.calibration.settings import CalibrationSettings
from analysis.studies.airshower.calibration.traces import signal_start, window
from analysis.studies.airshower.reconstruction.rise_time import station_spread, time_of_share
from analysis.studies.airshower.reconstruction.settings import FrontSettings, LateralSettings, RiseTimeSettings
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.detector import peak_share, pulse
from analysis.studies.airshower.simulation.geometry import geometry
from analysis.studies.airshower.simulation.ground import signals
from analysis.studies.airshower.simulation.particles import Expectation, deposits, tracks
from analysis.studies.airshower.simulation.randomness import DETECTION
from analysis.studies.airshower.simulation.settings import DetectorSettings, SignalSettings, TimeSettings
from analysis.studies.airshower.simulation.times import arrival

_OBSERVATORY, _TIMES, _CALIBRATION = ObservatorySettings(), TimeSettings(), CalibrationSettings()
_DETECTOR = DetectorSettings(background_rate=0.0)
_REPLICAS = 1000


@dataclass(frozen=True)
class Replicas:
    """One station's measurements; ``signal`` in VEM, times in ns."""

    signal: np.ndarray
    start: np.ndarray
    half: np.ndarray
    rise_time: np.ndarray
    track: float


def _station(zenith: float, distance: float, times: TimeSettings = _TIMES) -> Replicas:
    """A mixed shower of 10^19 eV seen by a station beside its axis (degrees, m)."""
    random, flat = np.random.default_rng(4), np.ones(_REPLICAS)
    tilt, depth = np.radians(zenith) * flat, 770.0 * flat
    seen = geometry(0.0 * flat, distance * flat, tilt, 0.0 * flat, depth, _OBSERVATORY)
    em, muon = signals(1e19 * flat, 1.2 * flat, seen.distance, seen.beyond, SignalSettings())
    # of this shower, but each station has its own
    fluctuation = np.zeros((_REPLICAS, 4))
    fluctuation[:, 2:] = random.standard_normal((_REPLICAS, 2))
    track, spread = tracks(tilt, _OBSERVATORY)
    begin = -(56.0 + random.random(_REPLICAS)) * _OBSERVATORY.sampling
    come = arrival(seen, tilt, depth, em + muon, fluctuation, _OBSERVATORY, times)
    expected = Expectation(em, muon, track, spread, begin, come)
    deposited = deposits([generator(3, DETECTION)], [slice(0, _REPLICAS)], expected, 320, _OBSERVATORY, _DETECTOR)
    decay = np.array(_DETECTOR.decay)
    forward, back = pulse(decay, _OBSERVATORY, _DETECTOR)
    trace = lfilter(forward, [1.0, -back], deposited, axis=1) / peak_share(decay, _OBSERVATORY, _DETECTOR)
    first, start = signal_start(trace.astype(np.float32), _CALIBRATION.quiet_samples, _CALIBRATION.threshold)
    part = window(trace.astype(np.float32), first - _CALIBRATION.trace_before, _CALIBRATION.trace_samples)
    share = {name: time_of_share(part, name, _OBSERVATORY.sampling) for name in (0.1, 0.5)}
    clock = _DETECTOR.clock * random.standard_normal(_REPLICAS)
    return Replicas(
        signal=deposited.sum(axis=1),
        start=_OBSERVATORY.sampling * start + begin + clock,
        half=np.maximum(share[0.5] - _CALIBRATION.trace_before * _OBSERVATORY.sampling, 0.0),
        rise_time=share[0.5] - share[0.1],
        track=track[0],
    )


@pytest.fixture(scope="module", params=[0.0, 25.0, 38.0, 50.0, 60.0])
def zenith(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture(scope="module")
def station(zenith: float) -> Replicas:
    return _station(zenith, 1000.0)


def test_signals_fluctuate_as_measured(station: Replicas, zenith: float) -> None:
    # M. Ave et al. (2007); the fit of the lateral distribution takes the same
    constant, slope = LateralSettings().fluctuation
    measured = (constant + slope / np.cos(np.radians(zenith))) * np.sqrt(station.signal.mean())
    assert station.signal.std() == pytest.approx(measured, rel=0.12)


def test_rise_times_fluctuate_as_measured(station: Replicas, zenith: float) -> None:
    # PRD 96 (2017) 122003, with which rise times are weighed
    distance, secant = np.array([1000.0]), np.array([1.0 / np.cos(np.radians(zenith))])
    measured = station_spread(distance, secant, np.array([station.signal.mean()]), RiseTimeSettings())[0]
    assert station.rise_time.std() == pytest.approx(measured, rel=0.3)


def test_without_the_local_fluctuation_rise_times_would_be_too_exact() -> None:
    still = _station(38.0, 1000.0, replace(_TIMES, local_fluctuation=0.0))
    distance, secant = np.array([1000.0]), np.array([1.0 / np.cos(np.radians(38.0))])
    measured = station_spread(distance, secant, np.array([still.signal.mean()]), RiseTimeSettings())[0]
    assert still.rise_time.std() < 0.75 * measured


def test_start_times_fluctuate_as_measured(station: Replicas) -> None:
    # C. Bonifazi et al. (2008), with which start times are weighed
    settings = FrontSettings()
    particles = np.maximum(station.signal / station.track, 2.0)
    spread = settings.scale * 2.0 * station.half / particles
    variance = spread**2 * (particles - 1.0) / (particles + 1.0) + settings.clock**2
    assert 0.75 < station.start.std() / np.sqrt(variance.mean()) < 1.5


def test_start_times_of_large_signals_are_those_of_the_clock() -> None:
    near = _station(38.0, 600.0)
    assert near.start.std() == pytest.approx(FrontSettings().clock, rel=0.1)
