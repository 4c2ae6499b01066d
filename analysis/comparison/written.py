"""A comparison as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from analysis.comparison.contents import Contents
from analysis.comparison.making import Cause

__all__ = ["FILE", "as_json"]

FILE = "comparison.json"
FORMAT = 1


def as_json(
    sides: Mapping[str, Mapping[str, Any]],
    causes: Sequence[Cause],
    marked: Sequence[str],
    conditions: Mapping[str, int],
    contents: Contents,
    figures: Sequence[str],
) -> dict[str, Any]:
    """All of a comparison.

    Args:
        sides: what ``a`` and ``b`` are.
        causes: what was different in the making.
        marked: what was adopted or pinned, in words.
        conditions: what was different around the making, each with a number of records.
        contents: what the results hold.
        figures: names of files beside it.
    """
    return {
        "format": FORMAT,
        **sides,
        "making": [asdict(one) for one in causes],
        "marks": list(marked),
        "conditions": [{"what": text, "records": count} for text, count in conditions.items()],
        "made_of_the_same": [{"task": task, "series": series} for task, series in contents.shared],
        "records": [asdict(one) for one in contents.contents],
        "numbers": [asdict(one) for one in contents.numbers.values()],
        "tables": [one.as_json() for one in contents.tables.values()],
        "values": {
            name: {"values": count, "changed": [asdict(one) for one in changed]}
            for name, (changed, count) in contents.values.items()
        },
        "metrics": {name: [asdict(one) for one in metrics] for name, metrics in contents.metrics.items()},
        "histograms": {one.name: [asdict(spectrum) for spectrum in one.spectra] for one in contents.histograms},
        "figures": list(figures),
    }
