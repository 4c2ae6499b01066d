"""Extragalactic sources of rotation measures: each once, whatever number of catalogues have it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.settings import SourceSettings
from analysis.studies.faraday.sphere import directions, linked

__all__ = ["resolve", "years"]


def years(catalogues: NDArray) -> NDArray:
    """Years of publication of catalogues, which their names end with, shape (n,).

    Examples:
        >>> years(np.array(["Broten88", "Mao2012a", "Riseley2020_EGS"])).tolist()
        [1988, 2012, 2020]
    """
    found = []
    for name in catalogues:
        digits = "".join(character for character in str(name).partition("_")[0] if character.isdigit())
        year = int(digits)
        found.append(year if year > 100 else 1900 + year if year > 50 else 2000 + year)
    return np.array(found, dtype=np.int64)


def resolve(raw: Any, settings: SourceSettings) -> dict[str, NDArray]:
    """Select measurements of extragalactic sources and keep one a source.

    Left out are sources within the Galaxy, such as pulsars, and measurements without an uncertainty. Measurements are
    of one source if they are linked by steps of no more than ``settings.link`` between catalogues, or
    ``settings.components`` within one. Of one source the measurement with the smallest uncertainty is kept, but no
    uncertainty counts for less than ``settings.floor``; of equal ones the latest catalogue's, and then the first row.

    Args:
        raw: measurements by data set, with the fields of :func:`analysis.studies.faraday.reading.read`.
        settings: rule.

    Returns:
        Arrays with one value a source: ``longitude`` and ``latitude`` in degrees, ``rm`` and ``uncertainty`` in rad/m2,
        ``catalogue`` (number of the catalogue in alphabetical order), ``measurements`` (how many the source has),
        ``spread`` (standard deviation of these in rad/m2) and ``identity`` of the measurement that is kept. And
        ``rows`` and ``used``: by catalogue, its measurements and those that are kept.
    """
    (table,) = raw.values()
    names = np.asarray(table.catalogue).astype(str)
    catalogues, number = np.unique(names, return_inverse=True)
    uncertainty = np.asarray(table.uncertainty)
    good = np.flatnonzero((uncertainty > 0) & ~np.asarray(table.galactic) & np.isfinite(np.asarray(table.rm)))
    longitude, latitude = np.asarray(table.longitude)[good], np.asarray(table.latitude)[good]
    group = linked(directions(longitude, latitude), settings.link, number[good], settings.components)
    quality = np.maximum(uncertainty[good], settings.floor)
    # of one source, the first one is the best
    order = np.lexsort((good, -years(catalogues)[number[good]], quality, group))
    groups, first, count = np.unique(group[order], return_index=True, return_counts=True)
    rm = np.asarray(table.rm)[good]
    mean = np.bincount(group, rm) / np.bincount(group)
    square = np.bincount(group, (rm - mean[group]) ** 2) / np.maximum(np.bincount(group) - 1, 1)
    best = order[first]
    rows = np.argsort(good[best], kind="stable")
    best, count, groups = best[rows], count[rows], groups[rows]
    found = {
        "longitude": longitude[best],
        "latitude": latitude[best],
        "rm": rm[best],
        "uncertainty": uncertainty[good][best],
        "catalogue": number[good][best].astype(np.int64),
        "measurements": count.astype(np.int64),
        "spread": np.sqrt(square[groups]),
        "identity": np.asarray(table.identity)[good][best].astype(np.uint64),
    }
    found["rows"] = np.bincount(number, minlength=len(catalogues)).astype(np.int64)
    found["used"] = np.bincount(found["catalogue"], minlength=len(catalogues)).astype(np.int64)
    return found
