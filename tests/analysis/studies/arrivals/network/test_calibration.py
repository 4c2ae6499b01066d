from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.arrivals.network.calibration import Calibration

FRACTIONS = np.array([0.02, 0.04, 0.06, 0.08, 0.10])


def fitted(fraction: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A fit that finds half of it, with a spread of 0.005, and never less than nothing."""
    return np.maximum(random.normal(0.5 * fraction, 0.005), 0.0)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    random = np.random.default_rng(1)
    true = np.repeat(FRACTIONS, 400)
    return Calibration.of(true, fitted(true, random), fitted(np.zeros(2000), random), 0.68)


def test_fractions_are_read_off_the_median(calibration: Calibration):
    found = calibration.measure(0.03)
    assert found.value == pytest.approx(0.06, abs=0.002)
    assert (found.value - found.low, found.high - found.value) == pytest.approx((0.01, 0.01), abs=0.002)


def test_no_fraction_is_below_nothing_or_above_all(calibration: Calibration):
    nothing = calibration.measure(0.0)
    assert nothing.low == 0.0
    assert 0.0 < nothing.high < 0.02
    assert calibration.measure(0.9).value == FRACTIONS[-1]


def test_intervals_cover(calibration: Calibration):
    random = np.random.default_rng(7)
    measured = [calibration.measure(one) for one in fitted(np.full(400, 0.05), random)]
    covered = np.mean([one.low <= 0.05 <= one.high for one in measured])
    assert covered == pytest.approx(0.68, abs=0.08)
    assert np.mean([one.value for one in measured]) == pytest.approx(0.05, abs=0.002)
