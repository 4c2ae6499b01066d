from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.calibration.gains import gain_ratio


def sums(high: np.ndarray, low: np.ndarray) -> dict[str, np.ndarray]:
    """Of minutes, (..., intervals, minutes)."""
    products = {"high": high, "low": low, "high_high": high**2, "high_low": high * low, "low_low": low**2}
    return {name: column.sum(axis=-1) for name, column in (products | {"minutes": np.ones_like(high)}).items()}


def test_unbiased_with_the_stated_uncertainty() -> None:
    random = np.random.default_rng(4)
    true = random.normal(32.0, 1.0, (300, 1, 1))
    low = random.gamma(60.0, 4.0, (300, 24, 10))
    noise = random.normal(0.0, 4.0, low.shape)
    ratio, uncertainty = gain_ratio(sums(true * low, low + noise))
    pull = (ratio - true[..., 0]) / uncertainty
    assert abs(pull.mean()) < 0.05
    assert pull.std() == pytest.approx(1.0, abs=0.05)
    assert ratio.mean() == pytest.approx(true.mean(), rel=2e-4)


def test_nothing_seen() -> None:
    ratio, uncertainty = gain_ratio(sums(np.zeros((2, 3, 10)), np.zeros((2, 3, 10))))
    assert not ratio.any()
    assert not uncertainty.any()


def test_one_minute_has_no_scatter() -> None:
    ratio, uncertainty = gain_ratio(sums(np.full((1, 1, 1), 64.0), np.full((1, 1, 1), 2.0)))
    assert ratio.item() == 32.0
    assert np.isfinite(uncertainty).all()
