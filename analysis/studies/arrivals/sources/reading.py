"""Catalogues of candidate sources, and the energy losses on the way from them: groups of HDF5 files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.errors import DataError

if TYPE_CHECKING:
    import h5py

    from analysis.readers.data_file import DataFile

__all__ = ["read", "read_losses"]

# groups of the file in the order of settings.CATALOGUES, and what each calls the flux of a source
_GROUPS = (("SBG_23", "L"), ("swift_BAT_213", "F"), ("2FHL_250Mpc", "flux"))


def read(file: DataFile, start: int, stop: int) -> dict[str, Any]:
    """Read sources, those of all catalogues after each other.

    Fluxes are in the catalogue's own unit; shares of them are used alone. Those of starburst galaxies are radio fluxes
    at 1.4 GHz in Jy, although the file calls them L; of Swift-BAT 14 - 195 keV, of 2FHL above 50 GeV.

    Args:
        file: the catalogues.
        start: first source.
        stop: source after the last one.

    Returns:
        ``catalogue`` (its number), ``source`` (name), ``distance`` (Mpc), ``longitude``, ``latitude`` (degrees,
        Galactic) and ``flux``.

    Raises:
        DataError: the file is damaged, or lacks a catalogue.
    """
    columns: dict[str, list[Any]] = {}
    with _opened(file) as content:
        for number, (group, flux) in enumerate(_GROUPS):
            found = content[group]
            names = [one.decode() if isinstance(one, bytes) else str(one) for one in found["name"][:]]
            own: dict[str, Any] = {"catalogue": np.full(len(names), number), "source": names}
            for name, column in (("distance", "D"), ("longitude", "glon"), ("latitude", "glat"), ("flux", flux)):
                own[name] = found[column][:].astype(np.float64)
            for name, values in own.items():
                columns.setdefault(name, []).extend(values)
    # a list of NumPy's texts would be an array of characters
    return {name: ak.Array(values)[start:stop] for name, values in columns.items()}


def read_losses(file: DataFile, start: int, stop: int) -> dict[str, Any]:
    """Read which energy protons arrive with that sources emitted with another.

    Args:
        file: propagation tables of one catalogue (F. Capel and D. J. Mortlock, MNRAS 484 (2019) 2324).
        start: first source.
        stop: source after the last one.

    Returns:
        ``emitted_energy`` and ``arrival_energy``: lists of energies in EeV.

    Raises:
        DataError: the file is damaged, or has no such tables.
    """
    with _opened(file) as content:
        arriving = content["energy/Earr_grid"][start:stop].astype(np.float64)
        emitted = np.broadcast_to(content["energy/E_grid"][:].astype(np.float64), arriving.shape)
    return {"emitted_energy": np.ascontiguousarray(emitted), "arrival_energy": arriving}


@contextmanager
def _opened(file: DataFile) -> Iterator[h5py.File]:
    import h5py

    try:
        with h5py.File(file, "r") as content:
            yield content
    except (OSError, KeyError) as error:
        raise DataError(f"{file.name} is damaged or no such file: {error}", cure="fetch it again") from error
