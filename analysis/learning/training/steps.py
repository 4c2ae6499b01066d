"""Steps of a training: updates of networks, one after another, with the events of a step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from analysis.errors import TrainingError
from analysis.learning.data.batch_order import BatchOrder
from analysis.learning.data.device_inputs import DeviceInputs, WeightedRows
from analysis.learning.losses.loss import Turn
from analysis.learning.training.forward import Forward
from analysis.learning.training.optimizers import clip, optimizer_of
from analysis.learning.training.rates import Rates
from analysis.learning.training.state import Progress, State

__all__ = ["Steps", "choose"]


@dataclass(frozen=True)
class Steps:
    """Optimisation of one network, or of several that take turns in each step.

    Args:
        forward: the network.
        batch_order: steps of an epoch.
    """

    forward: Forward
    batch_order: BatchOrder

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Whose parameters each step changes, one after another."""
        return self.forward.loss.turns

    @cached_property
    def updates(self) -> int:
        """Updates in each step, of all networks.

        Raises:
            TrainingError: the events of a step cannot be dealt to them.
        """
        updates, size = self.forward.loss.updates, self.forward.settings.batch_size
        if size % (updates * self.forward.parallel.number):
            raise TrainingError(
                f"the {size} events of a step cannot be dealt to {updates} updates",
                cure=f"use a batch_size that {updates * self.forward.parallel.number} divides",
            )
        return updates

    @cached_property
    def optimizers(self) -> tuple[optax.GradientTransformation, ...]:
        """Optimizers of the turns, which turn gradients into steps."""
        steps = self.forward.settings.epochs * self.batch_order.batches
        return tuple(optimizer_of(self.forward.settings, steps * turn.times, turn) for turn in self.turns)

    @property
    def update_size(self) -> int:
        """Number of events in each update."""
        return self.forward.settings.batch_size // self.updates

    def turn_of(self, update: int) -> Turn:
        """Whose turn an update of a step is, counted from 0."""
        return [turn for turn in self.turns for _ in range(turn.times)][update]

    def losses_by_turn(self, losses: Any) -> dict[str, float]:
        """Training losses by network; one that is alone is called ``training``."""
        return {
            turn.network or "training": float(loss)
            for turn, loss in zip(self.turns, np.atleast_1d(losses), strict=True)
        }

    def initialise(self, params: Any) -> tuple[Any, ...]:
        """Return the optimizers' states before the first step."""
        return tuple(
            optimizer.init(params[turn.network] if turn.network else params)
            for turn, optimizer in zip(self.turns, self.optimizers, strict=True)
        )

    @property
    def no_progress(self) -> Progress:
        """Progress before the first step of an epoch."""
        shape = (len(self.turns),) if len(self.turns) > 1 else ()
        return Progress(np.int32(0), np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.int32(0))

    def optimise(self, state: State, events: DeviceInputs, chosen: WeightedRows, order: jax.Array) -> State:
        """Take the steps of an order (steps, batch size) of places."""
        size = self.update_size

        def update(index: int, held: tuple, places: jax.Array) -> tuple[tuple, tuple]:
            """One update of one network, with the events at some places (size,)."""
            turn, parallel = self.turns[index], self.forward.parallel
            rates = Rates(self.forward.settings.start, turn.network)
            params, carried, optimizers, active = held
            weight = chosen.weight[places]

            def objective(own: Any, rows: jax.Array, weight: jax.Array) -> tuple[jax.Array, tuple]:
                every = _replace(params, turn.network, rates.held(own))
                losses, new = self.forward.training_losses(
                    every, carried, events, rows, parallel.first(size), turn.network, self.batch_order.places
                )
                # weights have mean 1 over all events: dividing by the number keeps every event's say in any batch
                return jnp.sum(losses * weight) / size, new

            own = params[turn.network] if turn.network else params
            (loss, (statistics, random)), gradient = jax.value_and_grad(objective, has_aux=True)(
                own, chosen.rows[parallel.part(places)], parallel.part(weight)
            )
            loss, gradient = parallel.total((loss, gradient))
            new_carried = (parallel.mean(statistics), random)
            gradient, norm = clip(gradient, self.forward.settings.gradient_clip)
            active = active & jnp.isfinite(loss) & jnp.isfinite(norm)
            changes, optimizer = self.optimizers[index].update(gradient, optimizers[index], own)
            own = rates.updated(own, changes)
            new_params = _replace(params, turn.network, own)
            new = (new_params, new_carried, (*optimizers[:index], optimizer, *optimizers[index + 1 :]))
            # a failing update changes nothing, so that its events can be looked for afterwards
            return (*choose(active, new, held[:3]), active), (loss * size, jnp.sum(weight), active)

        def step(held: tuple, places: jax.Array) -> tuple[tuple, tuple]:
            *networks, average, number = held
            trained, reports, dealt = tuple(networks), [], places.reshape(self.updates, size)
            for index, turn in enumerate(self.turns):
                own, dealt = dealt[: turn.times], dealt[turn.times :]
                if turn.times == 1:
                    trained, report = update(index, trained, own[0])
                else:
                    trained, report = jax.lax.scan(partial(update, index), trained, own)
                    report = jax.tree.map(jnp.sum, report)
                reports.append(report)
            params, _, _, active = trained
            new = (self._average(average, params, number), number + 1)
            loss, weight, finite = (
                each[0] if len(each) == 1 else jnp.stack(each) for each in zip(*reports, strict=True)
            )
            return (*trained, *choose(active, new, (average, number))), (loss, weight, jnp.sum(finite))

        progress = state.progress
        active = ~state.stopped & (progress.finite_updates == progress.window * self.batch_order.steps * self.updates)
        held = (state.params, (state.statistics, state.random), state.optimizer, active, state.average, state.step)
        (params, (statistics, random), optimizer, _, average, number), (loss, weight, finite) = jax.lax.scan(
            step, held, order
        )
        return state._replace(
            params=params,
            statistics=statistics,
            random=random,
            optimizer=optimizer,
            average=average,
            step=number,
            progress=Progress(
                window=progress.window + 1,
                loss=progress.loss + jnp.sum(loss, axis=0),
                weight=progress.weight + jnp.sum(weight, axis=0),
                finite_updates=progress.finite_updates + jnp.sum(finite),
            ),
        )

    def _average(self, average: Any, params: Any, step: jax.Array) -> Any:
        if not self.forward.settings.averaging:
            return average
        decay = jnp.minimum(self.forward.settings.averaging, (1 + step) / (10 + step))
        found = optax.incremental_update(params, average, 1 - decay)
        return Rates(self.forward.settings.start).unchanged(params, found)


def _replace(params: Any, network: str, own: Any) -> Any:
    """All parameters, with other ones of one network; without a name, they are those of all."""
    if not network:
        return own
    every = jax.tree.map(lambda leaf: leaf, params)
    every[network] = own
    return every


def choose(condition: jax.Array, first: Any, second: Any) -> Any:
    """The first tree where the condition is true, else the second one."""
    return jax.tree.map(lambda one, other: jnp.where(condition, one, other), first, second)
