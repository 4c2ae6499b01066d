"""Showers as variables of order one: the response, and the share of each cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Particles", "cells_of", "variables_of"]

Array = NDArray[np.float64]

# in MeV, four times the noise
_LEAST = -6.0


class Particles:
    """Energies, angles and kinds of n particles, before their showers.

    Args:
        energy: (n,) in GeV.
        angle: (n,) in degrees.
        photon: (n,) 1 or 0.
    """

    def __init__(self, energy: Array, angle: Array, photon: Array) -> None:
        self.energy = np.asarray(energy, np.float64)
        self.log_energy = np.log(self.energy / 5.0)
        self.inclination = np.asarray(angle, np.float64) / 10.0 - 1.0
        self.kind = 2.0 * np.asarray(photon, np.float64) - 1.0

    def features(self) -> NDArray[np.float32]:
        """As networks see them, of order one: (n, 3)."""
        return np.stack([self.log_energy, self.inclination, self.kind], axis=1).astype(np.float32)

    def terms(self, last: float) -> Array:
        """Terms of the polynomials that follow means and widths of variables, (n, p).

        Args:
            last: logarithm of the energy beyond which polynomials go on in straight lines.
        """
        inside, step = np.minimum(self.log_energy, last), 0.01
        terms, before = self._terms(inside), self._terms(np.full_like(inside, last - step))
        slope = (self._terms(np.full_like(inside, last)) - before) / step
        return terms + (self.log_energy - inside)[:, np.newaxis] * slope

    def _terms(self, e: Array) -> Array:
        a, k = self.inclination, self.kind
        one = np.ones(len(e))
        return np.stack([one, e, e**2, e**3, a, a**2, a**3, a**4, a * e, a * e**2, a**2 * e, k, k * e, k * a], axis=1)


def variables_of(cells: NDArray[np.float32], energy: Array, scale: float) -> Array:
    """Variables of n showers, (n, c + 1): sum over energy, and asinh(share of the sum / scale) of each cell.

    Args:
        cells: (n, c) in MeV.
        energy: of the particles, (n,), in GeV.
        scale: see :class:`analysis.studies.calorimeter.generation.settings.TemplateSettings`.
    """
    total = cells.sum(axis=1, dtype=np.float64)
    shares = np.arcsinh(cells / (scale * total[:, np.newaxis]))
    return np.concatenate([(total / (1000.0 * energy))[:, np.newaxis], shares], axis=1)


def cells_of(variables: Array, energy: Array, scale: float) -> NDArray[np.float32]:
    """Energies in the cells, (n, c) in MeV: the inverse of :func:`variables_of`.

    Shares are made to add up to 1. No cell has less than noise makes it.
    """
    total = (1000.0 * energy * variables[:, 0])[:, np.newaxis]
    found = np.maximum(scale * np.sinh(variables[:, 1:]) * total, _LEAST)
    cells: NDArray[np.float32] = (found * (total / found.sum(axis=1, keepdims=True))).astype(np.float32)
    return cells
