from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis.learning.application.scores import Scores
from analysis.plotting.style import FigureLabel
from analysis.studies.refinement.comparison import compare
from analysis.studies.refinement.figures import draw
from analysis.studies.refinement.settings import CAPTIONS, DATA, METHODS, SIMULATION, ComparisonSettings


def test_the_figures_show_what_was_measured(inputs: Any, truth: Any, depths: Any) -> None:
    comparison = compare(**depths, inputs=inputs, truth=truth, settings=ComparisonSettings())
    traces = inputs[SIMULATION].features["traces"].values
    refined = Scores(
        inputs[SIMULATION].identity,
        (1.1 * traces.astype(np.float32)).reshape(len(traces), -1),
        tuple(f"traces_{number}" for number in range(140)),
    )
    figures = draw(comparison, inputs, {SIMULATION: refined}, FigureLabel("test"))
    assert set(figures) == {name for name, *_ in CAPTIONS}
    upper = figures["depth_on_data"].axes[0]
    assert upper.get_legend_handles_labels()[1] == list(METHODS.values())
    containers: Any = upper.containers
    shown = [container.lines[0].get_ydata() for container in containers]
    assert np.nanmean(np.asarray(shown[0]) - np.asarray(shown[3])) == pytest.approx(-8.0, abs=1e-3)
    _, ratio = figures["mean_traces"].axes
    before, after, data = (np.asarray(line.get_ydata()) for line in ratio.lines)
    assert after / before == pytest.approx(1.1, rel=1e-2)
    assert (data == 1.0).all()
    legend: Any = figures["mean_traces"].axes[0].get_legend()
    assert DATA in [text.get_text() for text in legend.get_texts()]
    for figure in figures.values():
        plt.close(figure)
