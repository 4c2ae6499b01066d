"""Predictions of events by a network that was trained on them, to be compared with those of the one that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.events.identity import fold_of

if TYPE_CHECKING:
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs

__all__ = ["training_predictions"]


def training_predictions(trained: Trained, inputs: TrainingInputs) -> np.ndarray:
    """Each event's predictions from one network that had it among its training events.

    Of the k - 2 networks that learned from an event of fold f, it is the one tested on fold f + 1 (modulo k); as every
    event counts once, the statistics of a distribution are those of its events. Only for trainable events.

    Args:
        trained: the networks of k folds.
        inputs: n events.

    Returns:
        (n, p) float32; see :meth:`analysis.learning.application.trained.Trained.predictions`.

    Raises:
        DataError: the features are not those of the training.
    """
    folds = trained.settings.folds
    network_of = (np.asarray(fold_of(inputs.identity, folds)).astype(int) + 1) % folds
    result = np.zeros((len(inputs), len(trained.names)), np.float32)
    for network in range(folds):
        rows = np.flatnonzero(network_of == network)
        result[rows] = trained.predictions_of(network, inputs.select(rows))
    return result
