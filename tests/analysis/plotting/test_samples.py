from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.errors import DataError, StudyError
from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.sample_settings import SampleFigures
from analysis.measurement import Variable
from analysis.plotting.samples import draw
from analysis.plotting.style import FigureLabel, figure_style, save_figure

EVENTS = 4000
MASS = Variable("mass", "$m$", "GeV", tuple(np.linspace(60.0, 120.0, 31)))
# as the second edge of many, the first one does not say all
SLOPE = Variable("slope", "Slope", "", (-3.0, -2.0, 0.0, 1.0, 3.0), field="eta")
FIGURES = SampleFigures((MASS, SLOPE), logarithmic=("mass",), true="Data")
LABEL = FigureLabel("Toy Observatory")


@pytest.fixture(scope="module")
def stages() -> dict[str, Any]:
    """A generator of two seeds; the second one's masses are shifted."""
    random = np.random.default_rng(1)
    target = random.normal(size=(EVENTS, 2)) * [8.0, 1.0] + [90.0, 0.0]
    by_seed = random.normal(size=(2, EVENTS, 2)) * [8.0, 1.0] + [90.0, 0.0]
    by_seed[1, :, 0] += 5.0
    target[:, 1] += 0.05 * target[:, 0]
    inputs = TrainingInputs(
        features={"noise": Features(np.zeros((EVENTS, 2), np.float32), np.ones((EVENTS, 2), bool))},
        label=np.zeros(EVENTS, np.int32),
        target=target.astype(np.float32),
        weight=np.ones(EVENTS),
        identity=identify("figures", 0, EVENTS),
        trainable=np.ones(EVENTS, bool),
        classes=("simulated",),
        targets=("mass", "eta"),
    )
    fold = {"training_loss": 1.0, "validation_loss": 1.1, "metrics": {"sliced_wasserstein": 0.1}, "best_epoch": 1}
    fold |= {"stopped": False}
    history = [
        {"epoch": epoch, "loss": "likelihood", "metrics": ["sliced_wasserstein"], "networks": [fold]}
        for epoch in (1, 2)
    ]
    drawn = by_seed.astype(np.float32)
    return {
        "training": SimpleNamespace(history=tuple(history)),
        "scores": {"toys": Scores(inputs.identity, drawn[0], ("mass", "eta"), drawn)},
        "inputs": {"toys": inputs},
    }


@pytest.fixture(scope="module")
def figures(stages: dict[str, Any]) -> dict[str, Any]:
    with figure_style():
        return draw(**stages, label=LABEL, settings=FIGURES)


def texts(figure: Figure) -> str:
    found: Any = figure.findobj(Text)
    return " ".join(text.get_text() for text in found)


def test_all_figures_are_drawn_and_labelled(figures: dict[str, Any]) -> None:
    assert tuple(figures) == tuple(name for name, _, _ in FIGURES.captions)
    for figure in figures.values():
        assert "Toy" in texts(figure)
    for word in ("Data", "Generated events", "Other seeds", "$m$ [GeV]", "Generated / data", "/ 2 GeV"):
        assert word in texts(figures["mass"])


def test_shares_are_those_of_all_events(figures: dict[str, Any], stages: dict[str, Any]) -> None:
    above, below = figures["mass"].axes
    (points,) = above.containers
    mass = stages["inputs"]["toys"].target[:, 0]
    counts, _ = np.histogram(mass, MASS.edges)
    line, _, (bars,) = points.lines
    assert line.get_ydata() == pytest.approx(counts[counts > 0] / EVENTS)
    half = [(segment[1, 1] - segment[0, 1]) / 2 for segment in bars.get_segments()]
    assert half == pytest.approx(np.sqrt(counts[counts > 0]) / EVENTS)
    drawn, _ = np.histogram(stages["scores"]["toys"].predictions[:, 0], MASS.edges)
    assert above.patches[1].get_data().values == pytest.approx(drawn / EVENTS)
    # the ratio of the first seed, and that of the second one which is shifted
    there = (counts > 0) & (drawn > 0)
    steps = [patch.get_data().values for patch in below.patches]
    assert steps[2][there] == pytest.approx((drawn / np.maximum(counts, 1))[there])
    low, high = above.get_ylim()
    assert np.all((line.get_ydata() > low) & (line.get_ydata() < high))


def test_wide_bins_show_densities(figures: dict[str, Any], stages: dict[str, Any]) -> None:
    above, _ = figures["slope"].axes
    counts, _ = np.histogram(stages["inputs"]["toys"].target[:, 1], SLOPE.edges)
    expected = counts / EVENTS / [1.0, 2.0, 1.0, 2.0]
    assert above.containers[0].lines[0].get_ydata() == pytest.approx(expected[counts > 0])


def test_correlations_and_their_difference(figures: dict[str, Any], stages: dict[str, Any]) -> None:
    true = np.corrcoef(stages["inputs"]["toys"].target.T)[0, 1]
    drawn = np.corrcoef(stages["scores"]["toys"].predictions.T)[0, 1]
    shown = [np.asarray(axes.images[0].get_array())[0, 1] for axes in figures["correlations"].axes]
    assert shown == pytest.approx([true, drawn, drawn - true], abs=1e-6)
    assert f"{100 * true:.0f}" in texts(figures["correlations"])


def test_the_same_numbers_give_the_same_bytes(stages: dict[str, Any], figures: dict[str, Any], tmp_path: Any):
    with figure_style():
        again = draw(**stages, label=LABEL, settings=FIGURES)
        for name in ("mass", "correlations"):
            save_figure(figures[name], tmp_path / "first.pdf")
            save_figure(again[name], tmp_path / "second.pdf")
            assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()


def test_what_cannot_be_drawn_is_told(stages: dict[str, Any]) -> None:
    unknown = SampleFigures((Variable("energy", "E", "GeV", (0.0, 1.0)),))
    with figure_style(), pytest.raises(DataError, match=r"no generated variable 'energy'(.|\n)*mass, eta"):
        draw(**stages, label=LABEL, settings=unknown)
    with pytest.raises(StudyError, match="there is no variable"):
        SampleFigures(())
    with pytest.raises(StudyError, match=r"logarithmic names 'x'(.|\n)*use some of: mass"):
        SampleFigures((MASS,), logarithmic=("x",))
