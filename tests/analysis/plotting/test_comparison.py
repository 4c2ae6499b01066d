"""The figure of a spectrum of two results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.plotting.comparison import draw_comparison
from analysis.plotting.style import FigureLabel, figure_style, save_figure

EDGES = np.array([0.0, 1.0, 2.0, 4.0])
A = (np.array([10.0, 0.0, 40.0]), np.array([4.0, 0.0, 16.0]))
B = (np.array([11.0, 2.0, 38.0]), np.array([4.0, 1.0, 16.0]))


def drawn(a: Any = A, b: Any = B, edges: Any = EDGES, **more: Any) -> Any:
    names = ("a: v1", "b: working tree")
    return draw_comparison(edges, a, b, names, FigureLabel("Toy"), **{"quantity": "$m$", "unit": "GeV", **more})


def steps(axes: Any) -> list[np.ndarray]:
    return [patch.get_data().values for patch in axes.patches]


def test_both_are_drawn_per_width_and_the_ratio_is_of_those_with_entries():
    with figure_style():
        above, below = drawn(words="All events\ndata").axes
    band, first, second = steps(above)
    np.testing.assert_allclose(first, [10.0, 0.0, 20.0])
    np.testing.assert_allclose(second, [11.0, 2.0, 19.0])
    np.testing.assert_allclose(band, [12.0, 0.0, 22.0])
    relative, ratio = steps(below)
    np.testing.assert_allclose(ratio, [1.1, np.nan, 0.95])
    np.testing.assert_allclose(relative, [1.2, np.nan, 1.1])
    assert (above.get_ylabel(), below.get_xlabel(), below.get_ylabel()) == ("Events / GeV", "$m$ [GeV]", "b / a")
    assert [text.get_text() for text in above.get_legend().get_texts()] == [
        "a: v1",
        "b: working tree",
        "Stat. uncertainty",
    ]
    assert "All events\ndata" in [text.get_text() for text in above.texts]
    low, high = below.get_ylim()
    assert low < 0.95 < 1.1 < high


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_empty_and_negative_spectra_can_be_drawn(tmp_path: Path, value: float):
    content = np.full(3, value), np.full(3, abs(value))
    with figure_style():
        figure = drawn(content, content, edges=np.arange(4.0))
        save_figure(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0


def test_all_of_both_is_in_sight_below_the_words():
    with figure_style():
        above, _ = drawn(b=(4.0 * A[0], A[1]), words="\n".join("abcd")).axes
    assert above.get_ylim()[1] * (1.0 - 0.06 * 5) >= 80.0
