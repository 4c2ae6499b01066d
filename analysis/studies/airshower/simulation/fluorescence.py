"""Measurement of X_max by fluorescence telescopes: the true depth with the published resolution, and nothing more."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.events.noise import generator
from analysis.studies.airshower.simulation.randomness import FLUORESCENCE

__all__ = ["depth_resolution", "measured_depth"]

# log10(E/eV) at which the resolution is given
_ENERGIES = (18.5, 19.5)


def depth_resolution(log10_energy: ArrayLike, resolution: tuple[float, float]) -> NDArray[np.float64]:
    """Resolution of X_max in g/cm2 at an energy: a straight line in log10(E/eV), constant beyond its ends.

    Args:
        log10_energy: any shape.
        resolution: at 10^18.5 eV and at 10^19.5 eV, in g/cm2.

    Examples:
        >>> depth_resolution([18.0, 19.0], (20.0, 15.0)).tolist()
        [20.0, 17.5]
    """
    return np.interp(np.asarray(log10_energy, np.float64), _ENERGIES, resolution)


def measured_depth(
    identity: NDArray[np.uint64],
    energy: NDArray[np.float64],
    xmax: NDArray[np.float64],
    resolution: tuple[float, float],
) -> NDArray[np.float64]:
    """X_max as telescopes would measure it, in g/cm2: normally distributed about the true one.

    A simplification: telescopes see every X_max alike. Real ones have a limited field of view, which the Observatory
    cuts on until the acceptance is flat but for tails (PRD 90 (2014) 122005).

    Args:
        identity: of n events, which decide the random numbers.
        energy: in eV.
        xmax: in g/cm2.
        resolution: as in :func:`depth_resolution`.
    """
    deviate = np.array([generator(one, FLUORESCENCE).standard_normal() for one in identity], dtype=np.float64)
    return xmax + depth_resolution(np.log10(energy), resolution) * deviate
