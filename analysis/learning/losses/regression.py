"""Losses of targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import jax
import jax.numpy as jnp
import optax

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.losses.loss import ArrayT, BatchInputs, Loss, Truth

if TYPE_CHECKING:
    from analysis.learning.data.layout import Layout

__all__ = ["Gaussian", "Huber", "Regression", "SquaredError", "standardised"]

# standard deviations beyond e^-8 and e^8 of the target's own width are none
FARTHEST = 16.0


class Regression(Loss):
    """Losses of t targets, each shifted and scaled to mean 0 and width 1; outputs are their values."""

    metrics: ClassVar[tuple[str, ...]] = ("rmse", "mae")

    def check(self, layout: Layout) -> None:  # noqa: D102
        if not layout.targets:
            raise TrainingError(
                f"the loss {self.name!r} needs targets; the events have none",
                cure="use the loss 'cross_entropy' for classes",
            )

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return len(layout.targets)

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return layout.targets

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        return scale[:, 0] + scale[:, 1] * outputs


class SquaredError(Regression):
    """Half the squared error, the sum over targets."""

    name = "squared_error"
    title = "Squared error"

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        return jnp.sum(optax.l2_loss(outputs, standardised(truth)), axis=-1)


class Huber(Regression):
    """Huber's loss (Ann. Math. Stat. 35 (1964) 73, Eq. 3.8), the sum over targets."""

    settings: loss_settings.Huber
    name = "huber"
    title = "Huber loss"

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        return jnp.sum(optax.huber_loss(outputs, standardised(truth), delta=self.settings.delta), axis=-1)


class Gaussian(Regression):
    """Outputs are means and logarithms of variances of the targets.

    The loss is the negative logarithm of the normal density, the sum over targets (Nix and Weigend, Proc. ICNN 1994,
    p. 55, Eq. 6, with the constant), so that a network learns how well it knows each event. Predictions are the t means
    and the t standard deviations, in the targets' units. Several networks are combined as the mixture of their normal
    distributions, by its mean and its variance (Lakshminarayanan et al., arXiv:1612.01474, section 2.4).
    """

    name = "gaussian"
    title = "Negative log-likelihood"

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return 2 * len(layout.targets)

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return (*layout.targets, *(f"{name}_uncertainty" for name in layout.targets))

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        mean, log_variance = _halves(outputs)
        deviation = standardised(truth) - mean
        terms = deviation**2 * jnp.exp(-log_variance) + log_variance + jnp.log(2 * jnp.pi)
        return jnp.sum(terms, axis=-1) / 2

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        mean, log_variance = _halves(outputs)
        return jnp.concatenate([scale[:, 0] + scale[:, 1] * mean, scale[:, 1] * jnp.exp(log_variance / 2)], axis=-1)

    def combine(self, predictions: ArrayT) -> ArrayT:  # noqa: D102
        if len(predictions) == 1:
            return predictions[0]
        targets = predictions.shape[-1] // 2
        means, deviations = predictions[..., :targets], predictions[..., targets:]
        mean = means.mean(axis=0)
        variance = (deviations**2).mean(axis=0) + ((means - mean) ** 2).mean(axis=0)
        return predictions.__array_namespace__().concat([mean, variance**0.5], axis=-1)


def standardised(truth: Truth) -> jax.Array:
    """The targets (m, t), shifted and scaled to mean 0 and width 1 among a network's training events."""
    return (truth.target - truth.scale[:, 0]) / truth.scale[:, 1]


def _halves(outputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Means and logarithms of the variances."""
    mean, log_variance = jnp.split(outputs, 2, axis=-1)
    return mean, jnp.clip(log_variance, -FARTHEST, FARTHEST)
