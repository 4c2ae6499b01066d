"""Uncertainty of predictions in two parts: what the events leave open, and what the networks do not know.

Members of an ensemble (networks of several seeds: Lakshminarayanan et al., arXiv:1612.01474; draws of a Bayesian
network's parameters) agree on the first part, which is called aleatoric, and more training data do not reduce it. They
differ by the second one, the epistemic part (Kendall and Gal, arXiv:1703.04977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from analysis.errors import TrainingError
from analysis.learning.application.scores import Scores

__all__ = ["Uncertainty", "of_classes", "of_targets"]


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Parts of the uncertainty of n predictions.

    Entropies in nats (n,) of classes, standard deviations (n, t) in the targets' units of targets.

    Args:
        aleatoric: what the events leave open.
        epistemic: what the networks do not know.
        total: both.
    """

    aleatoric: NDArray[np.float64]
    epistemic: NDArray[np.float64]
    total: NDArray[np.float64]


def of_classes(scores: Scores) -> Uncertainty:
    """Separate the entropy of classes: the mean over members of theirs, and the mutual information of class and member.

    Depeweg et al., arXiv:1710.07283, Eq. 3.

    Args:
        scores: probabilities of c classes by each member.

    Raises:
        TrainingError: there is one member only.

    Examples:
        >>> by_seed = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]], np.float32)
        >>> found = of_classes(Scores(np.zeros(2, np.uint64), by_seed.mean(axis=0), ("w", "z"), by_seed))
        >>> found.aleatoric.round(3).tolist(), found.epistemic.round(3).tolist()
        ([0.0, 0.693], [0.693, 0.0])
    """
    members = _members(scores)
    total = entr(members.mean(axis=0)).sum(axis=-1)
    aleatoric = entr(members).sum(axis=-1).mean(axis=0)
    return Uncertainty(aleatoric, np.maximum(total - aleatoric, 0.0), total)


def of_targets(scores: Scores) -> Uncertainty:
    """Separate the variance of targets: the mean over members of theirs, and the variance of their means.

    Kendall and Gal, arXiv:1703.04977, Eq. 9.

    Args:
        scores: t means and t standard deviations by each member.

    Raises:
        TrainingError: there is one member only.
    """
    mean, deviation = np.split(_members(scores), 2, axis=-1)
    aleatoric, epistemic = (deviation**2).mean(axis=0), mean.var(axis=0)
    return Uncertainty(aleatoric**0.5, epistemic**0.5, (aleatoric + epistemic) ** 0.5)


def _members(scores: Scores) -> NDArray[np.float64]:
    members = scores.drawn if len(scores.drawn) else scores.by_seed
    if not len(members):
        raise TrainingError(
            "the uncertainty of a single network cannot be separated into parts",
            cure="train several (seeds=5), or one that draws its parameters (analysis.learning.networks.bayesian)",
        )
    return members.astype(np.float64)
