from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.faraday.interpolation import interpolate
from analysis.studies.faraday.sphere import directions


def test_what_neighbours_say():
    known = directions(np.array([0.0, 1.0, 3.0, 6.0, 10.0, 50.0]), np.zeros(6))
    rm = np.array([10.0, 20.0, 40.0, 80.0, 160.0, 1000.0])
    found = interpolate(known, rm, directions(np.array([0.25]), np.zeros(1)), neighbours=2)
    assert found["nearest"] == pytest.approx([10.0])
    assert found["separation"] == pytest.approx([0.25])
    assert found["inverse_distance"] == pytest.approx([(10 * 16 + 20 / 0.75**2) / (16 + 1 / 0.75**2)])
    found = interpolate(known, rm, directions(np.array([0.25]), np.zeros(1)), neighbours=6)
    assert found["median_of_five"] == pytest.approx([40.0])


def test_at_a_source_it_is_that_source():
    known = directions(np.array([0.0, 1.0, 3.0]), np.zeros(3))
    found = interpolate(known, np.array([10.0, 20.0, 40.0]), known[:1], neighbours=3)
    assert found["inverse_distance"] == pytest.approx([10.0], rel=1e-4)
