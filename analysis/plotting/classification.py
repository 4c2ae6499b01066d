"""All figures of networks that tell classes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.learning.training_predictions import training_predictions
from analysis.plotting.confusion import draw_confusion
from analysis.plotting.history import draw_history
from analysis.plotting.roc import draw_roc, roc_curves
from analysis.plotting.scores import ScoredEvents, draw_scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.plotting.material import TrainingMaterial
    from analysis.plotting.style import FigureLabel

__all__ = ["draw"]


def draw(material: TrainingMaterial, label: FigureLabel, settings: None = None) -> dict[str, Figure]:
    """How the networks were trained, how well they tell classes apart, and what they learned by heart.

    Args:
        material: of the training; its metrics are those of :func:`analysis.learning.metrics.evaluate`.
        label: above each figure.
        settings: there are none.

    Returns:
        ``history``, ``roc``, ``confusion`` and, for each class, ``score_<class>``.

    Raises:
        DataError: the history is empty or incomplete, or the features are not those of the training.
    """
    inputs, metrics = material.inputs, material.metrics
    titles = {name: material.titles.get(name, name) for name in inputs.classes}
    test, training = (
        ScoredEvents(scores, inputs.label, inputs.weight)
        for scores in (material.predictions, training_predictions(material.trained, inputs))
    )
    return {
        "history": draw_history(material.history, label),
        "roc": draw_roc(roc_curves(metrics["metrics"], titles), label),
        "confusion": draw_confusion(metrics["metrics"]["confusion"], titles, label),
        **{
            f"score_{name}": draw_scores(index, titles[name], test, training, metrics["comparison"][name], label)
            for index, name in enumerate(inputs.classes)
        },
    }
