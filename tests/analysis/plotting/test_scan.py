"""The figure of a profile likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.plotting.scan import draw_scan
from analysis.plotting.style import FigureLabel, figure_style

LABEL = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)


def fitted(points: int = 31) -> dict[str, Any]:
    """A parabola around 0.97 with the width 0.1, and a narrower one without systematic uncertainties."""
    places = np.linspace(0.6, 1.4, points)
    return {
        "scan": {
            "mu": {
                "points": places.tolist(),
                "twice_delta_nll": (((places - 0.97) / 0.1) ** 2).tolist(),
                "stat_only": (((places - 0.97) / 0.03) ** 2).tolist(),
            }
        },
        "intervals": {
            "mu": {
                "value": 0.97,
                "down": 0.1,
                "up": 0.1,
                "stat": [0.03, 0.03],
                "syst": [0.095, 0.096],
                "at_limit": [False, False],
            }
        },
    }


def drawn(fit: dict[str, Any], **options: Any) -> Any:
    """The axes."""
    with figure_style():
        return draw_scan(fit, "mu", LABEL, **options).axes[0]


@pytest.mark.parametrize("points", [7, 31])
def test_curves_are_the_parabolas_that_were_scanned(points: int):
    lines = {line.get_label(): line for line in drawn(fitted(points)).lines}
    for name, width in (("all uncertainties", 0.1), ("statistical only", 0.03)):
        x, y = lines[name].get_data()
        np.testing.assert_allclose(y, ((x - 0.97) / width) ** 2, atol=1e-9)
        # as high as the level of 95 % at least
        assert max(y) > 4.0
        assert min(y) < 0.01


def test_levels_and_interval():
    axes = drawn(fitted())
    levels = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(levels, [1.0, 3.841459])
    (band,) = axes.patches
    assert (band.get_x(), band.get_width()) == (pytest.approx(0.87), pytest.approx(0.2))


def test_words():
    axes = drawn(fitted(), title=r"$\mu$")
    assert (axes.get_xlabel(), axes.get_ylabel()) == (r"$\mu$", r"$-2\,\Delta\ln L$")
    text = "\n".join(text.get_text() for text in axes.texts)
    assert r"$\mu$ = $0.97^{+0.10}_{-0.10}$" in text
    assert "$^{+0.030}_{-0.030}$ (stat.) $^{+0.096}_{-0.095}$ (syst.)" in text
    assert "bound" not in text
    limited = fitted()
    limited["intervals"]["mu"]["at_limit"] = [True, False]
    assert any("bound" in text.get_text() for text in drawn(limited).texts)


def test_words_stand_above_the_curves():
    figure: Any
    with figure_style():
        figure = draw_scan(fitted(), "mu", LABEL)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        # the label, the levels' names and the result
        result = next(text for text in axes.texts if "stat." in text.get_text())
        for box in (result.get_window_extent(), axes.get_legend().get_window_extent()):
            for line in axes.lines[:2]:
                points = axes.transData.transform(line.get_xydata())
                assert not any(box.contains(x, y) for x, y in points)


def test_failed_points_and_missing_parts_go_through():
    fit = fitted()
    fit["scan"]["mu"]["twice_delta_nll"][5] = None
    fit["scan"]["mu"]["twice_delta_nll"][11] = float("nan")
    del fit["scan"]["mu"]["stat_only"]
    lines = {line.get_label(): line for line in drawn({**fit, "intervals": {}}).lines}
    assert "statistical only" not in lines
    assert np.isfinite(lines["all uncertainties"].get_ydata()).all()
    with pytest.raises(DataError, match=r"'other'.*mu"):
        draw_scan(fit, "other", LABEL)
