"""Loss of a network that knows the probability density of targets."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.data.layout import Layout
from analysis.learning.loss_settings import quantile_name
from analysis.learning.losses.loss import ArrayT, BatchInputs, Truth
from analysis.learning.losses.regression import Gaussian, Regression, standardised

__all__ = ["Likelihood"]


class Likelihood(Gaussian):
    """The negative logarithm of the density of targets, each shifted and scaled to mean 0 and width 1.

    Predictions are means and standard deviations of the density, then its quantiles, in the targets' units; or targets
    that are drawn from it, one an event.
    """

    settings: loss_settings.Likelihood
    name = "likelihood"
    uses = ("log_density", "noise", "summary")

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
        if self.settings.drawn:
            return layout.targets
        levels = self.settings.quantiles
        return (*super().names(layout), *(quantile_name(name, level) for name in layout.targets for level in levels))

    def losses_of(self, network: str, model: Any, inputs: BatchInputs, truth: Truth) -> jax.Array:  # noqa: D102
        return -model.log_density(*inputs, standardised(truth)).astype(jnp.float32)

    def evaluate(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array]:  # noqa: D102
        predictions = self.predictions(self.outputs_of(model, inputs), truth.scale, inputs)
        return self.losses_of("", model, inputs, truth), predictions

    def outputs_of(self, model: Any, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        if self.settings.drawn:
            return super().outputs_of(model, inputs)
        return model.summary(*inputs, self.settings.quantiles).astype(jnp.float32)

    def predictions(self, outputs: jax.Array, scale: jax.Array, inputs: BatchInputs) -> jax.Array:  # noqa: D102
        if self.settings.drawn:
            return Regression.predictions(self, outputs, scale, inputs)
        targets, levels = len(scale), len(self.settings.quantiles)
        mean, deviation, quantiles = jnp.split(outputs, [targets, 2 * targets], axis=-1)
        place, width = scale[:, 0], scale[:, 1]
        of_each = jnp.repeat(scale, levels, axis=0)
        return jnp.concatenate(
            [place + width * mean, width * deviation, of_each[:, 0] + of_each[:, 1] * quantiles], axis=-1
        )

    def combine(self, predictions: ArrayT) -> ArrayT:
        """The mixture of several densities, by its moments; the means of their quantiles; of drawn targets, the first.

        Means of quantiles keep the shape of the densities (Ratcliff, Psychol. Bull. 86 (1979) 446).
        """
        if self.settings.drawn or len(predictions) == 1:
            return predictions[0]
        moments = 2 * predictions.shape[-1] // (2 + len(self.settings.quantiles))
        parts = [super().combine(predictions[..., :moments]), predictions[..., moments:].mean(axis=0)]
        return predictions.__array_namespace__().concat(parts, axis=-1)
