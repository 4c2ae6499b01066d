"""The losses by name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import optax

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.data.device_inputs import BatchInputs
from analysis.learning.losses.balance import class_factors
from analysis.learning.losses.loss import ArrayT, Loss, Truth
from analysis.learning.networks.blocks import side_by_side

if TYPE_CHECKING:
    from analysis.learning.data.layout import Layout

__all__ = [
    "LOSSES",
    "BatchInputs",
    "CrossEntropy",
    "Focal",
    "Gaussian",
    "Huber",
    "Loss",
    "Reconstruction",
    "SquaredError",
    "Truth",
    "loss_of",
]

# standard deviations beyond e^-8 and e^8 of the target's own width are none
FARTHEST = 16.0


class CrossEntropy(Loss):
    """Outputs are logits of the c classes, predictions their probabilities for classes of the sizes in the training."""

    settings: loss_settings.CrossEntropy
    name = "cross_entropy"
    title = "Cross entropy"
    metrics = ("auc", "accuracy")

    def check(self, layout: Layout) -> None:  # noqa: D102
        if len(layout.classes) < 2:
            raise TrainingError(
                f"the loss {self.name!r} needs classes; the events have {len(layout.classes)}",
                cure="use the loss 'gaussian' for targets",
            )
        weights = self.settings.class_weights
        if weights and len(weights) != len(layout.classes):
            raise TrainingError(
                f"there are {len(weights)} class weights for {len(layout.classes)} classes",
                cure="give one for each of: " + ", ".join(layout.classes),
            )

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return len(layout.classes)

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return layout.classes

    def factors(self, number: np.ndarray, total: np.ndarray, layout: Layout, where: str) -> np.ndarray:
        """Give every class the same say (:func:`analysis.learning.losses.balance.class_factors`), times its weight."""
        settings = self.settings
        balanced = class_factors(number, total, layout.classes, where=where)
        factors = balanced if settings.balanced else super().factors(number, total, layout, where)
        if settings.class_weights:
            factors = factors * np.array(settings.class_weights)
            factors *= number.sum() / np.sum(factors * total)
        return factors

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        if not self.settings.label_smoothing:
            return optax.softmax_cross_entropy_with_integer_labels(outputs, truth.label)
        return optax.softmax_cross_entropy(outputs, self._smooth(outputs, truth))

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        return jax.nn.softmax(outputs)

    def _smooth(self, outputs: jax.Array, truth: Truth) -> jax.Array:
        return optax.smooth_labels(jax.nn.one_hot(truth.label, outputs.shape[-1]), self.settings.label_smoothing)


class Focal(CrossEntropy):
    """As the cross entropy; each class's term is multiplied by (1 - p)^gamma (Lin et al., arXiv:1708.02002, Eq. 4)."""

    settings: loss_settings.Focal
    name = "focal"
    title = "Focal loss"

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        logarithm = jax.nn.log_softmax(outputs)
        # 1 - p as exp(log(1 - p)), whose gradient is finite at p = 1
        rest = -jnp.expm1(jnp.minimum(logarithm, -1e-7))
        return -jnp.sum(self._smooth(outputs, truth) * rest**self.settings.gamma * logarithm, axis=-1)


class Regression(Loss):
    """Losses of t targets, each shifted and scaled to mean 0 and width 1; outputs are their values."""

    metrics = ("rmse", "mae")

    def check(self, layout: Layout) -> None:
        if not layout.targets:
            raise TrainingError(
                f"the loss {self.name!r} needs targets; the events have none",
                cure="use the loss 'cross_entropy' for classes",
            )

    def outputs(self, layout: Layout) -> int:
        return len(layout.targets)

    def names(self, layout: Layout) -> tuple[str, ...]:
        return layout.targets

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:
        return scale[:, 0] + scale[:, 1] * outputs


class SquaredError(Regression):
    """Half the squared error, the sum over targets."""

    name = "squared_error"
    title = "Squared error"

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        return jnp.sum(optax.l2_loss(outputs, _standardised(truth)), axis=-1)


class Huber(Regression):
    """Huber's loss (Ann. Math. Stat. 35 (1964) 73, Eq. 3.8), the sum over targets."""

    settings: loss_settings.Huber
    name = "huber"
    title = "Huber loss"

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        return jnp.sum(optax.huber_loss(outputs, _standardised(truth), delta=self.settings.delta), axis=-1)


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
        deviation = _standardised(truth) - mean
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


class Reconstruction(Loss):
    """Outputs are the features of the blocks themselves, as the network sees them, side by side by name.

    The loss is the mean squared difference over the features that are present; it is also the prediction, so that
    events unlike those of the training stand out.
    """

    settings: loss_settings.Reconstruction
    name = "reconstruction"
    title = "Mean squared difference"
    metrics = ()

    def check(self, layout: Layout) -> None:  # noqa: D102
        for name in self.settings.blocks:
            if name not in layout.features:
                raise TrainingError(
                    f"the loss 'reconstruction' is told of a block {name!r}", cure="use " + ", ".join(layout.features)
                )

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return sum(math.prod(shape) for name, shape in layout.shapes.items() if name in self._blocks(layout.shapes))

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return ("difference",)

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        return self._difference(outputs, truth.inputs)

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        return self._difference(outputs, inputs)[:, None]

    def _blocks(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(self.settings.blocks or names))

    def _difference(self, outputs: jax.Array, inputs: BatchInputs) -> jax.Array:
        shapes = {name: inputs.values[name].shape[1:] for name in self._blocks(inputs.values)}
        features, there = side_by_side(shapes, inputs.values, inputs.present)
        known = there.astype(outputs.dtype)
        return jnp.sum(known * (outputs - features) ** 2, axis=-1) / jnp.maximum(jnp.sum(known, axis=-1), 1)


LOSSES = {loss.name: loss for loss in (CrossEntropy, Focal, Gaussian, SquaredError, Huber, Reconstruction)}


def loss_of(settings: loss_settings.LossSettings) -> Loss:
    """The loss with its settings."""
    return LOSSES[settings.name](settings)


def _standardised(truth: Truth) -> jax.Array:
    return (truth.target - truth.scale[:, 0]) / truth.scale[:, 1]


def _halves(outputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Means and logarithms of the variances."""
    mean, log_variance = jnp.split(outputs, 2, axis=-1)
    return mean, jnp.clip(log_variance, -FARTHEST, FARTHEST)
