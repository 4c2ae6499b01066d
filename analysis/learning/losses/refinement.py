"""Loss of a refiner of simulated events and of the critic that it is trained against."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.losses.balance import class_factors
from analysis.learning.losses.loss import BatchInputs, Loss, Truth, Turn
from analysis.learning.losses.wasserstein import lengths

if TYPE_CHECKING:
    from analysis.learning.data.layout import Layout

__all__ = ["Refinement"]


class Refinement(Loss):
    """Outputs are the refined values of one block of features.

    The first class is simulation s, whose block x a refiner changes to R(x); the second one is data d, whose truth
    nobody needs to know. The Wasserstein-1 distance of R(s) to d is what a critic f learns, with::

        f(R(s)) - f(d) + penalty max(0, |grad f| - 1)^2

    and what the refiner lowers, with ``-f(R(s)) + closeness |R(s) - s|^2``, the latter a mean over the block's values,
    that keeps an event what it was (Shrivastava et al., arXiv:1612.07828, section 2.1). The best critic has a slope of
    1 where events are (Gulrajani et al., arXiv:1704.00028, Corollary 1), so that the slope is limited at the events
    themselves, without pairs of them, and smaller ones are allowed (Petzka, Fischer and Lukovnikov, arXiv:1709.08894).
    Both classes have the same say.

    In the validation, the loss is f(d) - f(R(s)), which cannot tell a better refiner from a worse critic; so a metric
    picks the best epoch.
    """

    settings: loss_settings.Refinement
    name = "refinement"
    title = "Wasserstein distance, by the critic"
    metrics = ("class_distance",)
    compares_epochs = False
    uses = ("refiner", "critic", "refine", "criticise", "compress", "block")

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The critic's updates in each step, then one of the refiner."""
        settings = self.settings
        return Turn("critic", settings.critic_steps, settings.critic_learning_rate), Turn("refiner")

    def check(self, layout: Layout) -> None:  # noqa: D102
        if len(layout.classes) != 2:
            raise TrainingError(
                f"the loss {self.name!r} needs two classes; the events have {', '.join(layout.classes)}",
                cure="give what is refined the label 0, and what it is to be like the label 1",
            )
        block = layout.features.get(self.settings.block)
        if block is None or block.names:
            raise TrainingError(
                f"the loss {self.name!r} is told to refine the block {self.settings.block!r}, "
                + ("which is standardised for each fold, since its features have names" if block else "which is none"),
                cure="use a block without names: "
                + (", ".join(name for name, one in layout.features.items() if not one.names) or "there is none yet"),
            )

    def check_network(self, network: Any) -> None:  # noqa: D102
        super().check_network(network)
        if network.block != self.settings.block:
            raise TrainingError(
                f"the loss is told to refine the block {self.settings.block!r}, the network {network.block!r}",
                cure="set block of both to the same name",
            )

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return math.prod(layout.shapes[self.settings.block])

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return tuple(f"{self.settings.block}_{number}" for number in range(self.outputs(layout)))

    def factors(self, number: np.ndarray, total: np.ndarray, layout: Layout, where: str) -> np.ndarray:
        """Give both classes the same say (:func:`analysis.learning.losses.balance.class_factors`)."""
        return class_factors(number, total, layout.classes, where=where)

    def losses_of(self, network: str, model: Any, inputs: BatchInputs, truth: Truth) -> jax.Array:  # noqa: D102
        refined, own, simulated = self._blocks(model, inputs, truth)
        axes = tuple(range(1, own.ndim))
        # weights have mean 1 over both classes together, so that means over one of them are twice as large
        if network == "refiner":
            moved = self.settings.closeness * jnp.mean((refined - own) ** 2, axis=axes)
            gained = moved - model.criticise(*inputs, refined)
            return jnp.where(simulated, 2 * gained, 0).astype(jnp.float32)
        shown = jax.lax.stop_gradient(_choose(simulated, refined, own))
        # events do not see each other: the gradient of the sum has each event's own
        slope = jax.grad(lambda block: jnp.sum(model.criticise(*inputs, block)))(shown)
        steep = jnp.maximum(lengths(slope.reshape(len(slope), -1)) - 1, 0) ** 2
        rated = model.criticise(*inputs, shown)
        return (jnp.where(simulated, 2 * rated, -2 * rated) + self.settings.penalty * steep).astype(jnp.float32)

    def evaluate(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array]:  # noqa: D102
        refined, own, simulated = self._blocks(model, inputs, truth)
        shown = _choose(simulated, refined, own)
        rated = model.criticise(*inputs, shown)
        losses = jnp.where(simulated, -2 * rated, 2 * rated).astype(jnp.float32)
        # the metric compares as the networks see it, so that large values do not decide alone
        return losses, shown.reshape(len(shown), -1).astype(jnp.float32)

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        return outputs

    def _blocks(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The block refined, the block as it is, and whether events are simulated."""
        own = model.compress(inputs.values[self.settings.block])
        return model.refine(*inputs), own, truth.label == 0


def _choose(condition: jax.Array, first: jax.Array, second: jax.Array) -> jax.Array:
    """The rows of the first array where the condition is true, else those of the second one."""
    return jnp.where(condition.reshape(-1, *[1] * (first.ndim - 1)), first, second)
