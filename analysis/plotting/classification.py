"""All figures of networks that tell classes apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.learning.application.scores import scored
from analysis.learning.application.training_predictions import training_predictions
from analysis.plotting.confusion import draw_confusion
from analysis.plotting.history import draw_history
from analysis.plotting.roc import draw_roc, roc_curves
from analysis.plotting.scores import ScoredEvents, draw_scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.plotting.style import FigureLabel

__all__ = ["draw"]


def draw(
    training: Trained,
    scores: Mapping[str, Scores],
    inputs: Mapping[str, TrainingInputs],
    performance: Mapping[str, Any],
    titles: Mapping[str, str],
    label: FigureLabel,
    settings: None = None,
) -> dict[str, Figure]:
    """Draw how the networks were trained, how well they tell classes apart, and what they learned by heart.

    Args:
        training: the networks, with their history.
        scores: by data set, probabilities of the classes, of each event by the network that had no part in it.
        inputs: the same events, by data set; those that are not trainable are left out.
        performance: what :func:`analysis.learning.evaluation.classification.evaluate` found.
        titles: of the classes, by name.
        label: above each figure.
        settings: there are none.

    Returns:
        ``history``, ``roc``, ``confusion`` and, for each class, ``score_<class>``.

    Raises:
        DataError: the history is empty or incomplete, or the features are not those of the training.
    """
    every, predictions = scored(inputs, scores)
    events, predictions = every.select(every.trainable), predictions[every.trainable]
    test, learned = (
        ScoredEvents(one, events.label, events.weight) for one in (predictions, training_predictions(training, events))
    )
    metrics, comparison = performance["metrics"], performance["comparison"]
    return {
        "history": draw_history(training.history, label),
        "roc": draw_roc(roc_curves(metrics, titles), label),
        "confusion": draw_confusion(metrics["confusion"], titles, label),
        **{
            f"score_{name}": draw_scores(index, titles[name], test, learned, comparison[name], label)
            for index, name in enumerate(events.classes)
        },
    }
