from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.simulation.profile import gaisser_hillas


@pytest.mark.parametrize(("width", "decay"), [(750.0, 70.0), (950.0, 110.0), (1250.0, 500.0)])
def test_the_maximum_is_one_at_x_max(width: float, decay: float) -> None:
    beyond = np.linspace(-600.0, 1500.0, 42001)
    profile = gaisser_hillas(beyond, width, decay)
    assert abs(beyond[profile.argmax()]) < 0.06
    assert profile.max() == pytest.approx(1.0, abs=1e-9)


def test_values_follow_the_formula_as_it_is_written() -> None:
    depth, maximum, first, decay = 900.0, 750.0, -20.0, 65.0
    formula = ((depth - first) / (maximum - first)) ** ((maximum - first) / decay) * np.exp((maximum - depth) / decay)
    assert gaisser_hillas(np.array(depth - maximum), maximum - first, decay) == pytest.approx(formula, rel=1e-12)


def test_there_is_nothing_before_the_beginning() -> None:
    assert gaisser_hillas(np.array([-750.0, -800.0, -1e4]), 750.0, 70.0).max() < 1e-50
