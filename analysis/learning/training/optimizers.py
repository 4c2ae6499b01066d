"""Optimizers and schedules of optax, made from their settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from analysis.learning import optimizer_settings as of
from analysis.learning.losses.loss import Turn
from analysis.learning.settings import TrainingSettings

__all__ = ["clip", "optimizer_of", "schedule_of"]

_WHOLE = Turn()


def schedule_of(settings: TrainingSettings, steps: int) -> optax.Schedule:
    """The learning rate by step.

    Args:
        settings: of the training.
        steps: number of all steps.

    Examples:
        >>> rate = schedule_of(TrainingSettings(learning_rate=0.1, schedule=of.Cosine(warmup=0.2)), 10)
        >>> [round(float(rate(step)), 3) for step in (0, 1, 2, 10)]
        [0.0, 0.05, 0.1, 0.001]
    """
    peak, chosen = settings.learning_rate, settings.schedule
    if isinstance(chosen, of.OneCycle):
        # a rise of a step or less has no cosine
        rise = min(max(chosen.rise, 1.5 / steps), 1 - 0.5 / steps)
        return optax.cosine_onecycle_schedule(max(steps, 2), peak, rise, 1 / chosen.start, 1 / chosen.final)
    warmup = int(chosen.warmup * steps)
    after = max(steps - warmup, 1)
    decay: optax.Schedule
    match chosen:
        case of.Cosine():
            decay = optax.cosine_decay_schedule(peak, after, chosen.final)
        case of.Linear():
            decay = optax.linear_schedule(peak, chosen.final * peak, after)
        case of.Exponential():
            decay = optax.exponential_decay(peak, after, chosen.final)
        case of.Constant():
            decay = optax.constant_schedule(peak)
    return optax.join_schedules([optax.linear_schedule(0.0, peak, warmup), decay], [warmup]) if warmup else decay


def optimizer_of(settings: TrainingSettings, steps: int, turn: Turn = _WHOLE) -> optax.GradientTransformation:
    """Build the optimizer, which turns gradients into steps.

    Args:
        settings: of the training.
        steps: number of all steps.
        turn: of the network, where several are trained against each other.
    """
    rate = schedule_of(settings, steps)
    if turn.learning_rate != 1.0:
        return _optimizer(settings.optimizer, lambda step: turn.learning_rate * rate(step))
    return _optimizer(settings.optimizer, rate)


def clip(gradient: Any, limit: float) -> tuple[Any, jax.Array]:
    """The gradient, scaled down to a global norm if it is greater, and the norm that it had.

    As :func:`optax.clip_by_global_norm`, which keeps the norm to itself; it is needed to see whether it is finite.

    Args:
        gradient: a tree of arrays.
        limit: of the norm; 0 for none.
    """
    # as inner products: squares would be written to memory before they are summed
    norm = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(gradient)))
    if not limit:
        return gradient, norm
    factor = limit / jnp.maximum(norm, limit)
    return jax.tree.map(lambda leaf: leaf * factor, gradient), norm


def _optimizer(chosen: of.Optimizer, rate: optax.Schedule) -> optax.GradientTransformation:
    matrices: Callable[[Any], Any] = lambda params: jax.tree.map(lambda leaf: leaf.ndim > 1, params)  # noqa: E731
    match chosen:
        case of.NAdamW(b1=b1, b2=b2, eps=eps, weight_decay=decay):
            return optax.nadamw(rate, b1, b2, eps, weight_decay=decay, mask=matrices)
        case of.AdamW(b1=b1, b2=b2, eps=eps, weight_decay=decay):
            return optax.adamw(rate, b1, b2, eps, weight_decay=decay, mask=matrices)
        case of.Adam(b1=b1, b2=b2, eps=eps):
            return optax.adam(rate, b1, b2, eps)
        case of.SGD(momentum=momentum, nesterov=nesterov):
            return optax.sgd(rate, momentum or None, nesterov)
        case of.RMSProp(decay=decay, eps=eps, momentum=momentum):
            return optax.rmsprop(rate, decay, eps, momentum=momentum or None)
        case of.Lion(b1=b1, b2=b2, weight_decay=decay):
            return optax.lion(rate, b1, b2, weight_decay=decay, mask=matrices)
        case of.LAMB(b1=b1, b2=b2, eps=eps, weight_decay=decay):
            return optax.lamb(rate, b1, b2, eps, weight_decay=decay, mask=matrices)
