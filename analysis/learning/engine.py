"""The compiled part of a training: one epoch of all networks is one call on the device.

Everything here is written for one network and mapped over all of them with ``vmap``. Nothing in it depends on the
clock or on the host, so that the same state and the same data give the same next state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from analysis.learning.losses import Loss, Truth, loss_named
from analysis.learning.settings import TrainingSettings
from analysis.learning.weights import take_apart

__all__ = ["Common", "Data", "Engine", "Epoch", "Own", "State"]

# events that are validated at once, and input values of all of them: memory, no more
VALIDATION_BATCH = 4096
VALIDATION_VALUES = 2**20
_UNOPTIMISED: dict[str, str | bool] = {"xla_backend_optimization_level": "0"}


class Common(NamedTuple):
    """What all networks have in common; n events, t targets."""

    values: Mapping[str, Any]  # (n, ...) float32 or float16 by block, of blocks that enter as they are
    present: Mapping[str, Any]  # (n, ...) bool by block
    label: Any  # (n,) int32
    target: Any  # (n, t) float32


class Own(NamedTuple):
    """What each of k networks has of its own.

    The rows of every network are padded to the same number with rows of weight 0.
    """

    values: Mapping[str, Any]  # (k, n, ...) float32 by block, standardised as each network's training events demand
    scale: Any  # (k, t, 2) float32, mean and width of each target
    rows: Any  # (k, batches x batch size) int32, training events
    weight: Any  # (k, batches x batch size) float32
    validation_rows: Any  # (k, m) int32
    validation_weight: Any  # (k, m) float32


class Data(NamedTuple):
    """What networks are trained on."""

    common: Any  # of type Common
    own: Any  # of type Own


class State(NamedTuple):
    """All that the next epoch depends on; every leaf has the networks as its first axis."""

    params: Any
    statistics: Any  # what a network learns without gradients, such as running means
    random: Any  # keys and counters of its dropout
    optimizer: Any
    key: Any  # for the order of the events
    best: Any  # parameters and statistics of the best epoch
    best_value: Any  # validation value at the best epoch; lower is better
    best_epoch: Any
    waited: Any  # epochs since then
    epoch: Any
    stopped: Any


class Epoch(NamedTuple):
    """What one epoch reports, for each network."""

    loss: Any  # weighted mean over the training events, as they were seen (with dropout)
    validation_loss: Any
    validation_merit: Any
    learning_rate: Any  # at the end of the epoch
    failed: Any  # the first step whose loss or gradient was not finite; the number of steps if none
    shuffled: Any  # the key that the events were shuffled with


@dataclass(frozen=True)
class Engine:
    """How one kind of network is initialised and trained.

    Args:
        build: ``f(rngs) -> nnx.Module``.
        settings: of the training.
        batches: optimisation steps in one epoch.
    """

    build: Callable[[nnx.Rngs], nnx.Module]
    settings: TrainingSettings
    batches: int

    @property
    def loss(self) -> Loss:
        """What the networks' outputs mean."""
        return loss_named(self.settings.loss)

    @property
    def schedule(self) -> optax.Schedule:
        """Learning rate by step: linear warm-up, then half a cosine (Loshchilov and Hutter, arXiv:1608.03983)."""
        steps = self.settings.epochs * self.batches
        return optax.warmup_cosine_decay_schedule(
            init_value=0.0,
            peak_value=self.settings.learning_rate,
            warmup_steps=int(self.settings.warmup * steps),
            decay_steps=steps,
            end_value=self.settings.learning_rate * self.settings.final_learning_rate,
        )

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """AdamW (Loshchilov and Hutter, arXiv:1711.05101) after clipping the gradient's global norm."""
        settings = self.settings
        clip = optax.clip_by_global_norm(settings.gradient_clip) if settings.gradient_clip else optax.identity()
        adamw = optax.adamw(
            self.schedule,
            weight_decay=settings.weight_decay,
            mask=lambda params: jax.tree.map(lambda leaf: leaf.ndim > 1, params),
        )
        return optax.chain(clip, adamw)

    def initialise(self, networks: int) -> State:
        """The state before the first epoch."""
        keys = jax.random.split(jax.random.key(self.settings.seed), networks)
        # it runs once for a moment: optimising its code takes longer than running it
        compiled = jax.jit(jax.vmap(self._initialise)).lower(keys).compile(_UNOPTIMISED)
        return compiled(keys)

    def compile(self, state: State, data: Data) -> Callable[[State, Data], tuple[State, Epoch]]:
        """The compiled function of one epoch; it consumes the state that it is given."""
        epoch = jax.jit(jax.vmap(self._epoch, in_axes=(0, Data(None, 0))), donate_argnums=0)
        return epoch.lower(state, data).compile()

    def order(self, key: jax.Array, number: int) -> jax.Array:
        """Places of the padded training events, shuffled: (batches, batch size)."""
        return jax.random.permutation(key, number).reshape(self.batches, -1)

    def event_losses(self, state: State, data: Data, network: int, places: np.ndarray) -> np.ndarray:
        """The loss of single training events in the state's parameters, to find those that spoil it."""
        own, one = jax.tree.map(lambda leaf: leaf[network], (state, data.own))
        data = Data(data.common, one)
        losses, _ = self._losses(own.params, (own.statistics, own.random), data, one.rows[places])
        return np.asarray(losses)

    def _initialise(self, key: jax.Array) -> State:
        params_key, dropout_key, order_key = jax.random.split(key, 3)
        model = self.build(nnx.Rngs(params=params_key, dropout=dropout_key))
        params, statistics, random = take_apart(model)
        return State(
            params=params,
            statistics=statistics,
            random=random,
            optimizer=self.optimizer.init(params),
            key=order_key,
            best={"params": params, "statistics": statistics},
            best_value=jnp.float32(jnp.inf),
            best_epoch=jnp.int32(0),
            waited=jnp.int32(0),
            epoch=jnp.int32(0),
            stopped=jnp.bool_(False),
        )

    def _graph(self) -> Any:
        """The network's structure, without values."""
        return nnx.graphdef(nnx.eval_shape(lambda: self.build(nnx.Rngs(params=0, dropout=0))))

    def _losses(self, params: Any, carried: tuple, data: Data, rows: jax.Array) -> tuple[jax.Array, tuple]:
        """The loss of each event, and the statistics and random state that the network carries on."""
        statistics, random = carried
        model = nnx.merge(self._graph(), params, random, statistics)
        outputs = model(*_features(data, rows))
        _, statistics, random = take_apart(model)
        return self.loss.losses(outputs, _truth(data, rows)), (statistics, random)

    def _outputs(self, params: Any, carried: tuple, data: Data, rows: jax.Array) -> jax.Array:
        """The network's outputs without dropout."""
        statistics, random = carried
        model = nnx.merge(self._graph(), params, random, statistics)
        model.eval()
        return model(*_features(data, rows))

    def _validate(self, params: Any, carried: tuple, data: Data) -> tuple[jax.Array, jax.Array]:
        rows, weight = data.own.validation_rows, data.own.validation_weight
        values = sum(math.prod(array.shape[1:]) for array in jax.tree.leaves((data.common.values, data.own.values)))
        batches = -(-rows.shape[0] // min(VALIDATION_BATCH, -(-VALIDATION_VALUES // values)))
        size = -(-rows.shape[0] // batches)
        padded = jnp.pad(rows, (0, batches * size - rows.shape[0])).reshape(batches, size)
        outputs = jax.lax.map(lambda batch: self._outputs(params, carried, data, batch), padded)
        outputs = outputs.reshape(batches * size, -1)[: rows.shape[0]]
        truth = _truth(data, rows)
        losses = self.loss.losses(outputs, truth)
        return jnp.sum(losses * weight) / jnp.sum(weight), self.loss.merits(outputs, truth, weight)

    def _epoch(self, state: State, data: Data) -> tuple[State, Epoch]:
        """One pass of one network over its training events, and its validation."""
        next_key, shuffle_key = jax.random.split(state.key)
        order = self.order(shuffle_key, data.own.rows.shape[0])

        def objective(params: Any, carried: tuple, places: jax.Array) -> tuple[jax.Array, tuple]:
            losses, carried = self._losses(params, carried, data, data.own.rows[places])
            # weights have mean 1 over all events: dividing by the number keeps every event's say, whatever its batch
            return jnp.sum(losses * data.own.weight[places]) / places.shape[0], carried

        def step(held: tuple, places: jax.Array) -> tuple[tuple, tuple]:
            params, carried, optimizer, going = held
            (loss, new_carried), gradient = jax.value_and_grad(objective, has_aux=True)(params, carried, places)
            going = going & jnp.isfinite(loss) & jnp.isfinite(optax.tree.norm(gradient))
            updates, new_optimizer = self.optimizer.update(gradient, optimizer, params)
            # a failing step changes nothing, so that its events can be looked for afterwards
            new = _choose(going, (optax.apply_updates(params, updates), new_carried, new_optimizer), held[:3])
            return (*new, going), (loss, going)

        held = (state.params, (state.statistics, state.random), state.optimizer, ~state.stopped)
        (params, carried, optimizer, _), (losses, fine) = jax.lax.scan(step, held, order)
        validation_loss, merit = self._validate(params, carried, data)
        statistics, random = carried

        lower_is_better = -merit if self.loss.rising else merit
        value = validation_loss if self.settings.validation == "loss" else lower_is_better
        better = ~state.stopped & (value < state.best_value)
        waited = jnp.where(better, 0, state.waited + 1)
        new = State(
            params=params,
            statistics=statistics,
            random=random,
            optimizer=optimizer,
            key=next_key,
            best=_choose(better, {"params": params, "statistics": statistics}, state.best),
            best_value=jnp.where(better, value, state.best_value),
            best_epoch=jnp.where(better, state.epoch + 1, state.best_epoch),
            waited=waited,
            epoch=state.epoch + 1,
            stopped=waited >= self.settings.patience,
        )
        used = jnp.sum(data.own.weight) / data.own.weight.shape[0]
        report = Epoch(
            loss=jnp.mean(losses) / used,
            validation_loss=validation_loss,
            validation_merit=merit,
            learning_rate=self.schedule((state.epoch + 1) * self.batches),
            failed=jnp.sum(fine),
            shuffled=shuffle_key,
        )
        return _choose(~state.stopped, new, state), report


def _features(data: Data, rows: jax.Array) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
    """Values and presence of some events; what is stored in half precision is computed with in single precision."""
    values = {**data.common.values, **data.own.values}
    return (
        {name: array[rows].astype(jnp.float32) for name, array in values.items()},
        {name: array[rows] for name, array in data.common.present.items()},
    )


def _truth(data: Data, rows: jax.Array) -> Truth:
    return Truth(data.common.label[rows], data.common.target[rows], data.own.scale)


def _choose(condition: jax.Array, first: Any, second: Any) -> Any:
    """The first tree where the condition is true, else the second one."""
    return jax.tree.map(lambda one, other: jnp.where(condition, one, other), first, second)
