"""What the outputs of a network mean: how they are judged in training, and what they say of an event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from analysis.errors import TrainingError
from analysis.learning.balance import balanced
from analysis.learning.ranking import mean_auc

if TYPE_CHECKING:
    from analysis.learning.inputs import Layout, TrainingInputs

__all__ = ["CrossEntropy", "Gaussian", "Loss", "Truth", "loss_named"]

# standard deviations beyond e^-8 and e^8 of the target's own width are none
FARTHEST = 16.0


class Truth(NamedTuple):
    """What networks should say of m events, t targets."""

    label: jax.Array  # (m,) index of the class
    target: jax.Array  # (m, t) in the targets' units
    scale: jax.Array  # (t, 2) mean and standard deviation of each target among the network's training events


class Loss(ABC):
    """The meaning of a network's outputs; o of them for each of m events.

    Args:
        name: as in the settings.
        title: for figures.
        merit: name of a second value that a training is watched with; for people, in units they know.
        merit_title: for figures.
        rising: whether a higher merit is better.
    """

    name: str
    title: str
    merit: str
    merit_title: str
    rising: bool

    @abstractmethod
    def check(self, layout: Layout) -> None:
        """Check that events have what the loss needs.

        Raises:
            TrainingError: they do not.
        """

    @abstractmethod
    def outputs(self, layout: Layout) -> int:
        """Number of a network's outputs o."""

    @abstractmethod
    def names(self, layout: Layout) -> tuple[str, ...]:
        """Names of the predictions."""

    @abstractmethod
    def weights(self, inputs: TrainingInputs, rows: np.ndarray, where: str) -> np.ndarray:
        """Weights of some events in the loss; their mean is 1.

        Args:
            inputs: events.
            rows: (m,) some of them.
            where: what these are, for messages.

        Returns:
            (m,) float64.

        Raises:
            TrainingError: sums of weights are not positive.
        """

    def scale(self, inputs: TrainingInputs, rows: np.ndarray, weight: np.ndarray, where: str) -> np.ndarray:
        """Mean and standard deviation of each target among some events.

        Args:
            inputs: events.
            rows: (m,) some of them.
            weight: (m,) their weights; only absolute values count.
            where: what these are, for messages.

        Returns:
            (t, 2) float32.

        Raises:
            TrainingError: a target never varies.
        """
        target, share = inputs.target[rows].astype(np.float64), np.abs(weight)[:, None] / np.abs(weight).sum()
        mean = np.sum(share * target, axis=0)
        width = np.sqrt(np.sum(share * (target - mean) ** 2, axis=0))
        for name, value in zip(inputs.targets, width, strict=True):
            if value == 0:
                raise TrainingError(f"the target {name!r} never varies among {where}", cure="use other or more events")
        return np.stack([mean, width], axis=1).astype(np.float32)

    @abstractmethod
    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:
        """The loss of each event: (m, o) -> (m,)."""

    @abstractmethod
    def merits(self, outputs: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
        """The merit of all events together, a scalar; weights are (m,)."""

    @abstractmethod
    def predictions(self, outputs: jax.Array, scale: jax.Array) -> jax.Array:
        """What the outputs say: (m, o) -> (m, p), in the targets' units."""


class CrossEntropy(Loss):
    """Outputs are logits of the c classes, predictions their probabilities for classes of equal size."""

    name = "cross_entropy"
    title = "Cross entropy"
    merit = "auc"
    merit_title = "Mean AUC"
    rising = True

    def check(self, layout: Layout) -> None:  # noqa: D102
        if len(layout.classes) < 2:
            raise TrainingError(
                f"the loss 'cross_entropy' needs classes; the events have {len(layout.classes)}",
                cure="use the loss 'gaussian' for targets",
            )

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return len(layout.classes)

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return layout.classes

    def weights(self, inputs: TrainingInputs, rows: np.ndarray, where: str) -> np.ndarray:
        """Every class has the same say; see :func:`analysis.learning.balance.balanced`."""
        return balanced(inputs.weight[rows], inputs.label[rows], inputs.classes, where=where)

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        return optax.softmax_cross_entropy_with_integer_labels(outputs, truth.label)

    def merits(self, outputs: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
        """Area under the ROC curve, mean over classes (one against the rest)."""
        return mean_auc(jax.nn.softmax(outputs), truth.label, weight)

    def predictions(self, outputs: jax.Array, scale: jax.Array) -> jax.Array:  # noqa: D102
        return jax.nn.softmax(outputs)


class Gaussian(Loss):
    """Outputs are means and logarithms of variances of t targets, each shifted and scaled to mean 0 and width 1.

    The loss is the negative logarithm of the normal density, the sum over targets (Nix and Weigend, Proc. ICNN 1994,
    p. 55, Eq. 6, with the constant), so that a network learns how well it knows each event. Predictions are the t means
    and the t standard deviations, in the targets' units.
    """

    name = "gaussian"
    title = "Negative log-likelihood"
    merit = "rmse"
    merit_title = "RMS error"
    rising = False

    def check(self, layout: Layout) -> None:  # noqa: D102
        if not layout.targets:
            raise TrainingError(
                "the loss 'gaussian' needs targets; the events have none",
                cure="use the loss 'cross_entropy' for classes",
            )

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return 2 * len(layout.targets)

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return (*layout.targets, *(f"{name}_uncertainty" for name in layout.targets))

    def weights(self, inputs: TrainingInputs, rows: np.ndarray, where: str) -> np.ndarray:
        """The events' own weights: what the study makes of the classes' sizes stays."""
        weight = inputs.weight[rows]
        if not weight.sum() > 0:
            raise TrainingError(
                f"the sum of weights of {where} is {weight.sum():g}", cure="use more events or fewer folds"
            )
        return weight * (len(weight) / weight.sum())

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        mean, log_variance = _halves(outputs)
        deviation = (truth.target - truth.scale[:, 0]) / truth.scale[:, 1] - mean
        terms = deviation**2 * jnp.exp(-log_variance) + log_variance + jnp.log(2 * jnp.pi)
        return jnp.sum(terms, axis=-1) / 2

    def merits(self, outputs: jax.Array, truth: Truth, weight: jax.Array) -> jax.Array:
        """Root of the mean squared error in the target's unit, mean over targets."""
        mean = self.predictions(outputs, truth.scale)[:, : truth.target.shape[1]]
        square = jnp.sum(weight[:, None] * (mean - truth.target) ** 2, axis=0) / jnp.sum(weight)
        return jnp.mean(jnp.sqrt(square))

    def predictions(self, outputs: jax.Array, scale: jax.Array) -> jax.Array:  # noqa: D102
        mean, log_variance = _halves(outputs)
        return jnp.concatenate([scale[:, 0] + scale[:, 1] * mean, scale[:, 1] * jnp.exp(log_variance / 2)], axis=-1)


def loss_named(name: str) -> Loss:
    """The loss of that name, as :class:`~analysis.learning.settings.TrainingSettings` has it."""
    return {loss.name: loss for loss in (CrossEntropy(), Gaussian())}[name]


def _halves(outputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Means and logarithms of the variances."""
    mean, log_variance = jnp.split(outputs, 2, axis=-1)
    return mean, jnp.clip(log_variance, -FARTHEST, FARTHEST)
