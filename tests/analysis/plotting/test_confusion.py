"""The figure of a confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.learning.evaluation.classification import confusion
from analysis.plotting.confusion import draw_confusion
from analysis.plotting.style import FigureLabel, figure_style

TITLES = {"z": r"$Z \to \tau\tau$", "w": "W + jets", "tt": r"$t\bar{t}$"}


def test_cells_are_the_fractions_of_the_true_class():
    random = np.random.default_rng(5)
    label = random.integers(0, 3, 500)
    scores = random.dirichlet(np.ones(3), 500) + 0.3 * np.eye(3)[label]
    matrix = confusion(scores, label, random.uniform(0.5, 1.5, 500), list(TITLES))
    axes: Any
    with figure_style():
        axes, bar = draw_confusion(matrix, TITLES, FigureLabel("CMS Open Data", simulation=True)).axes
    (image,) = axes.images
    np.testing.assert_allclose(image.get_array(), matrix["fraction"])
    assert image.get_clim() == (0.0, 1.0)
    for text in axes.texts[:9]:
        column, row = text.get_position()
        value, uncertainty = matrix["fraction"][row][column], matrix["fraction_uncertainty"][row][column]
        assert text.get_text() == f"{value:.3f}\n± {uncertainty:.3f}"
    assert [text.get_text() for text in axes.get_xticklabels()] == list(TITLES.values())
    assert [text.get_text() for text in axes.get_yticklabels()] == list(TITLES.values())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Class of the highest score", "True class")
    assert bar.get_ylabel() == "Share of the true class"
    assert "Open Data Simulation" in [text.get_text() for text in axes.texts]
