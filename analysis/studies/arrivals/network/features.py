"""Features of a sky for the network: its events as nodes of a graph on the sphere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.studies.arrivals.sky.directions import Vectors

if TYPE_CHECKING:
    from analysis.studies.arrivals.network.settings import NetworkSettings

__all__ = ["GraphFeatures"]

# in EeV: about where the middle of the logarithms lies
_ENERGY = 60.0
# keeps logarithms of densities far from all sources finite
_FLOOR = 1e-2


class GraphFeatures:
    """Features and neighbours of the events above an energy.

    Args:
        observatory: arrays of :func:`analysis.studies.arrivals.sky.observatory.describe`.
        hypotheses: arrays of :func:`analysis.studies.arrivals.sources.hypotheses.prepare`.
        settings: of the network.

    Raises:
        StudyError: the hypotheses have no such energy or radius.
    """

    def __init__(
        self,
        observatory: Mapping[str, NDArray[np.float64]],
        hypotheses: Mapping[str, NDArray[np.float64]],
        settings: NetworkSettings,
    ) -> None:
        row = _places("energies", hypotheses["thresholds"], (settings.energy,))[0]
        columns = _places("radii", hypotheses["radii"], settings.radii)
        maps = hypotheses[f"{settings.catalogue}_ratios"][row, columns]
        self._maps = np.log(maps.T.astype(np.float64) + _FLOOR)
        self._nside = round(np.sqrt(len(self._maps) / 12))
        self.number = int(np.sum(observatory["energy"] >= settings.energy))
        self._energy = np.log(observatory["energy"][: self.number] / _ENERGY)
        self._neighbours = min(settings.neighbours, self.number - 1)

    @property
    def width(self) -> int:
        """Number of features of an event."""
        return 4 + self._maps.shape[1]

    def __call__(self, directions: Vectors) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Describe a sky.

        Args:
            directions: unit vectors (n, 3) of all events, in the order of falling energy.

        Returns:
            Features (p, f) of the p events above the energy: direction (equatorial unit vector), logarithm of the
            energy, logarithms of the catalogue's density over isotropy; and numbers (p, k) of their nearest neighbours.
        """
        from healpy import vec2pix
        from scipy.spatial import cKDTree

        own = directions[: self.number]
        features = np.concatenate([own, self._energy[:, None], self._maps[vec2pix(self._nside, *own.T)]], axis=1)
        # chords grow with angles; the nearest of all is the event itself
        _, near = cKDTree(own).query(own, k=self._neighbours + 1)
        return features.astype(np.float32), near[:, 1:].astype(np.int32)


def _places(what: str, there: NDArray[np.float64], wanted: tuple[float, ...]) -> list[int]:
    known = there.tolist()
    if lacking := [one for one in wanted if one not in known]:
        raise StudyError(
            f"the network is to use {what} of {', '.join(map(str, lacking))}, which the hypotheses do not have",
            cure=f"use some of: {', '.join(map(str, known))}; or change those of the stage hypotheses",
        )
    return [known.index(one) for one in wanted]
