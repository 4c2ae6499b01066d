"""Loss of a network that knows the probability density of targets."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.data.layout import Layout
from analysis.learning.losses.loss import ArrayT, BatchInputs, Truth
from analysis.learning.losses.regression import Gaussian, Regression, standardised

__all__ = ["Likelihood"]


class Likelihood(Gaussian):
    """The negative logarithm of the density of targets, each shifted and scaled to mean 0 and width 1.

    Predictions are means and standard deviations of the density, in the targets' units, or targets that are drawn from
    it, one an event.
    """

    settings: loss_settings.Likelihood
    name = "likelihood"
    uses = ("log_density", "noise")

    @property
    def metrics(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of metrics that go with it: errors say nothing of targets that are drawn."""
        return ("sliced_wasserstein",) if self.settings.drawn else Regression.metrics

    def outputs(self, layout: Layout) -> int:  # noqa: D102
        return len(layout.targets) if self.settings.drawn else super().outputs(layout)

    def check_network(self, network: Any) -> None:  # noqa: D102
        super().check_network(network)
        if bool(network.noise) != self.settings.drawn:
            raise TrainingError(
                f"the loss {self.name!r} has drawn={self.settings.drawn}, and the network takes "
                + (f"its random numbers from the block {network.noise!r}" if network.noise else "no random numbers"),
                cure="for targets that are drawn, set drawn of the loss and noise of the network; else neither",
            )

    def names(self, layout: Layout) -> tuple[str, ...]:  # noqa: D102
        return layout.targets if self.settings.drawn else super().names(layout)

    def losses_of(self, network: str, model: Any, inputs: BatchInputs, truth: Truth) -> jax.Array:  # noqa: D102
        return -model.log_density(*inputs, standardised(truth)).astype(jnp.float32)

    def evaluate(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array]:  # noqa: D102
        outputs = model(*inputs).astype(jnp.float32)
        return self.losses_of("", model, inputs, truth), self.predictions(outputs, truth.scale, inputs)

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        if self.settings.drawn:
            return Regression.predictions(self, outputs, scale, inputs)
        mean, deviation = jnp.split(outputs, 2, axis=-1)
        return jnp.concatenate([scale[:, 0] + scale[:, 1] * mean, scale[:, 1] * deviation], axis=-1)

    def combine(self, predictions: ArrayT) -> ArrayT:
        """The mixture of several densities, by its moments; of drawn targets, those of the first network."""
        return predictions[0] if self.settings.drawn else super().combine(predictions)
