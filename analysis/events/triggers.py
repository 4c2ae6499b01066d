"""Triggers: events that fired a trigger path, and bits of packed numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.checking.names import did_you_mean
from analysis.errors import DataError, StudyError
from analysis.events.columns import presence, values

__all__ = ["fired", "trigger_bit"]


def fired(events: ak.Array, *paths: str, absent: Collection[str] = ()) -> NDArray[np.bool_]:
    """Select the events that fired at least one of some trigger paths.

    Args:
        events: n events with a branch for each path, flat (``HLT_IsoMu24``) or as ``events.HLT.IsoMu24``.
        paths: such as ``"HLT_IsoMu24"``; ``*`` stands for any text, as in ``"HLT_IsoMu24_v*"``.
        absent: those of the paths that events need not have, because the menu of their run has no such path: it did not
            fire there.

    Returns:
        Shape (n,).

    Raises:
        StudyError: no path is given; one does not exist and is not said to be absent (with the nearest that does); one
            that is said to be absent is none of the paths.
        DataError: a branch holds something else than true and false, or a value is missing.

    Examples:
        >>> events = ak.Array({"HLT_IsoMu24": [True, False, False], "HLT_Mu50": [False, True, False]})
        >>> fired(events, "HLT_IsoMu24", "HLT_Mu50", "HLT_TkMu100", absent=["HLT_TkMu100"])
        array([ True,  True, False])
    """
    if not paths or isinstance(absent, str):
        raise StudyError(
            "fired needs the names of trigger paths", cure='fired(events, "HLT_A", "HLT_B", absent=["HLT_B"])'
        )
    if unknown := [path for path in absent if path not in paths]:
        raise StudyError(
            f"{unknown[0]!r} is said to be absent, but is none of the paths{did_you_mean(unknown[0], paths)}",
            cure=f"the paths are: {', '.join(paths)}",
        )
    known = _known(events)
    selected = np.zeros(len(events), dtype=np.bool_)
    for path in paths:
        matching = [name for name in known if fnmatchcase(name, path)]
        if not matching and path not in absent:
            near = did_you_mean(path.replace("*", ""), known)
            raise StudyError(
                f"the events have no trigger path {path!r}{near}",
                cure=f"correct the name, read its branch, or say absent=[{path!r}]: without a branch, it did not fire",
            )
        for name in matching:
            selected |= _bits(known[name], name, path in absent)
    return selected


def trigger_bit(packed: ak.Array | NDArray[Any], bit: int) -> Any:
    """Whether one bit is set in packed whole numbers, such as ``TrigObj_filterBits``.

    Args:
        packed: whole numbers, in lists or not.
        bit: its number, from 0.

    Returns:
        Truth values in the shape of ``packed``.

    Raises:
        StudyError: the numbers have no such bit, or are no whole numbers.

    Examples:
        >>> trigger_bit(ak.Array([[1, 2], [], [3]]), 1).to_list()
        [[False, True], [], [True]]
    """
    flat = np.asarray(ak.to_numpy(ak.drop_none(ak.flatten(packed, axis=None))))
    if not flat.size:  # no events are of no kind
        packed, flat = ak.values_astype(packed, np.int64, including_unknown=True), flat.astype(np.int64)
    if flat.dtype.kind not in "iu":
        raise StudyError(f"bits of {flat.dtype} are asked for", cure="give packed whole numbers")
    if isinstance(bit, bool) or not 0 <= bit < 8 * flat.dtype.itemsize:
        raise StudyError(
            f"numbers of {8 * flat.dtype.itemsize} bits have no bit {bit}",
            cure="count bits from 0: the value 2 is bit 1, 8 is bit 3",
        )
    return (packed >> bit) & 1 == 1


def _known(events: ak.Array) -> dict[str, tuple[ak.Array, str]]:
    """Find the array of records and the field of each path, by its full name."""
    known: dict[str, tuple[ak.Array, str]] = {}
    for name in events.fields:
        parts: Sequence[str] = ak.fields(events[name]) if events[name].ndim == 1 else ()
        known |= {f"{name}_{part}": (events[name], part) for part in parts} if parts else {name: (events, name)}
    return known


def _bits(place: tuple[ak.Array, str], name: str, may_be_absent: bool) -> NDArray[np.bool_]:
    bits, there = values(*place), presence(*place)
    if there is not None:
        if not may_be_absent and not there.all():
            raise DataError(
                f"the trigger path {name!r} is missing in {int((~there).sum())} of {len(bits)} events",
                cure=f"say absent=[{name!r}] if it did not fire where the menu has no such path",
            )
        bits = np.where(there, bits, np.zeros((), bits.dtype))
    if bits.dtype.kind not in "biu" or (bits.dtype.kind != "b" and ((bits != 0) & (bits != 1)).any()):
        raise DataError(
            f"the trigger path {name!r} holds {bits.dtype}, not true and false",
            cure="of packed numbers, take a bit: trigger_bit(values, 3)",
        )
    return bits != 0
