"""One network on some events, in training and afterwards, in its precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.losses import Loss, Seen, Truth, loss_of
from analysis.learning.networks.dropout import events_from
from analysis.learning.settings import TrainingSettings
from analysis.learning.sharing import Sharing
from analysis.learning.state import Chosen, Events
from analysis.learning.weights import take_apart

__all__ = ["Forward"]

# events that are validated at once, and input values of all of them: memory, no more
VALIDATION_BATCH = 4096
VALIDATION_VALUES = 2**20


@dataclass(frozen=True)
class Forward:
    """Forward pass of one kind of network: losses and predictions of events.

    Args:
        build: ``f(rngs) -> nnx.Module``.
        settings: of the training.
        sharing: devices that share the events.
    """

    build: Callable[[nnx.Rngs], nnx.Module]
    settings: TrainingSettings
    sharing: Sharing

    @cached_property
    def loss(self) -> Loss:
        """Loss, which defines the meaning of the networks' outputs."""
        return loss_of(self.settings.loss)

    def training_losses(
        self, params: Any, carried: tuple, events: Events, rows: jax.Array, first: jax.Array | int = 0
    ) -> tuple[jax.Array, tuple]:
        """The loss of some events (m,) in training, and what the network carries on.

        Args:
            params: of the network.
            carried: its statistics and random state.
            events: with one fold.
            rows: (m,) of them.
            first: place of the first of them in the step.
        """
        seen = self._seen(events, rows)
        with events_from(first):
            outputs, carried = self._run(params, carried, seen, training=True)
        return self.loss.losses(outputs, self._truth(events, rows, seen)), carried

    def judge(self, params: Any, carried: tuple, events: Events, chosen: Chosen) -> tuple[jax.Array, jax.Array]:
        """Losses (m,) and predictions (m, p) of events, without dropout."""
        number = chosen.rows.shape[0]
        values = sum(math.prod(array.shape[1:]) for array in (*events.shared.values(), *events.own.values()))
        batches = -(-number // min(VALIDATION_BATCH, -(-VALIDATION_VALUES // values)))
        size = -(-number // batches)
        size += -size % self.sharing.number

        def judge(rows: jax.Array) -> tuple[jax.Array, jax.Array]:
            seen = self._seen(events, rows)
            outputs, _ = self._run(params, carried, seen, training=False)
            losses = self.loss.losses(outputs, self._truth(events, rows, seen))
            return losses, self.loss.predictions(outputs, events.scale, seen)

        rows = jnp.pad(chosen.rows, (0, batches * size - number)).reshape(batches, size)

        def whole(parts: jax.Array) -> jax.Array:
            found = self.sharing.whole(parts, 1)
            return found.reshape(batches * size, *found.shape[2:])[:number]

        losses, predictions = jax.lax.map(judge, self.sharing.part(rows, 1))
        return whole(losses), whole(predictions)

    def _graph(self) -> Any:
        """The network's structure, without values."""
        return nnx.graphdef(nnx.eval_shape(lambda: self.build(nnx.Rngs(params=0, dropout=0))))

    def _seen(self, events: Events, rows: jax.Array) -> Seen:
        """Return a network's inputs for some events, in its precision."""
        kind = jnp.dtype(self.settings.precision)
        blocks = {**events.shared, **events.own}
        values = {name: array[rows].astype(kind) for name, array in blocks.items()}
        return Seen(values, {name: array[rows] for name, array in events.present.items()})

    def _run(self, params: Any, carried: tuple, seen: Seen, *, training: bool) -> tuple[jax.Array, tuple]:
        """The network's outputs, and the statistics and random state that it carries on."""
        kind = jnp.dtype(self.settings.precision)
        model = nnx.merge(self._graph(), jax.tree.map(lambda leaf: leaf.astype(kind), params), carried[1], carried[0])
        if not training:
            model.eval()
        outputs = model(seen.values, seen.present)
        _, statistics, random = take_apart(model)
        return outputs.astype(jnp.float32), (statistics, random)

    def _truth(self, events: Events, rows: jax.Array, seen: Seen) -> Truth:
        return Truth(events.label[rows], events.target[rows], events.scale, seen)
