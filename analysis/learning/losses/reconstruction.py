"""Loss of features that a network gives back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.losses.loss import BatchInputs, Loss, Truth
from analysis.learning.networks.blocks import side_by_side

if TYPE_CHECKING:
    from analysis.learning.data.layout import Layout

__all__ = ["Reconstruction"]


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
