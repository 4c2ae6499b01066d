"""Events made ready for the compiled training: chosen, ordered, split, balanced, standardised, padded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from analysis.errors import DataError, TrainingError
from analysis.learning.engine import Common, Data, Own
from analysis.learning.folds import Parts, split
from analysis.learning.losses import loss_named
from analysis.learning.standardisation import measure, standardise

if TYPE_CHECKING:
    from analysis.learning.inputs import TrainingInputs
    from analysis.learning.settings import TrainingSettings

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a training starts from.

    Args:
        inputs: the trainable events, in the order of their identity.
        parts: which of them each network is trained, stopped and tested with.
        batches: optimisation steps in one epoch.
        knots: (k, f, q, 2) by block, the standardisation of each network; of blocks with names only.
        scale: (k, t, 2), mean and width of each target.
        data: on the device.
    """

    inputs: TrainingInputs
    parts: tuple[Parts, ...]
    batches: int
    knots: Mapping[str, np.ndarray]
    scale: np.ndarray
    data: Data


def prepare(inputs: TrainingInputs, settings: TrainingSettings) -> Prepared:
    """Prepare the trainable events; the order and the chunks that they come in change nothing.

    Raises:
        DataError: an event is there twice.
        TrainingError: there is no trainable event, a class has too few, or the events are not what the loss needs.
    """
    loss = loss_named(settings.loss)
    loss.check(inputs.layout)
    inputs = _select(inputs)
    named = {name: block for name, block in inputs.features.items() if block.names}
    parts = split(inputs.identity, settings.folds)
    batches = -(-max(len(part.training) for part in parts) // settings.batch_size)
    padded, validated = batches * settings.batch_size, max(len(part.validation) for part in parts)
    knots: dict[str, list[np.ndarray]] = {name: [] for name in named}
    scales, rows, weights, validation_rows, validation_weights = [], [], [], [], []
    for part in parts:
        where = f"the training events of fold {part.network}"
        weight = loss.weights(inputs, part.training, where)
        for name, block in named.items():
            knots[name].append(measure(block.values[part.training], block.everywhere()[part.training], weight))
        scales.append(loss.scale(inputs, part.training, weight, where))
        rows.append(_pad(part.training, padded, np.int32))
        weights.append(_pad(weight, padded, np.float32))
        weight = loss.weights(inputs, part.validation, f"the validation events of fold {part.network}")
        validation_rows.append(_pad(part.validation, validated, np.int32))
        validation_weights.append(_pad(weight, validated, np.float32))
    scale = np.stack(scales)
    common = Common(
        # one array for all networks, and in the type it is kept in: traces are what fills the memory
        values={name: jnp.asarray(block.values) for name, block in inputs.features.items() if not block.names},
        present={name: jnp.asarray(block.present) for name, block in inputs.features.items()},
        label=jnp.asarray(inputs.label),
        target=jnp.asarray(inputs.target),
    )
    own = Own(
        values={
            name: jnp.asarray(np.stack([standardise(block.values, block.everywhere(), one) for one in knots[name]]))
            for name, block in named.items()
        },
        scale=jnp.asarray(scale),
        rows=jnp.asarray(np.stack(rows)),
        weight=jnp.asarray(np.stack(weights)),
        validation_rows=jnp.asarray(np.stack(validation_rows)),
        validation_weight=jnp.asarray(np.stack(validation_weights)),
    )
    return Prepared(
        inputs=inputs,
        parts=parts,
        batches=batches,
        knots={name: np.stack(some) for name, some in knots.items()},
        scale=scale,
        data=Data(common, own),
    )


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


def _pad(array: np.ndarray, length: int, kind: Any) -> np.ndarray:
    return np.pad(array, (0, length - len(array))).astype(kind)
