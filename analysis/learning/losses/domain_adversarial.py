"""Loss of targets of simulated events, learned by features that data have, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from analysis.errors import TrainingError
from analysis.learning import loss_settings
from analysis.learning.losses.balance import class_factors
from analysis.learning.losses.loss import BatchInputs, Truth
from analysis.learning.losses.regression import Gaussian

if TYPE_CHECKING:
    from analysis.learning.data.layout import Layout

__all__ = ["DomainAdversarial"]


class DomainAdversarial(Gaussian):
    """As :class:`~analysis.learning.losses.regression.Gaussian` for targets of the first class, simulation.

    The second class is data. A classifier tells both apart by the features that the network has extracted, with the
    cross entropy; its gradient reaches these features reversed, so that they come to be the same for both (Ganin and
    Lempitsky, arXiv:1409.7495, Eq. 9). Both classes have the same say.

    The loss of the validation is what the extractor lowers: that of the targets minus ``strength`` times the
    classifier's, so that an epoch in which both look alike is worth something.
    """

    settings: loss_settings.DomainAdversarial
    name = "domain_adversarial"
    # errors of targets, which half of the events do not have
    metrics = ()
    uses = ("outputs_and_domain",)

    def check(self, layout: Layout) -> None:  # noqa: D102
        super().check(layout)
        if len(layout.classes) != 2:
            raise TrainingError(
                f"the loss {self.name!r} needs two classes; the events have {', '.join(layout.classes)}",
                cure="give simulation the label 0, and data the label 1",
            )

    def factors(self, number: np.ndarray, total: np.ndarray, layout: Layout, where: str) -> np.ndarray:
        """Give both classes the same say (:func:`analysis.learning.losses.balance.class_factors`)."""
        return class_factors(number, total, layout.classes, where=where)

    def have_targets(self, label: np.ndarray) -> np.ndarray:
        """Simulated events have targets."""
        return label == 0

    def losses_of(self, network: str, model: Any, inputs: BatchInputs, truth: Truth) -> jax.Array:  # noqa: D102
        of_targets, of_domain, _ = self._losses(model, inputs, truth)
        return of_targets + of_domain

    def evaluate(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array]:  # noqa: D102
        of_targets, of_domain, outputs = self._losses(model, inputs, truth)
        return of_targets - self.settings.strength * of_domain, self.predictions(outputs, truth.scale, inputs)

    def losses(self, outputs: jax.Array, truth: Truth) -> jax.Array:  # noqa: D102
        # twice, as the mean is one over both classes
        return jnp.where(truth.label == 0, 2 * super().losses(outputs, truth), 0.0)

    def _losses(self, model: Any, inputs: BatchInputs, truth: Truth) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The losses of targets and of the classifier, (m,) each, and the outputs (m, o)."""
        outputs, domain = model.outputs_and_domain(*inputs, self.settings.strength)
        outputs, domain = outputs.astype(jnp.float32), domain.astype(jnp.float32)
        told = optax.sigmoid_binary_cross_entropy(domain, truth.label.astype(jnp.float32))
        return self.losses(outputs, truth), told, outputs
