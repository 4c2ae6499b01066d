"""The larger catalogue of starburst galaxies, which comes as a file inside a package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.studies.arrivals.sky.directions import Vectors, unit_vectors

__all__ = ["arrival_energies", "read_galaxies"]

Array = NDArray[np.float64]

# right ascension, declination (degrees), distance (Mpc), flux at 1.4 GHz (Jy); the first line names the columns
_COLUMNS = (4, 5, 8, 10)


def read_galaxies(publications: Mapping[str, Mapping[str, Path]]) -> tuple[Vectors, Array, Array]:
    """Read the 44 starburst galaxies of the published analysis.

    Args:
        publications: local paths by publication and file name.

    Returns:
        Unit vectors (s, 3), equatorial; distances (s,) in Mpc; fluxes (s,) in Jy.

    Raises:
        DataError: the file is not the catalogue.
    """
    path = publications["starburst_galaxies"]["Lunardini_SBG_catalog.dat"]
    try:
        found = np.loadtxt(path, skiprows=1, usecols=_COLUMNS, ndmin=2)
    except ValueError as error:
        raise DataError(f"{path.name}: {error}", cure="install astrotools again") from error
    right_ascension, declination, distance, flux = found.T
    return unit_vectors(np.radians(right_ascension), np.radians(declination)), distance, flux


def arrival_energies(distance: Array, known_distance: Array, known: Array) -> Array:
    """Interpolate the energies that protons arrive with, in the distance of their sources.

    Args:
        distance: (s,) in Mpc.
        known_distance: (k,) of sources with tables.
        known: (k, e) EeV of these.

    Returns:
        (s, e) EeV.
    """
    order = np.argsort(known_distance, kind="stable")
    return np.stack([np.interp(distance, known_distance[order], one) for one in known[order].T], axis=1)
