from __future__ import annotations

import numpy as np

from analysis.learning.evaluation.reliability import Reliability
from analysis.plotting.reliability import draw_reliability
from analysis.plotting.style import FigureLabel


def test_bins_without_events_are_left_out() -> None:
    numbers = np.array([0.1, 0.5, 0.9])
    one = Reliability(numbers, numbers, np.full(3, 0.05), np.array([0.5, 0.0, 0.5]))
    figure = draw_reliability({"dense": {"w": one}, "Bayesian": {"w": one}}, {"w": "W + jets"}, FigureLabel("Test"))
    assert len(figure.axes) == 2
    for axes in figure.axes:
        # the diagonal comes first
        points = np.asarray(axes.lines[1].get_xdata())
        assert points.tolist() == [0.1, 0.9]
