"""Momenta: records with pt, eta, phi and mass, or other coordinates, get the behaviour of vectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import awkward as ak
import numpy as np
import vector

from analysis.errors import StudyError

__all__ = ["as_momenta", "momentum_name", "with_momenta"]

# whoever imports this module can compute with records of these names
vector.register_awkward()

_TRANSVERSE = (frozenset({"pt", "phi"}), frozenset({"px", "py"}))
_LONGITUDINAL = frozenset({"eta", "theta", "pz"})
_TEMPORAL = frozenset({"mass", "M", "m", "energy", "E", "e"})
_COORDINATES = frozenset[str]().union(*_TRANSVERSE, _LONGITUDINAL, _TEMPORAL)
# vector would take these as coordinates, and a vertex has them beside its momentum
_OF_PLACES = frozenset({"x", "y", "z", "t", "rho", "tau"})


def momentum_name(fields: Iterable[str]) -> str:
    """Name of the vectors that records with these fields are; an empty text if they are none.

    A record whose coordinates could be read in two ways (a vertex with x, y, z and pt, eta, phi; mass beside energy) is
    none, because one of them would be taken silently.

    Examples:
        >>> momentum_name(["pt", "eta", "phi", "mass", "charge"])
        'Momentum4D'
        >>> momentum_name(["pt", "phi", "sumEt"]), momentum_name(["x", "y", "z", "pt", "eta", "phi", "mass"])
        ('Momentum2D', '')
    """
    known = frozenset(fields)
    transverse = [pair for pair in _TRANSVERSE if pair & known]
    longitudinal, temporal = known & _LONGITUDINAL, known & _TEMPORAL
    if len(transverse) != 1 or not transverse[0] <= known or known & _OF_PLACES:
        return ""
    if len(longitudinal) > 1 or len(temporal) > 1:
        return ""
    if not longitudinal:
        # a mass beside a missing transverse momentum is none of a vector in two dimensions
        return "Momentum2D"
    return "Momentum4D" if temporal else "Momentum3D"


def as_momenta(record: Any) -> Any:
    """A record of an awkward layout as a momentum, its coordinates in double precision; itself, if it is none."""
    name = momentum_name(record.fields)
    if not name:
        return record
    contents = [
        ak.values_astype(content, np.float64, highlevel=False) if field in _COORDINATES else content
        for field, content in zip(record.fields, record.contents, strict=True)
    ]
    parameters = {**record.parameters, "__record__": name}
    return ak.contents.RecordArray(contents, record.fields, length=record.length, parameters=parameters)


def with_momenta(records: ak.Array) -> ak.Array:
    """Give records the behaviour of momenta: sums, ``mass``, ``deltaR``, boosts, as the package vector has them.

    Coordinates are float64 then, whatever they were: in single precision, the mass of a fast pair is wrong by several
    per cent, as it is the difference of two large squares.

    Args:
        records: with the fields pt, phi (two dimensions), and eta (three), and mass or energy (four); or px, py, pz.
            Further fields stay; a sum of two has the coordinates alone.

    Raises:
        StudyError: the records have no such fields, or more than one set of coordinates.

    Examples:
        >>> muons = with_momenta(ak.Array([[{"pt": 45.0, "eta": 0.0, "phi": 0.0, "mass": 0.0},
        ...                                 {"pt": 45.0, "eta": 0.0, "phi": 3.141592653589793, "mass": 0.0}]]))
        >>> (muons[:, 0] + muons[:, 1]).mass.to_list()
        [90.0]
    """
    if not momentum_name(ak.fields(records)):
        raise StudyError(
            f"records with the fields {', '.join(ak.fields(records)) or 'none at all'} have not one set of coordinates "
            "of a momentum",
            cure="choose one: with_momenta(records[['pt', 'eta', 'phi', 'mass']])",
        )
    return ak.transform(lambda layout, **_: as_momenta(layout) if layout.is_record else None, records)
