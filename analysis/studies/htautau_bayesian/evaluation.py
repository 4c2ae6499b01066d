"""Reliability of the dense and the Bayesian network, and what the latter does not know."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.learning.application.scores import concatenate, scored
from analysis.learning.evaluation.reliability import Reliability, calibration_error, reliability
from analysis.learning.evaluation.roc import auc
from analysis.learning.evaluation.uncertainty import of_classes
from analysis.learning.losses.balance import balanced
from analysis.plotting.reliability import draw_reliability
from analysis.results import Axis, Column, Number, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.learning.application.scores import Scores
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.plotting.style import FigureLabel

__all__ = ["draw", "evaluate"]

_TITLES = {"dense": "dense network", "bayesian": "Bayesian network"}
_BINS = 10
# of the highest probability, in which the epistemic uncertainty is told
_SURE = (0.2, 0.4, 0.6, 0.8, 1.0)


def evaluate(
    inputs: Mapping[str, TrainingInputs], scores: Mapping[str, Scores], bayesian_scores: Mapping[str, Scores]
) -> dict[str, Any]:
    """Tell calibration errors of both networks, and the epistemic uncertainty by class and by how sure a network is.

    Args:
        inputs: simulated events, by data set; those that are learned from are judged, by networks that had no part in
            them.
        scores: of the dense network.
        bayesian_scores: of the Bayesian one.

    Returns:
        JSON: numbers, tables and a headline.
    """
    networks = {"dense": _predictions(inputs, scores), "bayesian": _predictions(inputs, bayesian_scores)}
    numbers, headline = [], {}
    classes = next(iter(inputs.values())).classes
    curves = {name: _reliability(*one) for name, one in networks.items()}
    for name, found in curves.items():
        error, spread = calibration_error(found), _chance(found)
        title = f"expected calibration error, {_TITLES[name]}"
        note = f"perfect probabilities would have {spread:.4f} in so many events"
        numbers.append(Number(f"calibration_error_{name}", title, error, None, None, "", "simulated events", note))
        headline[title] = f"{error:.4f} ({note})"
    columns = []
    for name, (events, predictions) in networks.items():
        areas = [auc(predictions[:, index], events.label == index, events.weight) for index, _ in enumerate(classes)]
        errors = [one.error for one in curves[name].values()]
        stat = {"stat": tuple((one.uncertainty,) * 2 for one in areas)}
        columns.append(Column(f"AUC, {_TITLES[name]}", "", tuple(one.value for one in areas), stat, {}))
        columns.append(Column(f"calibration error, {_TITLES[name]}", "", tuple(errors), {}, {}))
    events, predictions = networks["bayesian"]
    trainable = np.concatenate([one.trainable for one in inputs.values()])
    unknown = of_classes(concatenate([bayesian_scores[name] for name in inputs]).select(trainable)).epistemic
    share = balanced(events.weight, events.label, classes)
    columns.append(
        Column(
            "epistemic uncertainty",
            "nat",
            tuple(_mean(unknown, share, events.label == index) for index, _ in enumerate(classes)),
            {},
            {},
        )
    )
    by_class = Table(
        "reliability_classes",
        "Networks on events that they never saw, class by class",
        (Axis("Class", "", classes),),
        tuple(columns),
    )
    most = predictions.max(axis=1)
    bins = tuple(pairwise(_SURE))
    by_score = Table(
        "epistemic_scores",
        "Epistemic uncertainty of the Bayesian network by its highest probability",
        (Axis("Highest probability", "", bins),),
        (
            Column(
                "epistemic uncertainty",
                "nat",
                tuple(_mean(unknown, share, (most >= low) & (most <= high)) for low, high in bins),
                {},
                {},
            ),
        ),
    )
    return {
        "numbers": [one.as_json() for one in numbers],
        "tables": [by_class.as_json(), by_score.as_json()],
        "headline": headline,
    }


def draw(
    inputs: Mapping[str, TrainingInputs],
    scores: Mapping[str, Scores],
    bayesian_scores: Mapping[str, Scores],
    titles: Mapping[str, str],
    label: FigureLabel,
) -> dict[str, Figure]:
    """Draw the reliability of both networks; arguments as in :func:`evaluate`."""
    networks = {"dense": _predictions(inputs, scores), "bayesian": _predictions(inputs, bayesian_scores)}
    found = {_TITLES[name]: _reliability(*one) for name, one in networks.items()}
    return {"reliability": draw_reliability(found, titles, label)}


def _predictions(
    inputs: Mapping[str, TrainingInputs], scores: Mapping[str, Scores]
) -> tuple[TrainingInputs, NDArray[np.float32]]:
    events, predictions = scored(inputs, scores)
    return events.select(events.trainable), predictions[events.trainable]


def _reliability(events: TrainingInputs, predictions: NDArray[np.float32]) -> dict[str, Reliability]:
    return reliability(predictions, events.label, events.weight, events.classes, _BINS)


def _chance(found: Mapping[str, Reliability]) -> float:
    """The error that fluctuations alone make: sqrt(2 / pi) of the uncertainties, mean over classes."""
    return float(np.mean([np.sum(one.share * one.uncertainty) for one in found.values()]) * np.sqrt(2.0 / np.pi))


def _mean(numbers: NDArray[np.float64], share: NDArray[np.float64], rows: NDArray[np.bool_]) -> float | None:
    total = float(share[rows].sum())
    return float(np.sum(share[rows] * numbers[rows]) / total) if total > 0.0 else None
