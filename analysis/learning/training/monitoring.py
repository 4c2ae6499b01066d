"""Metrics that a training is watched with, by name: what validation events say of a network, beside its loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from analysis.errors import StudyError

if TYPE_CHECKING:
    from analysis.learning.losses.loss import Loss, Truth

__all__ = ["METRICS", "Metric", "mean_auc", "metrics_of"]


# of the sliced distance
DIRECTIONS = 16


@dataclass(frozen=True)
class Metric:
    """A number about n validation events, one for each network.

    Args:
        name: as in the settings.
        title: for figures.
        higher_is_better: whether higher is better.
        dimension: whether it has the target's unit.
        compute: ``f(predictions (n, p), truth, weight (n,)) -> scalar``; predictions as the loss makes them.
    """

    name: str
    title: str
    higher_is_better: bool
    dimension: bool
    compute: Callable[[jax.Array, Truth, jax.Array], jax.Array]


def _auc(predictions: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
    """Area under the ROC curve, one class against the rest, mean over classes."""
    return mean_auc(predictions, truth.label, weight)


def _accuracy(predictions: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
    """Share of events whose most probable class is theirs."""
    return jnp.sum(weight * (jnp.argmax(predictions, axis=-1) == truth.label)) / jnp.sum(weight)


def _rmse(predictions: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
    """Root of the mean squared error in the target's unit, mean over targets."""
    error = predictions[:, : truth.target.shape[1]] - truth.target
    return jnp.mean(jnp.sqrt(jnp.sum(weight[:, None] * error**2, axis=0) / jnp.sum(weight)))


def _mae(predictions: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
    """Mean absolute error in the target's unit, mean over targets."""
    error = predictions[:, : truth.target.shape[1]] - truth.target
    return jnp.mean(jnp.sum(weight[:, None] * jnp.abs(error), axis=0) / jnp.sum(weight))


def _sliced_wasserstein(predictions: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
    """Sliced Wasserstein distance of predicted to true targets, in units of their standard deviation."""
    share = weight / jnp.sum(weight)
    values = jnp.concatenate([predictions[:, : truth.target.shape[1]], truth.target])
    return _sliced_distance(values / _width(truth.target, share), jnp.concatenate([share, -share]))


def _class_distance(predictions: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
    """Sliced Wasserstein distance of predictions of the first class to those of the second one."""
    first, second = (jnp.where(truth.label == number, weight, 0) for number in (0, 1))
    first, second = first / jnp.sum(first), second / jnp.sum(second)
    width = _width(predictions, second)
    return _sliced_distance(predictions / jnp.where(width > 0, width, 1), first - second)


def _width(values: jax.Array, share: jax.Array) -> jax.Array:
    """Standard deviations (d,) of values (n, d)."""
    mean = share @ values
    return jnp.sqrt(share @ (values - mean) ** 2)


def _sliced_distance(values: jax.Array, share: jax.Array) -> jax.Array:
    """Wasserstein-1 distance of two samples along random directions, mean over these.

    Bonneel et al., J. Math. Imaging Vis. 51 (2015) 22.

    Args:
        values: (n, d) of both samples.
        share: (n,) of each value in its sample, negative for the second one.
    """
    directions = jax.random.normal(jax.random.key(0), (values.shape[1], DIRECTIONS))
    directions /= jnp.linalg.norm(directions, axis=0)
    # the integral over |F - G|; at each value, either distribution takes a step
    along = values @ directions
    order = jnp.argsort(along, axis=0)
    difference = jnp.cumsum(share[order], axis=0)[:-1]
    return jnp.mean(jnp.sum(jnp.abs(difference) * jnp.diff(jnp.take_along_axis(along, order, axis=0), axis=0), axis=0))


METRICS = {
    metric.name: metric
    for metric in (
        Metric("auc", "Mean AUC", True, False, _auc),
        Metric("accuracy", "Accuracy", True, False, _accuracy),
        Metric("rmse", "RMS error", False, True, _rmse),
        Metric("mae", "Mean absolute error", False, True, _mae),
        Metric("sliced_wasserstein", "Sliced Wasserstein distance", False, False, _sliced_wasserstein),
        Metric("class_distance", "Sliced Wasserstein distance of the classes", False, False, _class_distance),
    )
}


def metrics_of(loss: Loss, asked: Sequence[str], validation: str) -> tuple[Metric, ...]:
    """The metrics of a training.

    Args:
        loss: what the networks learn.
        asked: names in the settings; the loss's own, if there are none.
        validation: what picks the best epoch, ``loss`` or a metric, or ``last``.

    Raises:
        StudyError: a metric does not go with the loss (the message lists those that do), or the loss picks no epoch.
    """
    if validation == "loss" and not loss.compares_epochs:
        raise StudyError(
            f"the loss {loss.name!r} of one epoch cannot be compared with another's, so that it picks no best epoch",
            cure=f"set validation to {loss.metrics[0]!r}, or to 'last' for the last epoch",
        )
    names = tuple(asked) or loss.metrics[:1]
    if validation not in ("loss", "last") and validation not in names:
        names = (*names, validation)
    for name in names:
        if name not in loss.metrics:
            raise StudyError(
                f"the metric {name!r} does not go with the loss {loss.name!r}",
                cure="use " + (", ".join(loss.metrics) or "the loss itself"),
            )
    return tuple(METRICS[name] for name in names)


def mean_auc(scores: jax.Array, label: jax.Array, weight: jax.Array) -> jax.Array:
    """Weighted area under the ROC curve of each class against the rest, averaged over classes.

    Equal scores count in the order of the events: good enough to watch a training, in float32.

    Args:
        scores: (n, c).
        label: (n,) index of the class.
        weight: (n,); every class needs a positive sum.

    Returns:
        scalar.
    """

    def one(score: jax.Array, signal: jax.Array) -> jax.Array:
        order = jnp.argsort(score)
        signal, weights = signal[order], weight[order]
        below = jnp.cumsum(jnp.where(signal, 0, weights))
        return jnp.sum(jnp.where(signal, weights * below, 0)) / (jnp.sum(jnp.where(signal, weights, 0)) * below[-1])

    classes = jnp.arange(scores.shape[1])
    return jnp.mean(jax.vmap(lambda c: one(scores[:, c], label == c))(classes))
