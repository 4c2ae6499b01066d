from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.array import number_of_stations
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.detector import peak_share, photomultipliers, pulse
from analysis.studies.airshower.simulation.settings import DetectorSettings

_OBSERVATORY = ObservatorySettings()


def test_the_detector_follows_from_its_seed() -> None:
    one, two = (photomultipliers(_OBSERVATORY, DetectorSettings()) for _ in range(2))
    other = photomultipliers(_OBSERVATORY, DetectorSettings(seed=7))
    for name, values in vars(one).items():
        np.testing.assert_array_equal(values, getattr(two, name))
        assert values.shape in ((number_of_stations(_OBSERVATORY), 3), (number_of_stations(_OBSERVATORY),)), name
    assert np.abs(one.charge - other.charge).min() > 0.0


def test_gains_differ_and_drift() -> None:
    settings = DetectorSettings()
    constants = photomultipliers(_OBSERVATORY, settings)
    assert constants.charge.mean() == pytest.approx(settings.vem_charge, rel=0.03)
    assert constants.charge.std() / constants.charge.mean() == pytest.approx(0.12, abs=0.02)
    station = np.arange(91)
    course = np.array([constants.charge_at(station, np.full(91, time), settings) for time in np.arange(0, 14401, 600)])
    change = course.max(axis=0) / course.min(axis=0) - 1.0
    assert 0.01 < np.median(change) < 0.1
    # a minute changes next to nothing
    assert np.abs(constants.charge_at(station, np.full(91, 60.0), settings) / course[0] - 1.0).max() < 0.01


def test_there_are_dead_and_noisy_photomultipliers() -> None:
    constants = photomultipliers(ObservatorySettings(rings=30), DetectorSettings())
    assert constants.dead.mean() == pytest.approx(0.01, abs=0.003)
    assert constants.noisy.mean() == pytest.approx(0.01, abs=0.003)
    assert not (constants.dead & constants.noisy).any()
    # what the tests of the calibration count on
    default = photomultipliers(_OBSERVATORY, DetectorSettings())
    assert default.dead.any()
    assert default.noisy.any()


def test_a_pulse_has_the_integral_one_and_the_decay_of_the_water() -> None:
    (first, second), q = pulse(np.array(60.0), _OBSERVATORY, DetectorSettings())
    assert (first + second) / (1.0 - q) == pytest.approx(1.0)
    assert q == pytest.approx(np.exp(-25.0 / 60.0))
    response = [first, second + q * first]
    response += [response[1] * q**i for i in range(1, 50)]
    assert max(response) == pytest.approx(peak_share(np.array(60.0), _OBSERVATORY, DetectorSettings()))


def test_stations_differ_in_light_decay_and_response() -> None:
    settings = DetectorSettings()
    constants = photomultipliers(ObservatorySettings(rings=30), settings)
    assert constants.decay.mean() == pytest.approx(settings.decay, rel=0.01)
    assert constants.decay.std() == pytest.approx(settings.decay_spread * settings.decay, rel=0.1)
    assert constants.response.mean() == pytest.approx(1.0, abs=0.005)
    assert constants.response.std() == pytest.approx(settings.response_spread, rel=0.1)
    # what was there before is as it was
    alike = photomultipliers(ObservatorySettings(rings=30), DetectorSettings(decay_spread=0.0, response_spread=0.0))
    np.testing.assert_array_equal(alike.charge, constants.charge)
    assert np.unique(alike.decay).tolist() == [60.0]


def test_one_number_makes_the_light_decay_faster() -> None:
    nominal, aged = (photomultipliers(_OBSERVATORY, DetectorSettings(decay=decay)) for decay in (60.0, 50.0))
    np.testing.assert_allclose(aged.decay, nominal.decay * 50.0 / 60.0)
    np.testing.assert_array_equal(aged.charge, nominal.charge)
