"""The public event list of the Pierre Auger Observatory: a text file with a line an event."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis.readers.data_file import DataFile

__all__ = ["read"]

_HEADER = "#Yr JD UTC Th Ph RA Dec E Expo"
# as the columns follow each other in the file; the directions of the shower axis are of no use here
_COLUMNS = ("year", "day", "time", "zenith", "azimuth", "right_ascension", "declination", "energy", "exposure")


def read(file: DataFile, start: int, stop: int) -> dict[str, NDArray[np.float64]]:
    """Read events.

    Args:
        file: with one line of names, and nine numbers in each line that follows.
        start: first event.
        stop: event after the last one.

    Returns:
        ``year``, ``day`` (of the year), ``time`` (s, UTC), ``zenith``, ``azimuth``, ``right_ascension``,
        ``declination`` (degrees), ``energy`` (EeV) and ``exposure`` (km2 sr yr, accumulated until then).

    Raises:
        DataError: the first line has other names, a line has other than nine numbers, or there are too few.
    """
    text = file.read().decode("ascii", errors="replace")
    header, _, lines = text.partition("\n")
    if " ".join(header.split()) != _HEADER:
        raise DataError(f"{file.name} begins with {header[:80]!r}, not with {_HEADER!r}", cure="fetch it again")
    try:
        found = np.loadtxt(io.StringIO(lines), ndmin=2)
    except ValueError as error:
        raise DataError(f"{file.name}: {error}", cure="fetch it again") from error
    if found.shape[1] != len(_COLUMNS) or len(found) < stop:
        raise DataError(
            f"{file.name} has {len(found)} lines of {found.shape[1]} numbers, not {stop} of {len(_COLUMNS)}",
            cure="fetch it again",
        )
    return {name: found[start:stop, number] for number, name in enumerate(_COLUMNS)}
