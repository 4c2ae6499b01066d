"""Test statistic of a sky by trained networks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from flax import nnx
from numpy.typing import NDArray

from analysis.learning.training.checkpoints import flatten
from analysis.studies.arrivals.network.features import GraphFeatures
from analysis.studies.arrivals.network.model import SphereGraph
from analysis.studies.arrivals.network.settings import settings_of
from analysis.studies.arrivals.sky.directions import Vectors

__all__ = ["FRACTION", "SkyNetworks", "added"]

FRACTION = 0.05
"""Of events from sources, in the likelihood ratio."""

_PARAMETERS = "parameters."


class SkyNetworks:
    """Trained networks, and the test statistic of a sky that follows from their logits.

    A network trained to tell events of sources from others knows the ratio of the densities of both,
    r = exp(logit) (1 - p) / p, where p is the share of source events in training. It takes the place of the catalogue's
    density in the published likelihood, at one fraction a: TS = 2 sum ln(1 - a + a r), the likelihood ratio of skies
    with this fraction and without. Maximised over a, it would be 0 for nearly all isotropic skies, since a network that
    sees neighbours knows that there is no source at all. What it says of the fraction is the mean probability of its
    events.

    Args:
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        network: of each network what :func:`analysis.studies.arrivals.network.training.train` returns; all have the
            same settings.
    """

    def __init__(
        self,
        observatory: Mapping[str, NDArray[np.float64]],
        hypotheses: Mapping[str, NDArray[np.float64]],
        network: Sequence[Mapping[str, NDArray[Any]]],
    ) -> None:
        settings = settings_of(network[0])
        self.describe = GraphFeatures(observatory, hypotheses, settings)
        self._networks = [(one["mean"], one["width"], _log_odds(float(one["prior"][0]))) for one in network]
        graph, template = nnx.split(SphereGraph(self.describe.width, nnx.Rngs(0), settings))
        _, structure = jax.tree_util.tree_flatten(template)
        # in the order of the leaves
        names = list(flatten(template))
        self._states = [
            jax.tree_util.tree_unflatten(structure, [one[f"{_PARAMETERS}{name}"] for name in names]) for one in network
        ]
        self._logits = jax.jit(lambda state, events, found: nnx.merge(graph, state)(events[None], found[None])[0])

    def log_ratios(self, directions: Vectors) -> NDArray[np.float64]:
        """Logarithms of the density of sources over that of isotropy at the events, (networks, p).

        Args:
            directions: unit vectors (n, 3) of all events of a sky, in the order of falling energy.
        """
        features, near = self.describe(directions)
        found = [
            np.asarray(self._logits(state, (features - mean) / width, near), dtype=np.float64) - odds
            for state, (mean, width, odds) in zip(self._states, self._networks, strict=True)
        ]
        return np.stack(found)

    def judge(self, directions: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """TS and fraction of a sky: of the averaged logits first, then of each network alone, (1 + networks,) each."""
        found = self.log_ratios(directions)
        every = np.concatenate([found.mean(axis=0, keepdims=True), found])
        odds = np.mean([odds for _, _, odds in self._networks])
        return added(every).sum(axis=1), (1.0 / (1.0 + np.exp(-every - odds))).mean(axis=1)


def added(log_ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Contributions of the events to TS, (..., p).

    Args:
        log_ratios: of the densities of sources and isotropy at the events, (..., p).
    """
    found: NDArray[np.float64] = 2.0 * np.log1p(FRACTION * np.expm1(log_ratios))
    return found


def _log_odds(share: float) -> float:
    return math.log(share) - math.log1p(-share)
