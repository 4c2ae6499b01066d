"""Which events made a loss or a gradient infinite."""

from __future__ import annotations

import numpy as np

from analysis.errors import TrainingError
from analysis.learning.engine import Engine, Epoch, State
from analysis.learning.preparation import Prepared

__all__ = ["check_finite"]

NAMED_EVENTS = 10


def check_finite(
    engine: Engine, prepared: Prepared, state: State, outcome: Epoch, epoch: int, going: np.ndarray
) -> None:
    """Stop a training that has left the finite numbers.

    Args:
        engine: of the training.
        prepared: its events.
        state: after the epoch; a network that failed has kept the parameters from before the failing step.
        outcome: of the epoch.
        epoch: its number.
        going: (k,) bool; networks that had not stopped before it.

    Raises:
        TrainingError: a loss or a gradient is not finite; names the epoch, the fold and the events.
    """
    cure = "use a smaller learning rate, or look at the features and weights of these events"
    for fold in np.flatnonzero(going):
        step = int(outcome.failed[fold])
        if step == engine.batches:
            loss, validation_loss = float(outcome.loss[fold]), float(outcome.validation_loss[fold])
            if not np.isfinite([loss, validation_loss]).all():
                raise TrainingError(
                    f"epoch {epoch}, fold {fold}: the training loss is {loss}, the validation loss {validation_loss}",
                    cure="use a smaller learning rate",
                )
            continue
        places = np.asarray(engine.order(outcome.shuffled[fold], prepared.data.own.rows.shape[1])[step])
        weight = np.asarray(prepared.data.own.weight[fold, places])
        losses = engine.event_losses(state, prepared.data, int(fold), places) * weight
        real = weight != 0  # others only pad
        wrong = ~np.isfinite(losses) & real
        chosen = places[wrong if wrong.any() else real]
        rows = np.asarray(prepared.data.own.rows[fold, chosen[:NAMED_EVENTS]])
        names = ", ".join(str(identity) for identity in prepared.inputs.identity[rows])
        raise TrainingError(
            f"epoch {epoch}, fold {fold}, step {step + 1} of {engine.batches}: the "
            f"{'loss' if wrong.any() else 'gradient'} of {len(chosen)} events is not finite; "
            f"identities {names}{', ...' if len(chosen) > NAMED_EVENTS else ''}",
            cure=cure,
        )
