"""The figure of a fit's goodness."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.plotting.goodness import draw_goodness
from analysis.plotting.style import FigureLabel, figure_style

LABEL = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)


def fitted(observed: float = 80.0) -> dict[str, Any]:
    """Toys of 28 degrees of freedom, two without a minimum."""
    toys = np.random.default_rng(1).chisquare(28, 500).tolist()
    goodness = {"statistic": observed, "ndf": 28, "p_value": 7e-7, "p_value_toys": 0.002}
    return {"goodness": {**goodness, "toy_statistics": [None, *toys, None]}}


def drawn(fit: dict[str, Any]) -> Any:
    """The axes."""
    with figure_style():
        return draw_goodness(fit, LABEL).axes[0]


@pytest.mark.parametrize("observed", [3.0, 28.0, 90.0])
def test_toys_and_fit_are_in_sight(observed: float):
    axes = drawn(fitted(observed))
    (histogram,) = axes.patches
    assert histogram.get_data().values.sum() == 500
    line = next(line for line in axes.lines if line.get_label().startswith("fit"))
    assert list(line.get_xdata()) == [observed, observed]
    low, high = axes.get_xlim()
    assert low < observed < high


def test_curve_is_the_expectation_in_the_same_bins():
    axes = drawn(fitted())
    curve = next(line for line in axes.lines if "chi" in line.get_label())
    assert curve.get_ydata().sum() == pytest.approx(500, rel=0.01)
    assert curve.get_xdata()[np.argmax(curve.get_ydata())] == pytest.approx(26.0, abs=3.0)


def test_words():
    axes = drawn(fitted())
    assert "$p$ = 0.002 (toys)\n$p$ = 7e-07 ($\\chi^2$)" in [text.get_text() for text in axes.texts]
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["500 toys", r"$\chi^2$, 28 d.o.f.", "fit: 80.0"]


def test_without_degrees_of_freedom_there_is_no_curve():
    fit = fitted()
    fit["goodness"].update(ndf=0, p_value=None)
    axes = drawn(fit)
    assert [line.get_label() for line in axes.lines] == ["fit: 80.0"]
    assert not any("chi" in text.get_text() for text in axes.texts)


@pytest.mark.parametrize("toys", [[], [None, None]])
def test_no_toys(toys: list[None]):
    fit = fitted()
    fit["goodness"]["toy_statistics"] = toys
    with pytest.raises(DataError, match="no toys"):
        drawn(fit)
    del fit["goodness"]["toy_statistics"]
    with pytest.raises(DataError, match="no toys"):
        drawn(fit)
