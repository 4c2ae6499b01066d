"""The figure of all fits' parameters of interest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.plotting.style import FigureLabel, figure_style
from analysis.plotting.summary import draw_strengths

LABEL = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)
Z = {"value": 0.973, "down": 0.061, "up": 0.067, "stat": [0.018, 0.019]}
HIGGS = {"value": 0.3, "down": 1.4, "up": 1.6, "stat": [1.1, 1.2]}
MASS = {"value": 1.012, "down": 0.075, "up": 0.08, "stat": None}
WORKSPACES: dict[str, dict[str, Any]] = {
    "scores": {"intervals": {"mu_z": Z, "mu_h": HIGGS}},
    "m_vis": {"intervals": {"mu_z": MASS}},
}
POIS = {"mu_z": r"$\mu(Z)$", "mu_h": r"$\mu(H)$"}


def drawn(**options: Any) -> Any:
    """The figure."""
    with figure_style():
        return draw_strengths(WORKSPACES, POIS, LABEL, **options)


def bars(axes: Any) -> list[tuple[float, float, float]]:
    """Row and ends of every error bar."""
    segments = [segment for container in axes.containers for segment in container.lines[2][0].get_segments()]
    return [(float(s[0, 1]), float(s[0, 0]), float(s[1, 0])) for s in segments]


def test_bars_are_total_and_statistical_uncertainties():
    left, right = drawn().axes
    np.testing.assert_allclose(bars(left), [(0, 0.912, 1.040), (0, 0.955, 0.992), (1, 0.937, 1.092)])
    np.testing.assert_allclose(bars(right), [(0, -1.1, 1.9), (0, -0.8, 1.5)])
    points = [tuple(line.get_xydata()[0]) for line in left.lines if line.get_marker() == "o"]
    assert points == [(0.973, 0.0), (1.012, 1.0)]


def test_one_is_in_sight_and_has_a_line():
    for axes in drawn().axes:
        assert list(axes.lines[0].get_xdata()) == [1.0, 1.0]
        low, high = axes.get_xlim()
        assert low < 1.0 < high


def test_words():
    figure = drawn(titles={"m_vis": r"$m_{vis}$"})
    left, right = figure.axes
    assert [text.get_text() for text in left.get_yticklabels()] == ["scores", r"$m_{vis}$"]
    assert [axes.get_xlabel() for axes in (left, right)] == list(POIS.values())
    assert "$0.973^{+0.067}_{-0.061}$" in [text.get_text() for text in left.texts]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["total", "stat."]


def test_an_unknown_parameter_is_an_error():
    with pytest.raises(DataError, match="'mu_w'"):
        draw_strengths(WORKSPACES, {"mu_w": "W"}, LABEL)
