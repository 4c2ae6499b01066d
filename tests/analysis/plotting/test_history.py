"""The figure of a training's history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.plotting.history import draw_history, network_values
from analysis.plotting.style import FigureLabel, figure_style

LABEL = FigureLabel("CMS Open Data", simulation=True)


def history(epochs: int = 6, loss: str = "cross_entropy", metric: str = "auc") -> list[dict[str, Any]]:
    """Three folds, of which the second stops at the end of epoch 4."""
    entries = []
    for epoch in range(1, epochs + 1):
        folds = [
            {
                "fold": fold,
                "training_loss": 1.0 / epoch + 0.01 * fold,
                "validation_loss": 1.1 / epoch + 0.02 * fold,
                "metrics": {metric: 0.9 - 0.1 / epoch - 0.01 * fold},
                "best_epoch": min(epoch, 2 + fold),
                "stopped": fold == 1 and epoch >= 4,
            }
            for fold in range(3)
        ]
        entries.append({"epoch": epoch, "loss": loss, "metrics": [metric], "networks": folds})
    return entries


def drawn(entries: list[dict[str, Any]]) -> list[Any]:
    """The axes of the figure."""
    with figure_style():
        return [*draw_history(entries, LABEL).axes]


def test_values_end_when_a_fold_stops():
    values = network_values(history(), "training_loss")
    assert values.shape == (6, 3)
    assert np.isfinite(values[:4]).all()
    assert np.isnan(values[4:, 1]).all()
    assert np.isfinite(values[:, [0, 2]]).all()


def test_lines_are_means_and_bands_are_ranges():
    above, below = drawn(history())
    for axes, line, band, name in (
        (above, 0, 0, "training_loss"),
        (above, 1, 1, "validation_loss"),
        (below, 0, 0, "auc"),
    ):
        values = network_values(history(), name)
        np.testing.assert_allclose(axes.lines[line].get_ydata(), np.nanmean(values, axis=1))
        np.testing.assert_array_equal(axes.lines[line].get_xdata(), np.arange(1, 7))
        corners = axes.collections[band].get_paths()[0].vertices
        for epoch in range(1, 7):
            heights = corners[corners[:, 0] == epoch, 1]
            np.testing.assert_allclose(heights.min(), np.nanmin(values[epoch - 1]))
            np.testing.assert_allclose(heights.max(), np.nanmax(values[epoch - 1]))


def test_marks_stand_at_the_epochs_kept():
    above, below = drawn(history())
    for axes, name in ((above, "validation_loss"), (below, "auc")):
        marks = axes.lines[-1]
        np.testing.assert_array_equal(marks.get_xdata(), [2, 3, 4])
        expected = network_values(history(), name)[[1, 2, 3], [0, 1, 2]]
        np.testing.assert_allclose(marks.get_ydata(), expected)


def test_words():
    above, below = drawn(history())
    assert (above.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == ("Cross entropy", "Mean AUC", "Epoch")
    names = [text.get_text() for text in above.get_legend().get_texts()]
    assert names == ["Training", "Validation", "Epoch kept, each network"]
    assert "Open Data Simulation" in [text.get_text() for text in above.texts]


def test_a_regression_is_named_with_its_unit():
    with figure_style():
        above, below = draw_history(history(loss="gaussian", metric="rmse"), LABEL, "g/cm$^2$").axes
    assert (above.get_ylabel(), below.get_ylabel()) == ("Negative log-likelihood", "RMS error [g/cm$^2$]")
    errors = network_values(history(), "auc")
    # where lower is better, the best value is the lowest one, and the first epochs may be outside
    assert below.get_ylim()[0] < np.nanmin(errors)


def test_a_single_epoch_goes_through():
    above, _ = drawn(history(1))
    assert len(above.lines[0].get_xdata()) == 1


def test_empty_or_other_histories_are_refused():
    with pytest.raises(DataError, match="has no epoch"):
        draw_history([], LABEL)
    with pytest.raises(DataError, match="has no 'training_loss'"):
        draw_history([{"epoch": 1, "networks": [{"validation_loss": 1.0, "stopped": False}]}], LABEL)
