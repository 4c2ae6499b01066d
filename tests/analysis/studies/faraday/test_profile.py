from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.studies.faraday.profile import at_latitude, latitude_profile


def test_a_known_profile_is_found():
    random = np.random.default_rng(1)
    latitude = np.degrees(np.arcsin(random.uniform(-1, 1, 40000)))
    true = 10.0 + 100.0 * np.exp(-((latitude / 20.0) ** 2))
    found = at_latitude(latitude_profile(latitude, true * random.normal(size=len(true))), latitude)
    assert np.median(found / true) == pytest.approx(1.0, abs=0.03)
    assert np.abs(np.log(found / true)).max() < 0.3


def test_outliers_and_empty_latitudes_do_no_harm():
    random = np.random.default_rng(2)
    latitude = np.degrees(np.arcsin(random.uniform(-0.5, 1, 5000)))
    rm = 30.0 * random.normal(size=len(latitude))
    rm[::20] = 1e5
    sine, profile = latitude_profile(latitude, rm)
    assert np.isfinite(profile).all()
    assert profile[sine < -0.6] == pytest.approx(32.0, abs=6.0)


def test_too_few_sources_are_told():
    with pytest.raises(DataError, match="no latitude profile from 30 sources: no bin of 40 has 10 of them"):
        latitude_profile(np.linspace(-90.0, 90.0, 30), np.ones(30))
