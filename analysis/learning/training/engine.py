"""The compiled part of a training: an epoch of several networks, or a window of one, is one call on the device.

Everything here is written for one network and mapped over folds and seeds with ``vmap``. Nothing in it depends on the
clock or on the host, so that the same state and the same events give the same next state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from analysis.learning.data.batch_order import BatchOrder
from analysis.learning.data.device_inputs import DeviceInputs, WeightedRows
from analysis.learning.losses.loss import Truth
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.data_parallel import DataParallel
from analysis.learning.training.forward import Forward
from analysis.learning.training.mapping import over_networks
from analysis.learning.training.monitoring import Metric, metrics_of
from analysis.learning.training.network_state import split_network
from analysis.learning.training.optimizers import schedule_of
from analysis.learning.training.starting import Start
from analysis.learning.training.state import Epoch, State
from analysis.learning.training.steps import Steps, choose

__all__ = ["Engine", "Member"]

# parameters of a network up to which a processor trains several at once (measured: benchmarks/learning)
TOGETHER = 50_000
_UNOPTIMISED: dict[str, str | bool] = {"xla_backend_optimization_level": "0"}
# which axis of each part counts folds
_EVENTS: Any = DeviceInputs(None, 0, None, None, None, 0)  # type: ignore[arg-type]
_CHOSEN: Any = WeightedRows(0, 0)


@dataclass(frozen=True)
class Member:
    """One of the networks of a training.

    Args:
        seed: number of its seed, from 0.
        fold: that it is tested on.
    """

    seed: int
    fold: int


@dataclass(frozen=True)
class Engine:
    """Initialisation and training of one kind of network.

    Args:
        forward: the network.
        batch_order: steps of an epoch.
        start: published networks that these start from; ``None`` for none.
    """

    forward: Forward
    batch_order: BatchOrder
    start: Start | None = None

    @property
    def settings(self) -> TrainingSettings:
        """Of the training."""
        return self.forward.settings

    @property
    def parallel(self) -> DataParallel:
        """Devices that share the events of a step."""
        return self.forward.parallel

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """Metrics that are monitored besides the loss."""
        return metrics_of(self.forward.loss, self.settings.metrics, self.settings.validation)

    def as_reported(self, value: float) -> float:
        """Return the value that picks the best epoch with its usual sign; internally, lower values are better."""
        return -value if any(m.higher_is_better for m in self.metrics if m.name == self.settings.validation) else value

    @cached_property
    def steps(self) -> Steps:
        """Steps of the training."""
        return Steps(self.forward, self.batch_order)

    @cached_property
    def schedule(self) -> optax.Schedule:
        """Learning rate by step."""
        return schedule_of(self.settings, self.settings.epochs * self.batch_order.batches)

    def initialise(self, members: Sequence[Member]) -> State:
        """The state before the first epoch; a member's is the same in whatever company."""
        folds = self.settings.folds
        keys = {s: jax.random.split(jax.random.key(self.settings.seed + s), folds) for s in {m.seed for m in members}}
        own = jnp.stack([keys[member.seed][member.fold] for member in members])
        # it runs once for a moment: optimising its code takes longer than running it
        compiled = jax.jit(jax.vmap(self._initialise)).lower(own).compile(_UNOPTIMISED)
        # jax 0.10 waits for ever for numbers of a result that did not fit into a processor's memory; this one raises
        state = jax.block_until_ready(compiled(own))
        if self.start is not None:
            state = self.start.give(state, [(member.fold, member.seed) for member in members])
        return self.parallel.place(state)

    def compile_epoch(self, state: State, *of: Any) -> Callable[..., tuple[State, Epoch]]:
        """The compiled ``f(state, events, training, validation) -> state, report``; it consumes the state."""
        return self._compile(self._epoch, (_EVENTS, _CHOSEN, _CHOSEN), (0,), state, *of)

    def compile_window(self, state: State, *of: Any) -> Callable[..., State]:
        """The compiled ``f(state, events, chosen) -> state`` of one window; it consumes the state."""
        return self._compile(self._window, (_EVENTS, _CHOSEN), (0,), state, *of)

    def compile_evaluation(self, state: State, *of: Any) -> Callable[..., tuple[jax.Array, jax.Array]]:
        """The compiled ``f(state, events, chosen) -> losses (networks, m), predictions (networks, m, p)``."""
        return self._compile(self._evaluate, (_EVENTS, _CHOSEN), (), state, *of)

    def compile_conclusion(self, state: State, *of: Any) -> Callable[..., tuple[State, Epoch]]:
        """The compiled ``f(state, losses, predictions, label, target, weight) -> state, report``.

        It consumes the state. What comes after it has the networks on its first axis.
        """
        return self._compile(self._conclude, (0,) * 5, (0,), state, *of)

    def key_of_epoch(self, state: State) -> jax.Array:
        """Return the random key that one network's epoch is shuffled with."""
        return jax.random.fold_in(state.key, state.epoch)

    def event_losses(
        self, state: State, network: int, events: DeviceInputs, rows: np.ndarray, turn: str = ""
    ) -> np.ndarray:
        """The loss of single training events in the state's parameters, to find those that spoil it.

        Args:
            state: of some networks.
            network: number of one of them.
            events: of its fold alone.
            rows: (m,) of the events.
            turn: whose turn it is, of several networks that are trained against each other.
        """
        own = jax.tree.map(lambda leaf: leaf[network], state)
        alone = events._replace(own=jax.tree.map(lambda leaf: leaf[0], events.own), scale=events.scale[0])
        losses, _ = self.forward.training_losses(
            own.params,
            (own.statistics, own.random),
            alone,
            jnp.asarray(rows),
            network=turn,
            epoch_events=self.batch_order.places,
        )
        return np.asarray(losses)

    def _compile(self, function: Callable[..., Any], axes: tuple[Any, ...], donated: tuple[int, ...], *of: Any) -> Any:
        """Compile a function of one network for all of them."""
        networks = of[0].epoch.shape[0]
        size = sum(leaf.size for leaf in jax.tree.leaves(of[0].params)) // networks
        in_turn = size > TOGETHER and jax.default_backend() == "cpu"
        mapped = over_networks(function, axes, networks, in_turn=in_turn)
        return jax.jit(self.parallel.everywhere(mapped), donate_argnums=donated).lower(*of).compile()

    def _initialise(self, key: jax.Array) -> State:
        params_key, dropout_key, order_key = jax.random.split(key, 3)
        model = self.forward.build(nnx.Rngs(params=params_key, dropout=dropout_key))
        self.forward.loss.check_network(model)
        params, statistics, random = split_network(model)
        return State(
            params=params,
            statistics=statistics,
            random=random,
            optimizer=self.steps.initialise(params),
            average=params if self.settings.averaging else (),
            key=order_key,
            best={"params": params, "statistics": statistics},
            best_value=jnp.float32(jnp.inf),
            best_epoch=jnp.int32(0),
            waited=jnp.int32(0),
            epoch=jnp.int32(0),
            step=jnp.int32(0),
            stopped=jnp.bool_(False),
            progress=self.steps.no_progress,
        )

    def _window(self, state: State, events: DeviceInputs, chosen: WeightedRows) -> State:
        """One window of one network, whose events are all there is."""
        order = self.batch_order.within(self.key_of_epoch(state), state.progress.window)
        return self.steps.optimise(state, events, chosen, order)

    def _epoch(
        self, state: State, events: DeviceInputs, training: WeightedRows, validation: WeightedRows
    ) -> tuple[State, Epoch]:
        """One pass of one network over its training events, and its validation."""
        order = self.batch_order.all(self.key_of_epoch(state))
        if self.batch_order.windows == 1:
            state = self.steps.optimise(state, events, training, order[0])
        else:
            state, _ = jax.lax.scan(
                lambda s, some: (self.steps.optimise(s, events, training, some), None), state, order
            )
        losses, predictions = self._evaluate(state, events, validation)
        label, target = events.label[validation.rows], events.target[validation.rows]
        return self._conclude(state, losses, predictions, label, target, validation.weight)

    def _validated(self, state: State) -> Any:
        """The parameters that are validated and kept."""
        return state.average if self.settings.averaging else state.params

    def _evaluate(self, state: State, events: DeviceInputs, chosen: WeightedRows) -> tuple[jax.Array, jax.Array]:
        """Losses (m,) and predictions (m, p) of events, without dropout."""
        return self.forward.evaluate(self._validated(state), (state.statistics, state.random), events, chosen)

    def _conclude(self, state: State, losses: Any, predictions: Any, label: Any, target: Any, weight: Any) -> Any:
        """The end of an epoch: is it the best one, is it the last one?"""
        validation_loss = jnp.sum(losses * weight) / jnp.sum(weight)
        truth = Truth(label, target, None, None)  # type: ignore[arg-type]
        metrics = [metric.compute(predictions, truth, weight) for metric in self.metrics]
        falling = [
            -value if metric.higher_is_better else value for metric, value in zip(self.metrics, metrics, strict=True)
        ]
        # without a comparison, each epoch takes the place of the one before
        values = {
            "loss": validation_loss,
            "last": -state.epoch.astype(jnp.float32),
            **dict(zip((m.name for m in self.metrics), falling, strict=True)),
        }
        value = values[self.settings.validation]
        better = ~state.stopped & (value < state.best_value)
        waited = jnp.where(better, 0, state.waited + 1)
        kept = {"params": self._validated(state), "statistics": state.statistics}
        new = state._replace(
            best=choose(better, kept, state.best),
            best_value=jnp.where(better, value, state.best_value),
            best_epoch=jnp.where(better, state.epoch + 1, state.best_epoch),
            waited=waited,
            epoch=state.epoch + 1,
            stopped=waited >= self.settings.patience,
        )
        report = Epoch(
            loss=state.progress.loss / state.progress.weight,
            validation_loss=validation_loss,
            metrics=jnp.stack(metrics) if metrics else jnp.zeros(0),
            learning_rate=jnp.asarray(self.schedule((state.epoch + 1) * self.batch_order.batches), jnp.float32),
            finite_updates=state.progress.finite_updates,
        )
        return choose(~state.stopped, new, state)._replace(progress=self.steps.no_progress), report
