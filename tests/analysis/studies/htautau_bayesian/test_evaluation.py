from __future__ import annotations

import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.plotting.style import FigureLabel
from analysis.studies.htautau_bayesian.evaluation import draw, evaluate

CLASSES = ("w", "tt")
NUMBER = 4000


def made() -> tuple[dict[str, TrainingInputs], dict[str, Scores], dict[str, Scores]]:
    """The dense network is too sure of itself, the Bayesian one is right and knows little of the second class."""
    random = np.random.default_rng(1)
    identity = identify("some", 0, NUMBER)
    truth = random.uniform(0.0, 1.0, NUMBER)
    label = (random.random(NUMBER) < truth).astype(np.int32)
    inputs = TrainingInputs(
        features={"event": Features(np.zeros((NUMBER, 1), np.float32), np.ones((NUMBER, 1), np.bool_), ("x",))},
        label=label,
        target=np.zeros((NUMBER, 0), np.float32),
        weight=np.ones(NUMBER),
        identity=identity,
        trainable=np.ones(NUMBER, np.bool_),
        classes=CLASSES,
    )
    sure = np.where(truth > 0.5, 0.95, 0.05)
    dense = Scores(identity, np.stack([1.0 - sure, sure], axis=1).astype(np.float32), CLASSES)
    away = np.where(label == 1, 0.5, 0.0) * np.minimum(truth, 1.0 - truth)
    members = np.stack([np.stack([1.0 - one, one], axis=1) for one in (truth - away, truth + away)]).astype(np.float32)
    return {"some": inputs}, {"some": dense}, {"some": Scores(identity, members.mean(axis=0), CLASSES, members)}


def test_errors_and_what_is_not_known() -> None:
    found = evaluate(*made())
    numbers = {one["name"]: one["value"] for one in found["numbers"]}
    assert numbers["calibration_error_dense"] == pytest.approx(0.2, abs=0.03)
    assert numbers["calibration_error_bayesian"] < 0.03
    columns = {one["title"]: one["values"] for one in found["tables"][0]["columns"]}
    known, unknown = columns["epistemic uncertainty"]
    assert known == pytest.approx(0.0, abs=1e-6)
    assert unknown > 0.01
    by_score = found["tables"][1]["columns"][0]["values"]
    assert by_score[0] is None
    assert 0.0 < by_score[3] < by_score[2]


def test_the_figure_has_a_panel_for_each_network() -> None:
    figure = draw(*made(), {"w": "W + jets", "tt": "tt"}, FigureLabel("Test", simulation=True))["reliability"]
    legends = [axes.get_legend() for axes in figure.axes]
    assert [one and one.get_title().get_text() for one in legends] == ["dense network", "Bayesian network"]
