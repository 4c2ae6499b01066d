"""References between objects: an index of one collection becomes the object of another that it points to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError

__all__ = ["Reference", "event_named", "follow", "lists_of", "nano_references"]

_INDEX = re.compile(r"([^_]+)_([A-Za-z]\w*?)Idx(\w*)")
# particle-flow tables, whose indices are called after another collection than they point to
_OTHER_TARGETS = {
    **dict.fromkeys(("FatJetPFCands_jetIdx", "FatJetSVs_jetIdx"), "FatJet"),
    **dict.fromkeys(("GenFatJetCands_jetIdx", "GenFatJetSVs_jetIdx"), "GenJetAK8"),
    **dict.fromkeys(("GenJetCands_jetIdx", "GenJetSVs_jetIdx"), "GenJet"),
    **dict.fromkeys(("GenFatJetCands_pFCandsIdx", "GenJetCands_pFCandsIdx"), "GenCands"),
}
# these point into GenPart or into GenVisTau (CMSSW, PhysicsTools/NanoAOD, CandMCMatchTableProducer): nothing to follow
_OF_TWO_TARGETS = {"Tau_genPartIdx", "boostedTau_genPartIdx"}


@dataclass(frozen=True)
class Reference:
    """An index that points from one collection to another.

    Args:
        index: the flat branch, such as ``"Muon_jetIdx"``; -1 points nowhere.
        target: the collection that it points to, such as ``"Jet"``.
        name: of the field that it becomes, such as ``"jet"``.
    """

    index: str
    target: str
    name: str


def nano_references(fields: Iterable[str], collections: Iterable[str]) -> tuple[Reference, ...]:
    """References by NanoAOD's naming: ``Muon_jetIdx`` points to ``Jet`` and becomes ``Muon.jet``.

    ``GenPart_genPartIdxMother`` becomes ``GenPart.parent``, ``FatJet_subJetIdx1`` becomes ``FatJet.subJet1``. An index
    whose collection is not there is left as the number that it is, and so is ``Tau_genPartIdx``: it points into
    ``GenVisTau`` for most taus that decay hadronically (``genPartFlav`` 5), into ``GenPart`` otherwise.

    Args:
        fields: names of the flat branches.
        collections: names of the collections that have several objects an event.

    Examples:
        >>> nano_references(["Muon_jetIdx", "Muon_photonIdx"], ["Muon", "Jet"])
        (Reference(index='Muon_jetIdx', target='Jet', name='jet'),)
    """
    known = {name.lower(): name for name in collections}
    found = []
    for field in fields:
        match = _INDEX.fullmatch(field)
        if match is None or field in _OF_TWO_TARGETS:
            continue
        _, what, suffix = match.groups()
        target = known.get(_OTHER_TARGETS.get(field, what).lower())
        if target:
            found.append(Reference(field, target, "parent" if suffix == "Mother" else what + suffix))
    return tuple(found)


def follow(
    index: ak.Array, targets: ak.Array, *, name: str = "the index", identity: NDArray[np.uint64] | None = None
) -> ak.Array:
    """Objects that indices point to; None where an index is -1 or missing.

    Args:
        index: whole numbers, one or a list of them for each of n events; positions in the event's list of targets.
        targets: lists of objects of the same n events, none left out before.
        name: of the index, for messages.
        identity: of the events (n,), for messages.

    Raises:
        DataError: an index lies outside of its event's list, is no whole number, or the events are not as many.

    Examples:
        >>> jets = ak.Array([[{"pt": 50.0}, {"pt": 40.0}], [{"pt": 30.0}]])
        >>> follow(ak.Array([[1, -1], [0]]), jets).pt.to_list()
        [[40.0, None], [30.0]]
    """
    if len(index) != len(targets):
        raise DataError(f"{name} is there for {len(index)} events, what it points to for {len(targets)}")
    there, content = lists_of(targets, f"what {name} points to", identity)
    offsets = None
    if index.ndim > 1:
        offsets, layout = lists_of(index, name, identity)
        events = np.repeat(np.arange(len(index)), np.diff(offsets))
    else:
        layout, events = index.layout, np.arange(len(index))
    numbers = _whole_numbers(layout, name)
    wrong = np.flatnonzero((numbers < -1) | (numbers >= np.diff(there)[events]))
    if wrong.size:
        row = int(events[wrong[0]])
        raise DataError(
            f"{name} is {numbers[wrong[0]]} in {event_named(row, identity)}, where it can point to "
            f"{there[row + 1] - there[row]} objects; {wrong.size} of {len(numbers)} are so",
            cure="use lists from which nothing was left out before, and leave out this reference if the file is so",
        )
    places = np.where(numbers < 0, -1, there[events] + numbers)
    found = ak.contents.IndexedOptionArray.simplified(ak.index.Index64(places), content)
    if offsets is not None:
        found = ak.contents.ListOffsetArray(ak.index.Index64(offsets), found)
    return ak.Array(found, behavior=targets.behavior)


def lists_of(
    array: ak.Array, name: str, identity: NDArray[np.uint64] | None = None
) -> tuple[NDArray[np.int64], ak.contents.Content]:
    """Offsets of the lists of n events, (n + 1,), and their content, one list after the other.

    Args:
        array: one list an event.
        name: of the field, for messages.
        identity: of the events (n,), for messages.

    Raises:
        DataError: it holds no lists, or a list is missing.
    """
    layout: Any = array.layout
    while layout.is_indexed and not layout.is_option:
        layout = layout.project()
    if layout.is_option:
        if (missing := np.flatnonzero(layout.mask_as_bool(valid_when=False))).size:
            raise DataError(
                f"{name} is missing in {event_named(int(missing[0]), identity)}, and in {missing.size} events in all",
                cure="an event that has no object has an empty list: ak.fill_none(values, [], axis=0)",
            )
        layout = layout.project()
    if not layout.is_list:
        raise DataError(f"{name} is {ak.type(layout)}, not a list for each event")
    lists = layout.to_ListOffsetArray64(True)
    offsets = np.asarray(lists.offsets.data)
    return offsets, lists.content[: offsets[-1]]


def event_named(row: int, identity: NDArray[np.uint64] | None) -> str:
    """An event as messages call it."""
    return f"event {row}" + ("" if identity is None else f" (identity {identity[row]})")


def _whole_numbers(layout: ak.contents.Content, name: str) -> NDArray[np.int64]:
    """Indices as they are, -1 for those that are missing."""
    kind: Any = layout.form.type
    number = kind.content if isinstance(kind, ak.types.OptionType) else kind
    if len(layout) and not getattr(number, "primitive", "").startswith(("int", "uint")):
        raise DataError(f"{name} is {kind}, not whole numbers", cure="give the branch that holds positions in a list")
    return np.asarray(ak.to_numpy(ak.fill_none(ak.values_astype(ak.Array(layout), np.int64), -1))).astype(np.int64)
