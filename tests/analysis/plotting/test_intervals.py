"""Uncertainties in figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, poisson

from analysis.plotting.intervals import poisson_interval, with_uncertainty


def test_interval_has_the_right_tails():
    """At either end, what was seen or something more extreme has a probability of (1 - 68.27 %) / 2."""
    counts = np.arange(60)
    lower, upper = poisson_interval(counts)
    tail = norm.sf(1.0)
    np.testing.assert_allclose(poisson.sf(counts[1:] - 1, (counts - lower)[1:]), tail, rtol=1e-9)
    np.testing.assert_allclose(poisson.cdf(counts, counts + upper), tail, rtol=1e-9)
    assert lower[0] == 0.0


def test_interval_of_many_is_gaussian():
    lower, upper = poisson_interval(np.array([1e6]))
    assert lower == pytest.approx(1000.0, rel=2e-3)
    assert upper == pytest.approx(1000.0, rel=2e-3)


def test_shape_is_kept():
    lower, upper = poisson_interval(np.zeros((2, 3)))
    assert lower.shape == upper.shape == (2, 3)
    assert np.isfinite(upper).all()


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (91.24078, 0.0322, "91.241 ± 0.032"),
        (0.98765, 0.000996, "0.9877 ± 0.0010"),
        (1234.56, 78.9, "1235 ± 79"),
        (-1.5, 0.25, "−1.50 ± 0.25"),
        (3.0, 0.0, "3 ± 0"),
        (3.0, math.inf, "3 ± inf"),
    ],
)
def test_two_digits_of_the_uncertainty(value: float, uncertainty: float, text: str):
    assert with_uncertainty(value, uncertainty) == text
