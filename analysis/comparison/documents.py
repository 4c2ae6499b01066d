"""Results as JSON side by side: tables, headline, and everything else that a step wrote down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.preservation.expectations import Tolerance
from analysis.preservation.tables import ComparedTable, compare_tables
from analysis.provenance.keys import canonical_json

__all__ = ["Changed", "changed_values", "compared_tables"]

_EXACT = Tolerance("*", "exact", 0.0, "")
# told as numbers and as tables
_APART = ("numbers", "tables")
_ABSENT = object()


@dataclass(frozen=True)
class Changed:
    """A value of a result that is another one: its place in it, and the value in the results called a and b."""

    place: str
    a: Any
    b: Any


def compared_tables(a: Iterable[Mapping[str, Any]], b: Iterable[Mapping[str, Any]]) -> list[ComparedTable]:
    """Compare tables, exactly; those that only one result has are told as having no values."""
    return compare_tables([{**one, "tolerance": _EXACT} for one in a], b, bit_for_bit=False)


def changed_values(a: Any, b: Any) -> tuple[list[Changed], int]:
    """List the values that differ, numbers and tables left out, and count all values.

    A list of another length is one value; of lists of numbers each number is one.
    """
    changed: list[Changed] = []
    count = 0
    for place, first, second in _values(_without(a), _without(b), ""):
        count += 1
        if _ABSENT in (first, second) or canonical_json(first) != canonical_json(second):
            changed.append(Changed(place, *(None if one is _ABSENT else one for one in (first, second))))
    return changed, count


def _without(value: Any) -> Any:
    return {k: v for k, v in value.items() if k not in _APART} if isinstance(value, Mapping) else value


def _values(a: Any, b: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for name in dict.fromkeys((*b, *a)):
            yield from _values(a.get(name, _ABSENT), b.get(name, _ABSENT), f"{place}.{name}" if place else str(name))
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (first, second) in enumerate(zip(a, b, strict=True)):
            yield from _values(first, second, f"{place}[{index}]")
    else:
        yield place, a, b
