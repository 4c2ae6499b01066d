"""Numbers with uncertainties side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ComparedNumber", "compare_numbers", "pull", "ratio"]

Interval = tuple[float, float]


@dataclass(frozen=True)
class ComparedNumber:
    """A number of two results, called a and b.

    Args:
        name: of the number.
        unit: of values and uncertainties; empty if it has none.
        a: value in the first result; ``None`` where it is missing, as below.
        b: in the second one.
        a_total: uncertainty of the first downwards and upwards, all sources together.
        b_total: of the second one.
        same: whether values and uncertainties are the same to the last bit.
        difference: b minus a.
        pull: the difference in units of the larger statistical uncertainty of the two, see :func:`pull`.
        ratio: b divided by a.
    """

    name: str
    unit: str
    a: float | None
    b: float | None
    a_total: Interval | None = None
    b_total: Interval | None = None
    same: bool = False
    difference: float | None = None
    pull: float | None = None
    ratio: float | None = None


def compare_numbers(a: Iterable[Mapping[str, Any]], b: Iterable[Mapping[str, Any]]) -> list[ComparedNumber]:
    """Compare the numbers of two results, in the order of the second.

    Args:
        a: as in ``results.json``: ``name``, ``unit``, ``value``, ``stat``, ``syst``.
        b: likewise.
    """
    firsts, seconds = ({one["name"]: one for one in numbers} for numbers in (a, b))
    return [_compared(name, firsts.get(name), seconds.get(name)) for name in dict.fromkeys((*seconds, *firsts))]


def _compared(name: str, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> ComparedNumber:
    first, second = (None if one is None else float(one["value"]) for one in (a, b))
    own, other = (None if one is None else _total(one) for one in (a, b))
    unit = str((b or a or {}).get("unit", ""))
    if a is None or b is None or first is None or second is None:
        return ComparedNumber(name, unit, first, second, own, other)
    difference = second - first
    # of each, the uncertainty towards the other
    side = 1 if difference > 0 else 0
    uncertainty = max(_statistical(a)[side], _statistical(b)[1 - side])
    moved = pull(difference, uncertainty)
    same = all(a.get(part) == b.get(part) for part in ("value", "stat", "syst"))
    return ComparedNumber(name, unit, first, second, own, other, same, difference, moved, ratio(first, second))


def _statistical(number: Mapping[str, Any]) -> Interval:
    """Statistical uncertainty, or all that there is where it is not told apart."""
    low, high = number.get("stat") or number.get("syst") or (0.0, 0.0)
    return float(low), float(high)


def _total(number: Mapping[str, Any]) -> Interval | None:
    pairs = [pair for pair in (number.get("stat"), number.get("syst")) if pair]
    return (math.hypot(*(p[0] for p in pairs)), math.hypot(*(p[1] for p in pairs))) if pairs else None


def pull(difference: float, uncertainty: float) -> float | None:
    """A difference in units of a statistical uncertainty; ``None`` if that is zero.

    It is no significance. Where the same events are in both results these are correlated, and by chance alone they
    differ by less than their uncertainties: if all events of one are in the other, the variance of the difference is
    the difference of the two variances (R. Barlow, *Systematic errors: facts and fictions*, hep-ex/0207026, 4.2).

    Examples:
        >>> pull(0.5, 0.25), pull(0.0, 0.0), pull(1.0, 0.0)
        (2.0, 0.0, None)
    """
    if difference == 0.0:
        return 0.0
    return difference / uncertainty if uncertainty > 0.0 else None


def ratio(a: float, b: float) -> float | None:
    """Return b divided by a; ``None`` if that is zero."""
    return b / a if a else None
