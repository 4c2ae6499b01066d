"""Read catalogues of rotation measures in the RMTable format (Van Eck et al., ApJS 267 (2023) 28)."""

from __future__ import annotations

from typing import Any

__all__ = ["read"]

_GALACTIC = ("pulsar", "snr", "hii")
_NUMBERS = {"longitude": "l", "latitude": "b", "rm": "rm", "uncertainty": "rm_err"}


def read(file: Any, start: int, stop: int) -> dict[str, Any]:
    """Read rows of a catalogue by astropy.

    Tables of the catalogues differ in their names, their types and their further columns, which no schema of all fits.

    Args:
        file: FITS file, open for reading.
        start: first row.
        stop: row after the last one.

    Returns:
        Galactic ``longitude`` and ``latitude`` in degrees, ``rm`` and its ``uncertainty`` in rad/m2 (-1 where there is
        none), ``catalogue`` (name of the file), and ``galactic``, whether the catalogue calls the source a pulsar, a
        supernova remnant or an H II region, which lie within the Galaxy.

    Raises:
        DataError: the file is no FITS file or has no such table; the message names file, column and cure.
    """
    from io import BytesIO

    import numpy as np
    from astropy.io import fits

    from analysis.errors import DataError

    try:
        file.seek(0)
        # astropy closes what it has read
        with fits.open(BytesIO(file.read())) as parts:
            table = parts[1].data[start:stop]
            found = {name: np.asarray(table[column], dtype=np.float64) for name, column in _NUMBERS.items()}
            types = np.char.lower(np.char.strip(np.asarray(table["type"], dtype=str)))
    except (OSError, KeyError, IndexError, TypeError) as error:
        raise DataError(
            f"{file.file_name} is no catalogue of rotation measures: {error}",
            cure=f"it needs a table with the columns {', '.join(_NUMBERS.values())} and type: fetch the file again",
        ) from error
    known = np.isfinite(found["uncertainty"]) & (found["uncertainty"] > 0)
    found["uncertainty"] = np.where(known, found["uncertainty"], -1.0)
    name = file.file_name.rpartition(".")[0]
    return {**found, "catalogue": np.full(len(types), name), "galactic": np.isin(types, _GALACTIC)}
