from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.faraday.bootstrap import gains, median_errors


def test_the_spread_of_medians_is_that_of_the_distribution():
    errors = {"field": np.abs(np.random.default_rng(1).normal(size=2000))}
    found = median_errors(errors, 500, 2)["field"]
    # of a median, 1 / (2 f sqrt(n)) with the density f of |x| there
    density = 2 * np.exp(-(0.6745**2) / 2) / np.sqrt(2 * np.pi)
    assert found.std() == pytest.approx(1 / (2 * density * np.sqrt(2000)), rel=0.15)


def test_gains_of_paired_errors_are_surer_than_of_others():
    random = np.random.default_rng(3)
    one = np.abs(random.normal(size=1000))
    errors = {"field": 0.9 * one, "paired": one, "other": np.abs(random.normal(size=1000))}
    found = gains(errors, median_errors(errors, 300, 4))
    assert found["paired"][0] == pytest.approx(0.1)
    assert max(found["paired"][1]) < 1e-9 < min(found["other"][1])
    assert found["paired"][2] == 0.0
