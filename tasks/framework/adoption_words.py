"""Adoption in words: what would be adopted or taken back, and the question before it."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from analysis.provenance.records import Record
from tasks.batch.table import counted
from tasks.framework.adoption_plan import Plan, Planned
from tasks.framework.asking import agrees
from tasks.framework.reporting import tell

__all__ = ["may_go_on", "tell_plan", "tell_records"]

_SHOWN = 12


def may_go_on(question: str, yes: bool) -> bool:
    """Ask at a terminal, unless the answer is known; scripts go on."""
    if yes or not (sys.stdin.isatty() and sys.stdout.isatty()) or agrees(question):
        return True
    tell("nothing was done")
    return False


def tell_plan(found: Plan) -> None:
    """Tell what an adoption is to do: from which key to which, and what is due."""
    # what nobody has ever made is no matter of an adoption
    for one in filter(lambda one: one.known, found.begin):
        _tell_planned(one)
        for line in one.differences[:_SHOWN] if one.records else ():
            tell(f"        {line}")
    for one in filter(lambda one: one.known, found.follow):
        _tell_planned(one)


def _tell_planned(one: Planned) -> None:
    if one.records:
        more = f" ({one.problem})" if one.problem else ""
        tell(f"adopt {one.node}: {counted(len(one.records), 'record')} of {one.old} as {one.node.key}{more}")
    elif one.problem:
        tell(f"due   {one.node}: {one.problem}")
    else:
        tell(f"there {one.node}: {one.node.key}")


def tell_records(word: str, records: Iterable[Record]) -> None:
    """Tell places of records with their numbers, each behind a word."""
    places: dict[str, int] = {}
    for record in records:
        places[record.place] = places.get(record.place, 0) + 1
    for place, number in sorted(places.items()):
        tell(f"{word} {' '.join(place.split('/')[1:])}: {counted(number, 'record')}")
