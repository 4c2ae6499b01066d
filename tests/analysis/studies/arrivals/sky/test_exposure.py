from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from analysis.studies.arrivals.sky.exposure import (
    INCLINED,
    LATITUDE,
    VERTICAL,
    cumulative,
    declinations,
    relative_exposure,
)


@pytest.mark.parametrize("zenith", [VERTICAL, INCLINED, (20.0, 45.0)])
def test_it_is_what_a_rotating_flat_array_sees(zenith: tuple[float, float]):
    """Sommers' formula against an integral over hour angles."""
    declination = np.radians(np.linspace(-89.0, 89.0, 60))
    hour = np.linspace(-np.pi, np.pi, 20001)
    latitude = np.radians(LATITUDE)
    cosine = np.sin(latitude) * np.sin(declination)[:, None] + np.cos(latitude) * np.cos(declination)[:, None] * np.cos(
        hour
    )
    low, high = np.cos(np.radians(zenith[1])), np.cos(np.radians(zenith[0]))
    seen = np.where((cosine >= low) & (cosine <= high), cosine, 0.0).mean(axis=1) * np.pi
    assert relative_exposure(declination, zenith) == pytest.approx(seen, abs=1e-3)


def test_only_inclined_showers_come_from_the_far_north():
    north = np.radians([30.0, 44.0])
    assert relative_exposure(north, VERTICAL).tolist() == [0.0, 0.0]
    assert (relative_exposure(north, INCLINED) > 0).all()
    assert relative_exposure(np.radians([45.5]), INCLINED).tolist() == [0.0]


@pytest.mark.parametrize("zenith", [VERTICAL, INCLINED])
def test_declinations_follow_the_exposure(zenith: tuple[float, float]):
    drawn = declinations(np.random.default_rng(3).random(5000), zenith)
    assert kstest(drawn, lambda sine: np.interp(sine, *cumulative(zenith))).pvalue > 0.01


def test_measured_declinations_are_nearly_isotropic(measured: dict[str, np.ndarray]):
    """The flux above 32 EeV is isotropic to some per cent: a formula for another latitude would not fit at all."""
    vertical = measured["zenith"] < 60.0
    for zenith, chosen in ((VERTICAL, vertical), (INCLINED, ~vertical)):
        sine = np.sin(np.radians(measured["declination"][chosen]))
        assert kstest(sine, lambda one, zenith=zenith: np.interp(one, *cumulative(zenith))).pvalue > 1e-3
