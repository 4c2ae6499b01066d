"""Plans of commands in journals, of whoever wrote them: how many records of which places were missing."""

from __future__ import annotations

import math
from typing import Any

from analysis.provenance.inventory import parts_of_place

__all__ = ["number", "wanted"]


def wanted(plan: Any) -> dict[str, tuple[int, list[str]]]:
    """Return the number of missing records and labels of them by place; what is no plan is left out."""
    found = {}
    for one in plan if isinstance(plan, list) else ():
        if isinstance(one, dict) and parts_of_place(place := str(one.get("place", ""))):
            labels = [str(label) for label in one["labels"]] if isinstance(one.get("labels"), list) else []
            found[place] = (number(one.get("records")), labels)
    return found


def number(value: Any) -> int:
    """Return a whole number that is not negative; 0 for what is none."""
    return int(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else 0
