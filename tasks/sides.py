"""The two sides of a comparison: records that a key, a revision or the working tree means, and that are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.checking.names import did_you_mean
from analysis.errors import RecordError, StudyError
from analysis.provenance.dependencies import find_record
from analysis.provenance.inventory import StoredPlace, find_places, locations
from analysis.provenance.keys import KEY_LENGTH
from analysis.provenance.records import Record
from tasks.decided_places import decided_places
from tasks.finding import read_only, stores_to_read
from tasks.framework.at_revision import places_at, revision_named
from tasks.framework.settings import stores

__all__ = ["Side", "matched", "resolve"]

_HEXADECIMAL = re.compile(f"[0-9a-f]{{4,{KEY_LENGTH}}}")
_SHOWN = 10


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Args:
        short: its name, for figures.
        origin: where it comes from, in words.
        records: that are compared, by their series.
    """

    short: str
    origin: str
    records: Mapping[str, Sequence[Record]]


@dataclass(frozen=True)
class _Decided:
    """The keys that a revision, or the working tree, decides."""

    short: str
    origin: str
    places: Sequence[Mapping[str, Any]]
    before: str = ""
    after: str = ""


def resolve(names: tuple[str, str], of: str, options: Mapping[str, str]) -> tuple[Side, Side]:
    """Find what two names mean.

    Args:
        names: each a key or the beginning of one, a revision of git, or empty for the working tree.
        of: stage or task that is compared where no key says it.
        options: of the study, see :func:`tasks.decided_places.decided_places`.

    Raises:
        StudyError: a name means nothing, or several things; or both are not of the same task.
        RecordError: records are not there; the cure is the command that makes them.
        StoreError: a store cannot be reached.
    """
    keys = [_with_key(name) for name in names]
    known = [places[0] for places in keys if places]
    if len({one.task for one in known}) > 1:
        a, b = (f"{one.task} {one.series} {one.key}" for one in known)
        raise StudyError(f"--a is {a} and --b is {b}", cure="compare records of the same task")
    if len(known) < 2 and known and known[0].study != options["study"]:
        raise StudyError(
            f"the key {known[0].key} is of the study {known[0].study!r}", cure=f"say --study {known[0].study}"
        )
    found = []
    for name, places in zip(names, keys, strict=True):
        if places:
            found.append(_of_key(places))
        else:
            decided = _decide(name, options)
            found.append(_of_decided(decided, _wanted(decided, of, known)))
    return found[0], found[1]


def matched(a: Side, b: Side) -> list[tuple[Sequence[Record], Sequence[Record]]]:
    """Pairs of records to compare: those of the same series, or the only ones.

    Raises:
        StudyError: the two have no series in common.
    """
    if len(a.records) == len(b.records) == 1:
        return [(next(iter(a.records.values())), next(iter(b.records.values())))]
    common = [series for series in b.records if series in a.records]
    if not common:
        raise StudyError("a and b have no records of the same name", cure="name two keys: --a KEY --b KEY")
    return [(a.records[series], b.records[series]) for series in common]


def _with_key(name: str) -> list[StoredPlace]:
    """Places of the records whose key begins so: one, perhaps in several stores; none if it is no key.

    Raises:
        StudyError: there are records of several such keys.
    """
    if not _HEXADECIMAL.fullmatch(name):
        return []
    found = [
        one
        for location in locations(stores())
        for one in find_places(location, lambda study, task, series, key: key.startswith(name))
        if one.labels
    ]
    if len({one.place for one in found}) > 1:
        listed = [f"{one.study} {one.task} {one.series} {one.key}" for one in found]
        more = [f"and {len(listed) - _SHOWN} more"] if len(listed) > _SHOWN else []
        raise StudyError(
            f"{len(listed)} records have a key that begins with {name}:\n  " + "\n  ".join(listed[:_SHOWN] + more),
            cure="say more of the key",
        )
    return found


def _of_key(places: Sequence[StoredPlace]) -> Side:
    # of a store with a copy on a server, the nearer one comes first
    one = places[0]
    records = [Record(read_only(one.location.store), one.place, label, ()) for label in one.labels]
    return Side(one.key, "", {one.series: records})


def _decide(name: str, options: Mapping[str, str]) -> _Decided:
    if not name:
        return _Decided("working tree", "the working tree", decided_places(options))
    revision = revision_named(name, options["study"])
    if revision is None:
        raise StudyError(
            f"{name!r} is neither the beginning of a record's key nor a revision of the repository that holds the "
            f"study {options['study']!r}",
            cure="law run ListRecords lists keys, git log revisions",
        )
    where = shlex.join(["git", "-C", str(revision.repository), "switch"])
    before, after = f"{where} --detach {shlex.quote(name)}, then ", f", then {where} -"
    return _Decided(name, str(revision), places_at(revision, options), before, after)


def _wanted(decided: _Decided, of: str, known: Sequence[StoredPlace]) -> list[Mapping[str, Any]]:
    """The places that are compared: of a key's task and series, else of a stage or task."""
    if known:
        task, series = known[0].task, known[0].series
        found = [one for one in decided.places if one["family"] == task and one["series"] == series]
        called = f"{task} {series}"
    else:
        found = [one for one in decided.places if of == one["family"]]
        found = found or [one for one in decided.places if of == one["stage"]]
        # of histograms, those of all chunks together
        found = [one for one in found if one["family"] == found[0]["family"]]
        called = of
    if not found:
        names = list(dict.fromkeys(name for one in decided.places for name in (one["family"], one["stage"]) if name))
        raise StudyError(
            f"{decided.origin} has no {called!r} among what the page is made of{did_you_mean(called, names)}",
            cure=f"--of one of: {', '.join(names)}",
        )
    return found


def _of_decided(decided: _Decided, places: Iterable[Mapping[str, Any]]) -> Side:
    found: dict[str, Sequence[Record]] = {}
    for one in places:
        label, *more = one["labels"]
        first = find_record(one["place"], label, tuple(one["payload"]), stores_to_read())
        records = [first, *(replace(first, label=other) for other in more)]
        listing = first.store.listing(one["place"])
        if not all(record.is_complete(listing) for record in records):
            name = one["place"].partition("/")[2].replace("/", " ")
            raise RecordError(
                f"{decided.origin} makes {name}, which is not in the store",
                cure=f"{decided.before}{one['command']}{decided.after}",
            )
        found[one["series"]] = records
    return Side(decided.short, decided.origin, found)
