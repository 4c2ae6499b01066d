"""The figure of a network's score of one class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.plotting.scores import ScoredEvents, distribution, draw_scores
from analysis.plotting.style import COLOURS, FigureLabel, figure_style, save_figure

LABEL = FigureLabel("CMS Open Data", simulation=True, energy=8.0)
EDGES = np.linspace(0.0, 1.0, 21)
COMPARISON = {
    "difference": {"value": 0.0407, "uncertainty": 0.0085},
    "kolmogorov_smirnov": [{"distance": 0.1, "p_value": 0.3}, {"distance": 0.2, "p_value": 0.012}],
}


def scored(number: int = 4000, seed: int = 3) -> ScoredEvents:
    """Simulated events of three classes, with weights."""
    random = np.random.default_rng(seed)
    label = random.integers(0, 3, number)
    scores = random.dirichlet(np.ones(3), number)
    scores[np.arange(number), label] += 1.0
    return ScoredEvents(scores / 2.0, label, random.uniform(0.5, 1.5, number))


def drawn(index: int, title: str, test: ScoredEvents, training: ScoredEvents) -> list[Any]:
    """The axes of the figure."""
    with figure_style():
        return [*draw_scores(index, title, test, training, COMPARISON, LABEL).axes]


def test_distribution_is_normalised_and_its_uncertainty_is_poisson():
    random = np.random.default_rng(1)
    values = random.uniform(size=1000)
    share, uncertainty = distribution(values, np.full(1000, 0.3), EDGES)
    assert share.sum() == pytest.approx(1.0)
    counts, _ = np.histogram(values, EDGES)
    np.testing.assert_allclose(uncertainty, np.sqrt(counts) / 1000)


def test_uncertainty_covers_fluctuations_of_weighted_events():
    random = np.random.default_rng(2)
    found = []
    for _ in range(400):
        number = random.poisson(500)
        weight = random.exponential(size=number)
        share, uncertainty = distribution(random.beta(2, 3, number), weight, EDGES)
        found.append((share[8] * weight.sum(), uncertainty[8] * weight.sum()))
    contents, uncertainties = np.array(found).T
    assert uncertainties.mean() == pytest.approx(contents.std(), rel=0.1)


@pytest.mark.parametrize("weight", [np.zeros(0), np.array([1.0, -1.0])])
def test_no_events_or_no_positive_sum(weight: np.ndarray):
    share, uncertainty = distribution(np.full(len(weight), 0.5), weight, EDGES)
    np.testing.assert_array_equal(share, np.zeros(20))
    np.testing.assert_array_equal(uncertainty, np.zeros(20))


def test_points_and_areas_are_the_distributions():
    test, training = scored(seed=3), scored(seed=4)
    above, below = drawn(1, "Z", test, training)
    for number, own in enumerate((True, False)):
        rows = (test.label == 1) == own
        share, uncertainty = distribution(test.scores[rows, 1], test.weight[rows], EDGES)
        line, _, (bars,) = above.containers[number].lines
        np.testing.assert_allclose(line.get_ydata(), share[share > 0])
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        np.testing.assert_allclose(np.diff(ends, axis=1)[:, 0], 2.0 * uncertainty[share > 0])

        rows = (training.label == 1) == own
        trained, spread = distribution(training.scores[rows, 1], training.weight[rows], EDGES)
        area, outline, band = above.patches[3 * number : 3 * number + 3]
        for patch in (area, outline):
            np.testing.assert_allclose(patch.get_data().values, trained)
            np.testing.assert_allclose(patch.get_data().edges, EDGES)
        np.testing.assert_allclose(band.get_data().values, trained + spread)
        np.testing.assert_allclose(band.get_data().baseline, trained - spread)

        ratio = below.containers[number].lines[0].get_ydata()
        both = (share > 0) & (trained > 0)
        np.testing.assert_allclose(ratio, share[both] / trained[both])


def test_words():
    above, below = drawn(0, r"$H \to \tau\tau$", scored(), scored())
    assert above.get_ylabel() == "Share of events / 0.05"
    assert below.get_xlabel() == r"Score of $H \to \tau\tau$"
    assert below.get_ylabel() == "Test / training"
    names = [text.get_text() for text in above.get_legend().get_texts()]
    assert names == [
        r"$H \to \tau\tau$, training",
        r"$H \to \tau\tau$, test",
        "other classes, training",
        "other classes, test",
    ]
    text = "\n".join(text.get_text() for text in above.texts)
    assert "AUC, training $-$ test: 0.0407 ± 0.0085" in text
    assert "$p$ = 0.012, the lowest of 2 folds" in text
    assert "Open Data Simulation" in text


def test_every_class_has_its_colour():
    above, _ = drawn(2, "W", scored(), scored())
    assert above.containers[0].lines[0].get_color() == COLOURS[2]


def test_all_bins_with_events_are_in_sight_below_the_words():
    with figure_style():
        figure: Any = draw_scores(1, "Z", scored(), scored(seed=4), COMPARISON, LABEL)
        figure.draw_without_rendering()
        above = figure.axes[0]
        covers = [above.get_legend().get_window_extent(), *(text.get_window_extent() for text in above.texts)]
        for container in above.containers:
            data = np.asarray(container.lines[0].get_xydata())
            assert (data[:, 1] > above.get_ylim()[0]).all()
            points = above.transData.transform(data)
            assert not any(box.contains(x, y) for box in covers for x, y in points)


def test_empty_bins_and_absent_classes_go_through(tmp_path: Path):
    few = scored(5)
    none = ScoredEvents(np.zeros((0, 3)), np.zeros(0, int), np.zeros(0))
    with figure_style():
        for number, (test, training) in enumerate(((few, few), (few, none), (none, none))):
            path = tmp_path / f"{number}.png"
            save_figure(draw_scores(0, "Z", test, training, COMPARISON, LABEL), path)
            assert path.stat().st_size > 1000
