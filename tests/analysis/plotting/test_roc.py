"""The figure of ROC curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.learning.evaluation.roc import auc, curve
from analysis.plotting.roc import draw_roc, roc_curves
from analysis.plotting.style import COLOURS, FigureLabel, figure_style

TITLES = {"z": r"$Z \to \tau\tau$", "w": "W + jets"}


def test_curves_and_areas():
    random = np.random.default_rng(6)
    signal = random.random(2000) < 0.4
    weight = random.uniform(0.5, 1.5, 2000)
    scores = {"z": random.normal(signal * 1.5), "w": random.normal(signal * 0.5)}
    estimates = {name: auc(score, signal, weight) for name, score in scores.items()}
    metrics = {
        "auc": {name: {"value": e.value, "uncertainty": e.uncertainty} for name, e in estimates.items()},
        "curves": {name: curve(score, signal, weight) for name, score in scores.items()},
    }
    axes: Any
    with figure_style():
        (axes,) = draw_roc(roc_curves(metrics, TITLES), FigureLabel("CMS Open Data", simulation=True)).axes
    for line, name, colour in zip(axes.lines, scores, COLOURS, strict=False):
        mistaken, accepted = line.get_data()
        assert (mistaken[0], accepted[0]) == (0.0, 0.0)
        assert (mistaken[-1], accepted[-1]) == pytest.approx((1.0, 1.0))
        # the area that is drawn is the area that is told
        assert np.trapezoid(accepted, mistaken) == pytest.approx(estimates[name].value, abs=2e-3)
        assert line.get_color() == colour
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    for text, title, estimate in zip(told, TITLES.values(), estimates.values(), strict=True):
        value, uncertainty = text.removeprefix(f"{title}: ").split(" ± ")
        assert float(value) == pytest.approx(estimate.value, abs=5e-4)
        assert float(uncertainty) == pytest.approx(estimate.uncertainty, rel=0.05)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Background efficiency", "Signal efficiency")
    assert axes.get_xlim() == axes.get_ylim() == (0.0, 1.0)
