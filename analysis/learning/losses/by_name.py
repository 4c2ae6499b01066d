"""The losses by name."""

from __future__ import annotations

from analysis.learning import loss_settings
from analysis.learning.losses.classification import CrossEntropy, Focal
from analysis.learning.losses.domain_adversarial import DomainAdversarial
from analysis.learning.losses.likelihood import Likelihood
from analysis.learning.losses.loss import Loss
from analysis.learning.losses.reconstruction import Reconstruction
from analysis.learning.losses.refinement import Refinement
from analysis.learning.losses.regression import Gaussian, Huber, SquaredError
from analysis.learning.losses.wasserstein import Wasserstein

__all__ = ["LOSSES", "loss_of"]

_OF_CLASSES = (CrossEntropy, Focal)
_OF_TARGETS = (Gaussian, SquaredError, Huber, Likelihood, Wasserstein, DomainAdversarial)
LOSSES = {loss.name: loss for loss in (*_OF_CLASSES, *_OF_TARGETS, Refinement, Reconstruction)}


def loss_of(settings: loss_settings.LossSettings) -> Loss:
    """The loss with its settings."""
    return LOSSES[settings.name](settings)
