"""The figure of correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.plotting.correlation import draw_correlation
from analysis.plotting.style import FigureLabel, figure_style

LABEL = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)
POIS = ("mu_a", "mu_b")


def fitted(number: int) -> tuple[dict[str, Any], np.ndarray]:
    """A fit with the correlations of random numbers."""
    random = np.random.default_rng(4)
    matrix = np.asarray(np.corrcoef(random.normal(size=(number, 12))))
    names = [f"source_{n}" for n in range(number)]
    names[7], names[3] = POIS
    return {"correlation": {"names": names, "matrix": matrix.tolist()}}, matrix


def drawn(fit: dict[str, Any], **options: Any) -> Any:
    """The axes of the matrix."""
    with figure_style():
        return draw_correlation(fit, POIS, LABEL, **options).axes[0]


def test_the_most_correlated_parameters_follow_those_of_interest():
    fit, matrix = fitted(40)
    axes = drawn(fit)
    others = sorted(set(range(40)) - {7, 3}, key=lambda n: -max(abs(matrix[7, n]), abs(matrix[3, n])))
    shown = [7, 3, *others[:18]]
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [text.get_text() for text in labels] == [fit["correlation"]["names"][n] for n in shown]
    (image,) = axes.images
    np.testing.assert_array_equal(image.get_array(), matrix[np.ix_(shown, shown)])
    assert image.get_clim() == (-1.0, 1.0)


def test_numbers_are_percent():
    fit, matrix = fitted(9)
    axes = drawn(fit, titles={"source_0": "lumi"})
    names = fit["correlation"]["names"]
    order = [names.index(text.get_text().replace("lumi", "source_0")) for text in axes.get_yticklabels()]
    assert sorted(order) == list(range(9))
    cells = axes.texts[:81]
    assert any(not cell.get_text() for cell in cells)
    for cell in cells:
        column, row = cell.get_position()
        value = matrix[order[row], order[column]]
        found = cell.get_text().replace("\N{MINUS SIGN}", "-")
        assert abs(float(found) - 100 * value) <= 0.5 if found else abs(value) < 0.05


def test_parameters_of_interest_that_are_fixed_are_left_out():
    fit, _ = fitted(9)
    fit["correlation"]["names"][3] = "source_3"
    assert len(drawn(fit).get_yticklabels()) == 9
    with pytest.raises(DataError, match="no free parameters"):
        drawn({"correlation": {"names": [], "matrix": []}})
