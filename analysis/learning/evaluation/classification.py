"""Performance of networks in classification; all results are numbers, lists and texts that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import kolmogorov

from analysis.errors import TrainingError
from analysis.learning.application.scores import scored
from analysis.learning.data.folds import split
from analysis.learning.evaluation.roc import METHOD, Estimate, auc, curve
from analysis.learning.evaluation.spread import in_words
from analysis.results import Number

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs

__all__ = ["compare_training", "confusion", "evaluate", "kolmogorov_smirnov", "summarise"]


_DIFFERENCE = "mean over folds of what the networks of a fold have on their training and on their test events"


def evaluate(
    training: Trained, scores: Mapping[str, Scores], inputs: Mapping[str, TrainingInputs], settings: None = None
) -> dict[str, Any]:
    """Judge how well networks tell classes apart.

    Args:
        training: the networks.
        scores: by data set, probabilities of the classes, of each event by the network that had no part in it.
        inputs: the same events, by data set.
        settings: there are none.

    Returns:
        ``headline``: the area under the ROC curve of each class against the rest, on test events and training minus
        test, as text; ``numbers``: both (:class:`analysis.results.Number`); ``metrics`` from
        :func:`summarise`; ``comparison`` from :func:`compare_training`.

    Raises:
        TrainingError: a fold has no events of a class, or all of them one class.
    """
    events, predictions = scored(inputs, scores)
    metrics, comparison = summarise(predictions, events, training.settings.folds), compare_training(training, events)
    headline, numbers = {}, []
    for name, area in metrics["auc"].items():
        difference = comparison[name]["difference"]
        headline[f"AUC {name} against rest"] = f"{in_words(area, '')}; training − test {in_words(difference, '')}"
        spread = (area["uncertainty"], area["uncertainty"])
        title = f"AUC {name} against rest"
        numbers.append(Number(f"auc_{name}", title, area["value"], spread, None, "", metrics["method"], "simulation"))
        learned = (difference["uncertainty"], difference["uncertainty"])
        title = f"AUC {name} against rest, training events minus test events"
        numbers.append(
            Number(f"overtraining_{name}", title, difference["value"], learned, None, "", _DIFFERENCE, "simulation")
        )
    return {
        "headline": headline,
        "numbers": [number.as_json() for number in numbers],
        "metrics": metrics,
        "comparison": comparison,
    }


def summarise(scores: np.ndarray, inputs: TrainingInputs, folds: int) -> dict[str, Any]:
    """Performance on the trainable events, each scored by the network it had no part in.

    Args:
        scores: (n, c) from :meth:`analysis.learning.application.trained.Trained.predictions`.
        inputs: the n events.
        folds: number of folds.

    Returns:
        ``method``; ``events``; ``auc``: by class, one against the rest, weighted by expected events: ``value`` and
        ``uncertainty`` of the mean over folds, ``balanced`` (the same with classes of equal size) and the estimates of
        all ``folds``; ``mean_auc`` over classes; ``confusion``; ``curves`` by class.

    Raises:
        TrainingError: a fold has no events of a class, or all of them one class.
    """
    parts = split(inputs.identity, folds, trainable=inputs.trainable)
    rows = np.flatnonzero(inputs.trainable)
    label, weight = inputs.label[rows], inputs.weight[rows]
    by_class, curves = {}, {}
    for index, name in enumerate(inputs.classes):
        estimates = [_estimate(scores, inputs, part.test, index, balance=False) for part in parts]
        balanced = [_estimate(scores, inputs, part.test, index, balance=True) for part in parts]
        by_class[name] = {
            **_as_json(_mean(estimates)),
            "balanced": _as_json(_mean(balanced)),
            "folds": [_as_json(estimate) for estimate in estimates],
        }
        curves[name] = curve(scores[rows, index], label == index, weight)
    return {
        "method": f"one class against the rest, mean over folds: {METHOD}",
        "events": len(rows),
        "auc": by_class,
        "mean_auc": float(np.mean([entry["value"] for entry in by_class.values()])),
        "confusion": confusion(scores[rows], label, weight, inputs.classes),
        "curves": curves,
    }


def compare_training(trained: Trained, inputs: TrainingInputs) -> dict[str, Any]:
    """Events that networks were trained on against events that they were not: how much they have learned by heart.

    For each class, the AUC against the rest on training and on test events, and a Kolmogorov-Smirnov test of the
    class's own events in the score for it. A difference is taken over folds: the test events of different folds are
    independent, the training events overlap, so their uncertainty counts as fully correlated. An event that trains one
    network tests another; this correlation would make the uncertainty smaller and is left out.

    Args:
        trained: the networks.
        inputs: the events of the training.

    Returns:
        by class: ``training``, ``test`` and ``difference`` (each ``value`` and ``uncertainty``), and
        ``kolmogorov_smirnov`` (``distance`` and ``p_value`` of each fold).

    Raises:
        TrainingError: a fold has no events of a class, or all of them one class.
    """
    folds = trained.settings.folds
    parts = split(inputs.identity, folds, trainable=inputs.trainable)
    found: dict[str, dict[str, list[Any]]] = {
        name: {"training": [], "test": [], "kolmogorov_smirnov": []} for name in inputs.classes
    }
    for part in parts:
        scores = np.zeros((len(inputs), len(inputs.classes)), np.float32)
        used = np.concatenate([part.training, part.test])
        scores[used] = trained.predictions_of(part.network, inputs.select(used))
        for index, name in enumerate(inputs.classes):
            own = []
            for kind in ("training", "test"):
                rows = getattr(part, kind)
                found[name][kind].append(_estimate(scores, inputs, rows, index, balance=False))
                rows = rows[inputs.label[rows] == index]
                own += [scores[rows, index], inputs.weight[rows]]
            found[name]["kolmogorov_smirnov"].append(kolmogorov_smirnov(*own))
    result = {}
    for name, entry in found.items():
        correlated = float(np.mean([estimate.uncertainty for estimate in entry["training"]]))
        training = Estimate(_mean(entry["training"]).value, correlated)
        test = _mean(entry["test"])
        difference = Estimate(training.value - test.value, math.hypot(training.uncertainty, test.uncertainty))
        result[name] = {
            "training": _as_json(training),
            "test": _as_json(test),
            "difference": _as_json(difference),
            "kolmogorov_smirnov": entry["kolmogorov_smirnov"],
        }
    return result


def confusion(scores: np.ndarray, label: np.ndarray, weight: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Confusion matrix: rows are true classes, columns the classes of the highest score.

    Args:
        scores: (n, c).
        label: (n,) true class.
        weight: (n,).
        classes: names of the classes.

    Returns:
        ``classes``; ``expected``: sums of weights (c, c) and their Poisson ``expected_uncertainty``, the root of the
        sum of squared weights; ``fraction`` of the true class and ``fraction_uncertainty``, for weighted events by
        error propagation of selected and rejected ones (binomial for equal weights).

    Raises:
        TrainingError: a class has no positive sum of weights.
    """
    number = len(classes)
    cell = label * number + np.argmax(scores, axis=1)
    expected = np.bincount(cell, weights=weight, minlength=number**2).reshape(number, number)
    squares = np.bincount(cell, weights=weight**2, minlength=number**2).reshape(number, number)
    total, total_squares = expected.sum(axis=1, keepdims=True), squares.sum(axis=1, keepdims=True)
    if (total <= 0).any():
        name = classes[int(np.argmax(total[:, 0] <= 0))]
        raise TrainingError(f"the class {name!r} has no events to be judged by", cure="use more events or fewer folds")
    fraction = expected / total
    variance = ((1 - fraction) ** 2 * squares + fraction**2 * (total_squares - squares)) / total**2
    return {
        "classes": list(classes),
        "expected": expected.tolist(),
        "expected_uncertainty": np.sqrt(squares).tolist(),
        "fraction": fraction.tolist(),
        "fraction_uncertainty": np.sqrt(variance).tolist(),
    }


def kolmogorov_smirnov(
    first: np.ndarray, first_weight: np.ndarray, second: np.ndarray, second_weight: np.ndarray
) -> dict[str, float]:
    """Two-sample Kolmogorov-Smirnov test of weighted events.

    The p-value is the asymptotic one with Stephens' correction for small samples (Press et al., Numerical Recipes, 3rd
    ed., Eq. 14.3.18), with the effective numbers (sum w)^2 / (sum w^2) in place of the numbers of events.

    Args:
        first: (n,) values.
        first_weight: (n,).
        second: (m,) values.
        second_weight: (m,).

    Returns:
        ``distance``: the greatest distance of the cumulative distributions; ``p_value``.
    """
    values = np.concatenate([first, second])
    points, place = np.unique(values, return_inverse=True)
    cumulative, effective = [], []
    for weight, places in ((first_weight, place[: len(first)]), (second_weight, place[len(first) :])):
        each = np.bincount(places, weights=weight, minlength=len(points))
        cumulative.append(np.cumsum(each) / np.sum(each))
        effective.append(np.sum(weight) ** 2 / np.sum(weight**2))
    distance = float(np.max(np.abs(cumulative[0] - cumulative[1])))
    root = math.sqrt(effective[0] * effective[1] / (effective[0] + effective[1]))
    return {"distance": distance, "p_value": float(kolmogorov((root + 0.12 + 0.11 / root) * distance))}


def _estimate(scores: np.ndarray, inputs: TrainingInputs, rows: np.ndarray, index: int, *, balance: bool) -> Estimate:
    label, weight = inputs.label[rows], inputs.weight[rows]
    if balance:
        total = np.bincount(label, weights=weight, minlength=len(inputs.classes))
        weight = weight / np.where(total > 0, total, 1)[label]
    try:
        return auc(scores[rows, index], label == index, weight)
    except ValueError as error:
        raise TrainingError(
            f"the class {inputs.classes[index]!r} cannot be judged: {error}", cure="use more events or fewer folds"
        ) from error


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    """Mean of independent estimates."""
    values = [estimate.value for estimate in estimates]
    return Estimate(float(np.mean(values)), math.hypot(*(e.uncertainty for e in estimates)) / len(estimates))


def _as_json(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "uncertainty": estimate.uncertainty}
