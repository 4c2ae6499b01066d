"""Events made ready for the compiled training: chosen, ordered, split, balanced, standardised, padded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from analysis.errors import DataError, TrainingError
from analysis.learning.balance import balanced
from analysis.learning.engine import Data
from analysis.learning.folds import Parts, split
from analysis.learning.inputs import TrainingInputs
from analysis.learning.settings import TrainingSettings
from analysis.learning.standardisation import measure, standardise

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a training starts from.

    Args:
        inputs: the trainable events, in the order of their identity.
        parts: which of them each network is trained, stopped and tested with.
        batches: optimisation steps in one epoch.
        knots: (k, f, q, 2), the standardisation of each network.
        data: on the device.
    """

    inputs: TrainingInputs
    parts: tuple[Parts, ...]
    batches: int
    knots: np.ndarray
    data: Data


def prepare(inputs: TrainingInputs, settings: TrainingSettings) -> Prepared:
    """Prepare the trainable events; the order and the chunks that they come in change nothing.

    Raises:
        DataError: an event is there twice.
        TrainingError: there is no trainable event, or a class has too few.
    """
    inputs = _select(inputs)
    parts = split(inputs.identity, settings.folds)
    batches = -(-max(len(part.training) for part in parts) // settings.batch_size)
    padded, validated = batches * settings.batch_size, max(len(part.validation) for part in parts)
    knots, rows, weights, validation_rows, validation_weights = [], [], [], [], []
    for part in parts:
        weight = _balance(inputs, part.training, f"the training events of fold {part.network}")
        knots.append(measure(inputs.features[part.training], inputs.present[part.training], weight))
        rows.append(_pad(part.training, padded, np.int32))
        weights.append(_pad(weight, padded, np.float32))
        weight = _balance(inputs, part.validation, f"the validation events of fold {part.network}")
        validation_rows.append(_pad(part.validation, validated, np.int32))
        validation_weights.append(_pad(weight, validated, np.float32))
    data = Data(
        present=jnp.asarray(inputs.present),
        label=jnp.asarray(inputs.label),
        features=jnp.asarray(np.stack([standardise(inputs.features, inputs.present, own) for own in knots])),
        rows=jnp.asarray(np.stack(rows)),
        weight=jnp.asarray(np.stack(weights)),
        validation_rows=jnp.asarray(np.stack(validation_rows)),
        validation_weight=jnp.asarray(np.stack(validation_weights)),
    )
    return Prepared(inputs, parts, batches, np.stack(knots), data)


def _select(inputs: TrainingInputs) -> TrainingInputs:
    """The trainable events in the order of their identity."""
    order = np.argsort(inputs.identity, kind="stable")
    chosen = inputs.select(order[inputs.trainable[order]])
    if not len(chosen):
        raise TrainingError("there is no trainable event", cure="loosen the training selection or add data sets")
    twice = chosen.identity[1:][chosen.identity[1:] == chosen.identity[:-1]]
    if len(twice):
        raise DataError(f"{len(twice)} events are there more than once, the first with identity {twice[0]}")
    return chosen


def _balance(inputs: TrainingInputs, rows: np.ndarray, where: str) -> np.ndarray:
    return balanced(inputs.weight[rows], inputs.label[rows], inputs.classes, where=where)


def _pad(array: np.ndarray, length: int, kind: Any) -> np.ndarray:
    return np.pad(array, (0, length - len(array))).astype(kind)
