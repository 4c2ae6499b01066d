"""Plans of simulated skies, decided from their identities alone.

A sky is an event of the framework. Its directions need the measured energies, which the simulation of an event does not
know; so its plan is what is kept, and the directions are drawn of it where they are needed, always the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.noise import generator

if TYPE_CHECKING:
    from analysis.studies.arrivals.settings import SkySettings

__all__ = ["DRAWING", "PLANNING", "describe", "generate"]

# random numbers of each have streams of their own
PLANNING, DRAWING = 1, 2


def generate(identity: NDArray[np.uint64], settings: SkySettings) -> ak.Array:
    """Plan skies of some identities.

    Args:
        identity: (n,).
        settings: of the data set.

    Returns:
        Records with ``identity``; ``fraction``, the share of events that come from sources; ``field``, times the model.
    """
    identity = np.asarray(identity, dtype=np.uint64)
    uniform = np.array([generator(one, PLANNING).random(2) for one in identity]).reshape(-1, 2)
    grid = np.asarray(settings.fractions)
    between = grid[0] + uniform[:, 0] * (grid[-1] - grid[0])
    fraction = between if settings.between else _chosen(grid, uniform[:, 0])
    return ak.zip({"identity": identity, "fraction": fraction, "field": _chosen(settings.fields, uniform[:, 1])})


def _chosen(among: Sequence[float] | NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(among)[np.minimum((uniform * len(among)).astype(int), len(among) - 1)]


def describe(truth: ak.Array, settings: SkySettings) -> ak.Array:
    """Say of each sky how it is to be drawn: the settings of its data set beside its own fraction.

    Args:
        truth: of :func:`generate`.
        settings: of the data set.

    Returns:
        Records with ``identity``, ``fraction``, ``field``, ``turbulence`` (degrees), ``radius`` (degrees),
        ``catalogue`` (its number) and ``abundances`` (a list).
    """
    from analysis.studies.arrivals.settings import CATALOGUES

    one = np.ones(len(truth))
    return ak.zip(
        {
            "identity": truth.identity,
            "fraction": truth.fraction,
            "field": truth.field,
            "turbulence": settings.turbulence * one,
            "radius": settings.radius * one,
            "catalogue": np.full(len(truth), CATALOGUES.index(settings.catalogue), dtype=np.int64),
            **{f"abundance_{number}": share * one for number, share in enumerate(settings.abundances)},
        }
    )
