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

from analysis.learning.data.device_inputs import BatchInputs, DeviceInputs, WeightedRows
from analysis.learning.losses.by_name import loss_of
from analysis.learning.losses.loss import Loss, Truth
from analysis.learning.networks.noise import events_from
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.data_parallel import DataParallel
from analysis.learning.training.network_state import split_network

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
        parallel: devices that share the events.
    """

    build: Callable[[nnx.Rngs], nnx.Module]
    settings: TrainingSettings
    parallel: DataParallel

    @cached_property
    def loss(self) -> Loss:
        """Loss, which defines the meaning of the networks' outputs."""
        return loss_of(self.settings.loss)

    def training_losses(
        self,
        params: Any,
        carried: tuple,
        events: DeviceInputs,
        rows: jax.Array,
        first: jax.Array | int = 0,
        network: str = "",
        epoch_events: int = 1,
    ) -> tuple[jax.Array, tuple]:
        """The loss of some events (m,) in training, and what the network carries on.

        Args:
            params: of the network.
            carried: its statistics and random state.
            events: with one fold.
            rows: (m,) of them.
            first: place of the first of them in the update.
            network: whose turn it is, of several; empty for the whole.
            epoch_events: number of events in an epoch.
        """
        inputs = self._inputs(events, rows)
        truth, model = self._truth(events, rows, inputs, epoch_events), self._model(params, carried)
        with events_from(first):
            losses = self.loss.losses_of(network, model, inputs, truth)
        _, statistics, random = split_network(model)
        return losses, (statistics, random)

    def evaluate(
        self, params: Any, carried: tuple, events: DeviceInputs, chosen: WeightedRows
    ) -> tuple[jax.Array, jax.Array]:
        """Losses (m,) and predictions (m, p) of events, without dropout."""
        number = chosen.rows.shape[0]
        values = sum(math.prod(array.shape[1:]) for array in (*events.shared.values(), *events.own.values()))
        batches = -(-number // min(VALIDATION_BATCH, -(-VALIDATION_VALUES // values)))
        size = -(-number // batches)
        size += -size % self.parallel.number

        def evaluate(rows: jax.Array) -> tuple[jax.Array, jax.Array]:
            inputs, model = self._inputs(events, rows), self._model(params, carried)
            model.eval()
            return self.loss.evaluate(model, inputs, self._truth(events, rows, inputs))

        rows = jnp.pad(chosen.rows, (0, batches * size - number)).reshape(batches, size)

        def whole(parts: jax.Array) -> jax.Array:
            found = self.parallel.whole(parts, 1)
            return found.reshape(batches * size, *found.shape[2:])[:number]

        losses, predictions = jax.lax.map(evaluate, self.parallel.part(rows, 1))
        return whole(losses), whole(predictions)

    def _graph(self) -> Any:
        """The network's structure, without values."""
        return nnx.graphdef(nnx.eval_shape(lambda: self.build(nnx.Rngs(params=0, dropout=0))))

    def _inputs(self, events: DeviceInputs, rows: jax.Array) -> BatchInputs:
        """Return a network's inputs for some events, in its precision."""
        kind = jnp.dtype(self.settings.precision)
        blocks = {**events.shared, **events.own}
        values = {name: array[rows].astype(kind) for name, array in blocks.items()}
        return BatchInputs(values, {name: array[rows] for name, array in events.present.items()})

    def _model(self, params: Any, carried: tuple) -> Any:
        """The network, in the training's precision."""
        kind = jnp.dtype(self.settings.precision)
        return nnx.merge(self._graph(), jax.tree.map(lambda leaf: leaf.astype(kind), params), carried[1], carried[0])

    def _truth(self, events: DeviceInputs, rows: jax.Array, inputs: BatchInputs, epoch_events: int = 1) -> Truth:
        return Truth(events.label[rows], events.target[rows], events.scale, inputs, epoch_events)
