"""One network on some events, in training and afterwards, in its precision and on all devices."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from analysis.learning.losses import Loss, Seen, Truth, loss_of
from analysis.learning.settings import TrainingSettings
from analysis.learning.state import Chosen, Events
from analysis.learning.weights import take_apart

__all__ = ["Forward"]

# events that are validated at once, and input values of all of them: memory, no more
VALIDATION_BATCH = 4096
VALIDATION_VALUES = 2**20
_AXIS = "events"


@dataclass(frozen=True)
class Forward:
    """What a kind of network says of events.

    Args:
        build: ``f(rngs) -> nnx.Module``.
        settings: of the training.
        devices: that share the events.
    """

    build: Callable[[nnx.Rngs], nnx.Module]
    settings: TrainingSettings
    devices: tuple[Any, ...] = ()

    @cached_property
    def loss(self) -> Loss:
        """What the networks' outputs mean."""
        return loss_of(self.settings.loss)

    def place(self, tree: Any) -> Any:
        """The arrays on all devices, each with a copy."""
        if len(self.devices) < 2:
            return jax.device_put(tree)
        return jax.device_put(tree, NamedSharding(self._mesh, PartitionSpec()))

    def training_losses(self, params: Any, carried: tuple, events: Events, rows: jax.Array) -> tuple[jax.Array, tuple]:
        """The loss of some events (m,) in training, and what the network carries on.

        Args:
            params: of the network.
            carried: its statistics and random state.
            events: with one fold.
            rows: (m,) of them.
        """
        seen = self._seen(events, rows)
        outputs, carried = self._run(params, carried, seen, training=True)
        return self.loss.losses(outputs, self._truth(events, rows, seen)), carried

    def judge(self, params: Any, carried: tuple, events: Events, chosen: Chosen) -> tuple[jax.Array, jax.Array]:
        """Losses (m,) and predictions (m, p) of events, without dropout."""
        number = chosen.rows.shape[0]
        values = sum(math.prod(array.shape[1:]) for array in (*events.shared.values(), *events.own.values()))
        batches = -(-number // min(VALIDATION_BATCH, -(-VALIDATION_VALUES // values)))
        size = -(-number // batches)
        size += -size % max(len(self.devices), 1)

        def judge(rows: jax.Array) -> tuple[jax.Array, jax.Array]:
            seen = self._seen(events, rows)
            outputs, _ = self._run(params, carried, seen, training=False)
            losses = self.loss.losses(outputs, self._truth(events, rows, seen))
            return losses, self.loss.predictions(outputs, events.scale, seen)

        rows = jnp.pad(chosen.rows, (0, batches * size - number)).reshape(batches, size)
        found = jax.lax.map(judge, rows)
        return tuple(array.reshape(batches * size, *array.shape[2:])[:number] for array in found)

    def _graph(self) -> Any:
        """The network's structure, without values."""
        return nnx.graphdef(nnx.eval_shape(lambda: self.build(nnx.Rngs(params=0, dropout=0))))

    def _seen(self, events: Events, rows: jax.Array) -> Seen:
        """What a network sees of some events, in its precision, each device a part of them."""
        kind = jnp.dtype(self.settings.precision)
        blocks = {**events.shared, **events.own}
        values = {name: array[rows].astype(kind) for name, array in blocks.items()}
        return self._divided(Seen(values, {name: array[rows] for name, array in events.present.items()}))

    def _divided(self, tree: Any) -> Any:
        if len(self.devices) < 2:
            return tree
        first = NamedSharding(self._mesh, PartitionSpec(_AXIS))
        return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, first), tree)

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

    @cached_property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(self.devices), (_AXIS,))
