"""Loss of a generator and of the critic that it is trained against."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from analysis.learning import loss_settings
from analysis.learning.losses.loss import ArrayT, BatchInputs, Truth, Turn
from analysis.learning.losses.regression import Regression, standardised

__all__ = ["Wasserstein", "lengths"]


class Wasserstein(Regression):
    """Outputs are generated targets, each shifted and scaled to mean 0 and width 1.

    A critic f learns the Wasserstein-1 distance of generated targets G to true ones y: the greatest difference of its
    means for both that a slope of 1 allows (Arjovsky, Chintala and Bottou, arXiv:1701.07875, Eq. 2). A penalty keeps
    the slope at 1 between pairs of them, e being uniform in [0, 1] (Gulrajani et al., arXiv:1704.00028, Eq. 3)::

        f(G) - f(y) + penalty (|grad f(e y + (1 - e) G)| - 1)^2

    The generator lowers -f(G). Both see the event's features; the slope is that in the targets.

    In the validation, the loss is f(y) - f(G): the distance as the critic of the same epoch sees it, which cannot tell
    a better generator from a worse critic. So a metric picks the best epoch.
    """

    settings: loss_settings.Wasserstein
    name = "wasserstein"
    title = "Wasserstein distance, by the critic"
    metrics = ("sliced_wasserstein",)
    compares_epochs = False
    uses = ("generator", "critic", "criticise")

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The critic's updates in each step, then one of the generator."""
        settings = self.settings
        return Turn("critic", settings.critic_steps, settings.critic_learning_rate), Turn("generator")

    def losses_of(self, network: str, model: Any, inputs: BatchInputs, truth: Truth) -> jax.Array:  # noqa: D102
        generated = model(*inputs)
        if network == "generator":
            return -model.criticise(*inputs, generated).astype(jnp.float32)
        generated, true = jax.lax.stop_gradient(generated), standardised(truth)
        share = model.random.uniform(len(true), 1)
        between = share * true + (1 - share) * generated
        # events do not see each other: the gradient of the sum has each event's own
        slope = jax.grad(lambda targets: jnp.sum(model.criticise(*inputs, targets)))(between)
        penalty = self.settings.penalty * (lengths(slope) - 1) ** 2
        distance = model.criticise(*inputs, generated) - model.criticise(*inputs, true)
        return (distance + penalty).astype(jnp.float32)

    def evaluate(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array]:  # noqa: D102
        generated = model(*inputs)
        losses = model.criticise(*inputs, standardised(truth)) - model.criticise(*inputs, generated)
        return losses.astype(jnp.float32), self.predictions(generated.astype(jnp.float32), truth.scale, inputs)

    def combine(self, predictions: ArrayT) -> ArrayT:
        """Targets of the first network: a mean of what several draw would be nobody's draw."""
        return predictions[0]


def lengths(vectors: jax.Array) -> jax.Array:
    """Lengths of vectors (m, t), with a finite gradient where they are 0."""
    square = jnp.sum(vectors**2, axis=-1)
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
