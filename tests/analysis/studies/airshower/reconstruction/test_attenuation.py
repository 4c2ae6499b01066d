from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.studies.airshower.reconstruction.attenuation import constant_intensity_cut, relative_attenuation
from analysis.studies.airshower.reconstruction.settings import ScaleSettings

SETTINGS = ScaleSettings()
TRUTH = np.array([0.95, -1.3])


def showers(count: int, seed: int = 1, spread: float = 0.15) -> tuple[np.ndarray, np.ndarray]:
    """Zenith angles and sizes of showers with energies ~ E^-3 that are attenuated as TRUTH says."""
    random = np.random.default_rng(seed)
    zenith = np.arcsin(np.sqrt(random.uniform(0.0, 0.75, count)))
    energy = (1.0 - random.uniform(size=count)) ** -0.5
    size = 15.0 * energy * relative_attenuation(zenith, TRUTH, 38.0) * np.exp(spread * random.standard_normal(count))
    return zenith, size


def test_the_attenuation_is_found():
    found = constant_intensity_cut(*showers(200_000), SETTINGS)
    zenith = np.radians(np.linspace(0.0, 60.0, 13))
    ratio = relative_attenuation(zenith, found.coefficients, 38.0) / relative_attenuation(zenith, TRUTH, 38.0)
    np.testing.assert_allclose(ratio, 1.0, atol=0.02)
    # the number of events above this size is the same in every bin
    assert found.intensity == pytest.approx(0.6 * 20_000)


def test_uncertainties_are_true():
    found = [constant_intensity_cut(*showers(20_000, seed), SETTINGS) for seed in range(40)]
    pulls = np.array([(one.coefficients - TRUTH) / np.sqrt(np.diag(one.covariance)) for one in found])
    assert np.all(np.abs(pulls.mean(axis=0)) < 0.6)
    assert np.all((pulls.std(axis=0) > 0.6) & (pulls.std(axis=0) < 1.4))
    assert 0.6 < np.mean([one.chi2 / one.ndf for one in found]) < 1.4


def test_events_beyond_the_largest_zenith_angle_play_no_role():
    zenith, size = showers(20_000)
    more = constant_intensity_cut(np.append(zenith, [1.2] * 500), np.append(size, [1e4] * 500), SETTINGS)
    np.testing.assert_array_equal(more.coefficients, constant_intensity_cut(zenith, size, SETTINGS).coefficients)


def test_few_events_make_few_bins():
    assert len(constant_intensity_cut(*showers(400), SETTINGS).x) == 5
    assert len(constant_intensity_cut(*showers(4000), SETTINGS).x) == 10


def test_too_few_events_are_an_error():
    with pytest.raises(DataError, match="30 events in 4 bins"):
        constant_intensity_cut(*showers(30), SETTINGS)
    zenith, size = showers(2000)
    with pytest.raises(DataError, match="zenith angle"):
        constant_intensity_cut(zenith[zenith < 0.8], size[zenith < 0.8], SETTINGS)


@pytest.mark.parametrize("wrong", [{"share": 1.0}, {"degree": 4}, {"degree": 3, "bins": 4}])
def test_settings_that_do_not_go_together(wrong):
    with pytest.raises(StudyError, match="do not go together"):
        replace(SETTINGS, **wrong)
