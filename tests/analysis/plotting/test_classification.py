"""All figures of a training of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.inference.rounding import measured_text
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.evaluation.classification import evaluate
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.plotting.classification import draw
from analysis.plotting.style import FigureLabel, figure_style
from analysis.study import Step

LABEL = FigureLabel("CMS Open Data", simulation=True)
TITLES = {"one": "First", "two": r"$\beta$"}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Networks and what they say of events of two data sets; of the second one's events, 50 are not trainable."""
    random = np.random.default_rng(1)
    label = random.integers(0, 2, 900).astype(np.int32)
    inputs = TrainingInputs(
        features={
            "event": Features(
                random.normal(label[:, None], 1.0, (900, 2)).astype(np.float32), np.ones((900, 2), bool), ("x", "y")
            )
        },
        label=label,
        target=np.zeros((900, 0), np.float32),
        weight=np.ones(900),
        identity=identify("two", 0, 900),
        trainable=np.arange(900) < 850,
        classes=("one", "two"),
    )
    network = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(8,), dropout=0.0, segments=0))
    settings = TrainingSettings(folds=3, epochs=4, batch_size=32, learning_rate=1e-2)
    trained = train(inputs, network, settings, checkpoints=tmp_path_factory.mktemp("checkpoints"))
    parts = {"a": inputs.select(np.arange(0, 400)), "b": inputs.select(np.arange(400, 900))}
    # the other way around: who goes by the position gets it wrong
    names = reversed(parts)
    scores = {name: Scores(parts[name].identity, trained.predictions(parts[name]), trained.names) for name in names}
    return {
        "training": trained,
        "scores": scores,
        "inputs": parts,
        "performance": evaluate(trained, scores, parts),
    }


@pytest.mark.long
def test_every_figure_is_drawn_from_its_own_numbers(given: dict[str, Any]):
    with figure_style():
        figures = draw(**given, titles=TITLES, label=LABEL)
    assert list(figures) == ["history", "roc", "confusion", "score_one", "score_two"]
    assert figures["history"].axes[1].get_ylabel() == "Mean AUC"
    legend = figures["roc"].axes[0].get_legend()
    assert legend is not None
    area = given["performance"]["metrics"]["auc"]["two"]["value"]
    assert legend.get_texts()[1].get_text().startswith(rf"$\beta$: {area:.2f}"[:-1])
    assert figures["score_two"].axes[1].get_xlabel() == r"Score of $\beta$"


def test_the_headline_is_text_by_class(given: dict[str, Any]):
    headline = given["performance"]["headline"]
    assert list(headline) == ["AUC one against rest", "AUC two against rest"]
    area = given["performance"]["metrics"]["auc"]["one"]
    assert headline["AUC one against rest"].startswith(
        measured_text(area["value"], ("", (area["uncertainty"], area["uncertainty"]))) + "; training − test "
    )
