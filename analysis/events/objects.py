"""Objects from flat branches: ``nMuon`` and ``Muon_pt`` become ``events.Muon.pt``, with vectors and references."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.checking.names import did_you_mean
from analysis.errors import DataError, StudyError
from analysis.events.columns import presence, values
from analysis.events.momenta import as_momenta, momentum_name
from analysis.events.references import Reference, event_named, follow, lists_of, nano_references

__all__ = ["objects"]


@dataclass(frozen=True)
class _Group:
    """Branches of one name: ``fields`` by what follows ``NAME_``; one entry an event, or lists with these offsets."""

    fields: dict[str, ak.contents.Content]
    length: int
    offsets: NDArray[np.int64] | None = None

    def layout(self) -> ak.contents.Content:
        length = self.length if self.offsets is None else int(self.offsets[-1])
        record = as_momenta(ak.contents.RecordArray(list(self.fields.values()), list(self.fields), length=length))
        return record if self.offsets is None else ak.contents.ListOffsetArray(ak.index.Index64(self.offsets), record)


def objects(
    events: ak.Array,
    *,
    collections: Sequence[str] | None = None,
    references: Sequence[Reference] | None = None,
    massless: Collection[str] = ("Photon", "FsrPhoton"),
) -> ak.Array:
    """Make objects of flat branches, by the naming of CMS's NanoAOD.

    - ``nMuon``, ``Muon_pt``, ``Muon_eta``, ... become ``events.Muon``: lists of records, with or without ``nMuon``.
      With pt, eta, phi and mass they are vectors (``Momentum4D`` of the package vector), without mass ``Momentum3D``;
      their coordinates are float64 then, as the mass of a fast pair is wrong by several per cent in single precision.
    - ``MET_pt``, ``MET_phi`` become ``events.MET``, one record an event (``Momentum2D``), and ``HLT_IsoMu24`` becomes
      ``events.HLT.IsoMu24``: branches of one number whose name begins with a capital letter and has an underscore.
    - Indices become what they point to: ``events.Muon.jet``, None where ``Muon_jetIdx`` is -1. What is found so has no
      references itself; :func:`~analysis.events.references.follow` goes on.
    - All else stays: ``identity``, ``run``, ``genWeight``.

    Args:
        events: flat branches, a record array of n events from which no object was left out before.
        collections: names before the underscore that objects are made of; ``None`` for all.
        references: which indices are followed; ``None`` for those of NanoAOD's naming
            (:func:`~analysis.events.references.nano_references`) whose collections are there.
        massless: collections that get ``mass`` 0 if they have no mass, so that they can be added to others.

    Returns:
        The same n events.

    Raises:
        DataError: a list is not as long as ``nMuon`` says or as the others; an index points outside; two fields would
            have one name; the message names the branch and the event.
        StudyError: collections or branches that are named do not exist.

    Examples:
        >>> raw = ak.Array({"nMuon": [2, 0], "Muon_pt": [[40.0, 30.0], []], "Muon_charge": [[1, -1], []]})
        >>> objects(raw).Muon.charge.to_list()
        [[1, -1], []]
    """
    identity = values(events, "identity") if "identity" in events.fields else None
    names = _names(events, collections)
    groups = {name: _group(events, name, fields, identity) for name, fields in names.items()}
    for name in groups:
        group = groups[name]
        if name in massless and momentum_name(group.fields) == "Momentum3D":
            groups[name] = replace(group, fields={**group.fields, "mass": _zeros(group)})
    linked = _with_references(events, groups, names, references, identity)
    contents: dict[str, ak.contents.Content] = {}
    first = {fields[0]: name for name, fields in names.items()}
    gone = {field for fields in names.values() for field in fields}
    gone |= {f"n{name}" for name, group in groups.items() if group.offsets is not None}
    for field in events.fields:
        if field in first:
            contents[first[field]] = linked[first[field]].layout()
        elif field not in gone:
            contents[field] = events[field].layout
    return ak.Array(
        ak.contents.RecordArray(list(contents.values()), list(contents), length=len(events)), behavior=events.behavior
    )


def _names(events: ak.Array, collections: Sequence[str] | None) -> dict[str, list[str]]:
    """The flat branches of each collection, in their order; a list that has no underscore is one of its own."""
    found: dict[str, list[str]] = {name: [] for name in collections or ()}
    for field in events.fields:
        if collections is None:
            name, _, part = field.partition("_")
            if name and part and (name[0].isupper() or f"n{name}" in events.fields or _is_list(events, field)):
                found.setdefault(name, []).append(field)
        else:
            for name in [name for name in collections if field.startswith(f"{name}_")]:
                found[name].append(field)
    for name, fields in found.items():
        if not fields:
            prefixes = sorted({field.partition("_")[0] for field in events.fields if "_" in field})
            raise StudyError(
                f"the events have no branch {name}_...{did_you_mean(name, prefixes)}",
                cure=f"branches with an underscore begin with: {', '.join(prefixes) or 'nothing'}",
            )
        if name in events.fields:
            raise DataError(
                f"the branch {name!r} has the name of the objects that {fields[0]!r} is part of",
                cure="say which objects are made (collections=...), or give the branch another name before",
            )
    return found


def _is_list(events: ak.Array, field: str) -> bool:
    kind = events[field].type.content
    kind = kind.content if isinstance(kind, ak.types.OptionType) else kind
    # texts are lists of characters, but one an event
    return isinstance(kind, ak.types.ListType | ak.types.RegularType) and "__array__" not in kind.parameters


def _group(events: ak.Array, name: str, fields: Sequence[str], identity: NDArray[np.uint64] | None) -> _Group:
    lists = [field for field in fields if _is_list(events, field)]
    contents: dict[str, ak.contents.Content] = {}
    if not lists:
        return _Group({field[len(name) + 1 :]: events[field].layout for field in fields}, len(events))
    if len(lists) < len(fields):
        single = next(field for field in fields if field not in lists)
        raise DataError(
            f"the branch {single!r} has one value an event, but {lists[0]!r} a list: they are not parts of one object",
            cure="say which objects are made (collections=...), or give the branch a name without underscore before",
        )
    counter = f"n{name}" if f"n{name}" in events.fields else None
    offsets: NDArray[np.int64] | None = None if counter is None else _counted(events, counter)
    for field in lists:
        found, contents[field[len(name) + 1 :]] = lists_of(events[field], f"the branch {field!r}", identity)
        if offsets is None:
            offsets, counter = found, field
        elif not np.array_equal(found, offsets):
            row = int(np.flatnonzero(np.diff(found) != np.diff(offsets))[0])
            told = f"{counter!r} {'says' if counter == f'n{name}' else 'has'} {np.diff(offsets)[row]}"
            raise DataError(
                f"the branch {field!r} has {np.diff(found)[row]} values in {event_named(row, identity)}, but {told}",
                cure="give branches as they are in the file, with no cut on one alone, or say which objects are made "
                "(collections=...)",
            )
    return _Group(contents, len(events), offsets)


def _counted(events: ak.Array, counter: str) -> NDArray[np.int64]:
    there = presence(events, counter)
    if there is not None and not there.all():
        raise DataError(f"the number {counter!r} is missing in event {int(np.flatnonzero(~there)[0])}")
    return np.concatenate([[0], np.cumsum(values(events, counter), dtype=np.int64)])


def _zeros(group: _Group) -> ak.contents.Content:
    return ak.contents.NumpyArray(np.zeros(len(group.fields["pt"])))


def _with_references(
    events: ak.Array,
    groups: dict[str, _Group],
    names: dict[str, list[str]],
    references: Sequence[Reference] | None,
    identity: NDArray[np.uint64] | None,
) -> dict[str, _Group]:
    several = [name for name, group in groups.items() if group.offsets is not None]
    owners = {field: name for name, fields in names.items() for field in fields}
    if references is None:
        references = [one for one in nano_references(owners, several) if _follows(events, one.index)]
    linked = dict(groups)
    for reference in references:
        if reference.index not in owners:
            raise StudyError(
                f"the reference {reference.name!r} names the branch {reference.index!r}, which belongs to no object"
                f"{did_you_mean(reference.index, owners)}",
                cure="name a flat branch of a collection, such as 'Muon_jetIdx'",
            )
        if reference.target not in several:
            raise StudyError(
                f"the reference {reference.index!r} points to {reference.target!r}, which is no collection"
                f"{did_you_mean(reference.target, several)}",
                cure=f"use one of: {', '.join(several) or 'there is none'}",
            )
        owner = owners[reference.index]
        if reference.name in linked[owner].fields:
            raise DataError(
                f"the reference {reference.index!r} would be the field {reference.name!r} of {owner}, which exists",
                cure="say which references are followed, each with its name: references=(Reference(...),)",
            )
        found = follow(
            events[reference.index],
            ak.Array(groups[reference.target].layout()),
            name=f"the branch {reference.index!r}",
            identity=identity,
        )
        content = found.layout if linked[owner].offsets is None else lists_of(found, reference.index)[1]
        linked[owner] = replace(linked[owner], fields={**linked[owner].fields, reference.name: content})
    return linked


def _follows(events: ak.Array, field: str) -> bool:
    """Whether a branch is one index an object; lists of them are for the study to say something about."""
    kind: Any = events[field].type.content
    kind = kind.content if _is_list(events, field) and isinstance(kind, ak.types.OptionType) else kind
    kind = kind.content if _is_list(events, field) else kind
    return isinstance(kind, ak.types.NumpyType) and kind.primitive.startswith(("int", "uint"))
