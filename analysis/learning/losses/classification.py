"""Losses of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import optax

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.losses.balance import class_factors
from analysis.learning.losses.loss import BatchInputs, Loss, Truth

if TYPE_CHECKING:
    from analysis.learning.data.layout import Layout

__all__ = ["CrossEntropy", "Focal"]


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
