"""Losses of networks that draw their parameters: variational inference."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from analysis.learning import loss_settings
from analysis.learning.losses.classification import CrossEntropy
from analysis.learning.losses.loss import BatchInputs, Loss, Truth
from analysis.learning.losses.regression import Gaussian

__all__ = ["Variational", "VariationalGaussian"]


class _EvidenceBound(Loss):
    """The loss of drawn parameters, plus each event's share of the divergence of their distribution from the prior.

    The sum over an epoch's events is the negative lower bound of the evidence (Blundell et al., arXiv:1505.05424, Eqs.
    1 and 2; weights of events have mean 1). Outside training, a network is an ensemble of several draws, whose outputs
    (m, s, o) it returns; in the validation, the loss is the mean over them.
    """

    uses = ("divergence",)

    def losses_of(self, network: str, model: Any, inputs: BatchInputs, truth: Truth) -> jax.Array:
        return super().losses_of(network, model, inputs, truth) + model.divergence() / truth.events

    def evaluate(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array]:
        drawn = self.members(self.outputs_of(model, inputs))
        losses = jax.vmap(lambda outputs: self.losses(outputs, truth))(drawn)
        predictions = jax.vmap(lambda outputs: self.predictions(outputs, truth.scale, inputs))(drawn)
        return jnp.mean(losses, axis=0), self.combine(predictions)

    def members(self, outputs: jax.Array) -> jax.Array:
        return jnp.moveaxis(outputs, 1, 0)


class Variational(_EvidenceBound, CrossEntropy):
    """Outputs are those of :class:`~analysis.learning.losses.classification.CrossEntropy`."""

    settings: loss_settings.Variational
    name = "variational"
    title = "Cross entropy and divergence from the prior"


class VariationalGaussian(_EvidenceBound, Gaussian):
    """Outputs are those of :class:`~analysis.learning.losses.regression.Gaussian`."""

    name = "variational_gaussian"
    title = "Negative log-likelihood and divergence from the prior"
