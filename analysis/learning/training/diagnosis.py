"""Causes of failed trainings: events whose loss or gradient is not finite, or a lack of memory."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import numpy as np

from analysis.errors import TrainingError
from analysis.learning.data.folded_inputs import FoldedInputs
from analysis.learning.training.engine import Engine, Member
from analysis.learning.training.state import Epoch, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.learning.settings import TrainingSettings

__all__ = ["NotFiniteError", "check_finite", "explain_lack_of_memory"]


class NotFiniteError(TrainingError):
    """A loss or a gradient is not finite."""


NAMED_EVENTS = 10
FILE = "events_not_finite.json"


def check_finite(
    engine: Engine,
    folded: FoldedInputs,
    state: State,
    outcome: Epoch,
    members: Sequence[Member],
    active: np.ndarray,
    folder: Path,
) -> None:
    """Stop a training that has left the finite numbers, and write down the events of the step that did it.

    Args:
        engine: of the training.
        folded: its events.
        state: after the epoch; a network that failed has kept the parameters from before the failing step.
        outcome: of the epoch.
        members: the networks.
        active: (m,) bool; networks that had not stopped before it.
        folder: for the file.

    Raises:
        NotFiniteError: a loss or a gradient is not finite; names the epoch, the fold, the events and the file.
    """
    for number in map(int, np.flatnonzero(active)):
        epoch, fold = int(state.epoch[number]), members[number].fold
        step, update = divmod(int(outcome.finite_updates[number]), engine.steps.updates)
        if step == engine.batch_order.batches:
            values = {
                **engine.steps.losses_by_turn(outcome.loss[number]),
                "validation": float(outcome.validation_loss[number]),
            }
            if not np.isfinite(list(values.values())).all():
                raise NotFiniteError(
                    f"epoch {epoch}, fold {fold}: "
                    + ", ".join(f"the {name} loss is {value}" for name, value in values.items()),
                    cure="use a smaller learning rate",
                )
            continue
        one = jax.tree.map(lambda leaf, n=number: leaf[n], state)
        key = engine.key_of_epoch(one._replace(epoch=one.epoch - 1))
        places = np.asarray(engine.batch_order.all(key)).reshape(-1, engine.steps.update_size)[
            step * engine.steps.updates + update
        ]
        turn = engine.steps.turn_of(update).network
        events, chosen = folded.window(fold, places)
        weight = chosen.weight[0]
        losses = engine.event_losses(state, number, events, np.arange(len(places)), turn)
        real = weight != 0  # others only pad
        wrong = ~np.isfinite(losses * weight) & real
        identities = folded.events.arrays["identity"][folded.folds[fold].training.rows(places)]
        path = _write(folder, epoch, fold, step, identities[real], losses[real], weight[real])
        chosen_events = identities[wrong if wrong.any() else real]
        names = ", ".join(str(identity) for identity in chosen_events[:NAMED_EVENTS])
        raise NotFiniteError(
            f"epoch {epoch}, fold {fold}, step {step + 1} of {engine.batch_order.batches}: the "
            f"{f'{turn} ' if turn else ''}{'loss' if wrong.any() else 'gradient'} of {len(chosen_events)} events is "
            "not finite; "
            f"identities {names}{', ...' if len(chosen_events) > NAMED_EVENTS else ''}; all events of the step, with "
            f"losses and weights: {path}",
            cure="use a smaller learning rate, or look at the features and weights of these events",
        )


@contextmanager
def explain_lack_of_memory(settings: TrainingSettings) -> Generator[None]:
    """Turn a device's lack of memory into a message that says what to do.

    Raises:
        TrainingError: the device has not enough memory.
    """
    try:
        yield
    except (jax.errors.JaxRuntimeError, MemoryError) as error:
        text = str(error)
        if not isinstance(error, MemoryError) and "RESOURCE_EXHAUSTED" not in text and "ut of memory" not in text:
            raise
        said = text.strip().splitlines()[0] if text.strip() else "no more said"
        raise TrainingError(
            f"the device {jax.devices()[0].device_kind} has not enough memory to train with batches of "
            f"{settings.batch_size} events ({said})",
            cure=f"use smaller batches (--training batch_size={max(settings.batch_size // 2, 1)}), a smaller network, "
            "or let events take less (law.cfg, section [resources], training_memory)",
        ) from error


def _write(
    folder: Path, epoch: int, fold: int, step: int, identity: np.ndarray, losses: np.ndarray, weight: np.ndarray
) -> Path:
    path = folder / FILE
    events = [
        # JSON has no infinity
        {"identity": int(i), "loss": float(one) if np.isfinite(one) else str(one), "weight": float(w)}
        for i, one, w in zip(identity, losses, weight, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"epoch": epoch, "fold": fold, "step": step + 1, "events": events}, indent=1) + "\n")
    return path
