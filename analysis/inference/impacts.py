"""Impacts of parameters on each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.conditional import Fitted

__all__ = ["Impacts", "impacts"]


@dataclass(frozen=True, eq=False)
class Impacts:
    """Changes of the best values of p parameters when one of m is held away from its best value.

    Args:
        names: of the m parameters that are held.
        down: changes when it is held one post-fit uncertainty below its best value (or at its bound), (m, p).
        up: the same above, (m, p).
    """

    names: tuple[str, ...]
    down: NDArray[np.float64]
    up: NDArray[np.float64]


def impacts(fitted: Fitted) -> Impacts:
    """Impacts of all free parameters, each by two fits of all others.

    A parameter that no uncertainty is known of, because it is at its bound, has no impact.

    Raises:
        FitError: a fit did not converge.
    """
    held = np.flatnonzero(fitted.free & (fitted.uncertainties > 0))
    places = np.stack([fitted.values - fitted.uncertainties, fitted.values + fitted.uncertainties])[:, held]
    places = np.clip(places, fitted.lower[held], fitted.upper[held])
    found = fitted.hold(np.tile(held, 2), places.reshape(-1), nearby=True)
    change = (found.values - fitted.values).reshape(2, len(held), len(fitted.names))
    return Impacts(tuple(fitted.names[index] for index in held), change[0], change[1])
