"""Contents of two results: files that are the same, and differences of those that can be compared."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.comparison.documents import Changed, changed_values, compared_tables
from analysis.comparison.metrics import ComparedMetric, compare_histories
from analysis.comparison.pairs import Pair, Stored
from analysis.comparison.quantities import ComparedNumber, compare_numbers
from analysis.preservation.tables import ComparedTable

if TYPE_CHECKING:
    from analysis.comparison.histograms import ComparedSpectrum
    from analysis.histograms.histograms import Histograms

__all__ = ["Content", "Contents", "HistogramPair", "compare_contents"]

HISTOGRAMS = "histograms.zip"
HISTORY = "history.jsonl"


@dataclass(frozen=True)
class Content:
    """The files of a pair of records.

    Args:
        task: that made the records.
        series: their name.
        files: number of files that were compared; those that hold times are not.
        differ: names of those that differ, or that only one side has.
    """

    task: str
    series: str
    files: int
    differ: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class HistogramPair:
    """Histograms of both results and their comparison, spectrum by spectrum."""

    name: str
    a: Histograms
    b: Histograms
    spectra: Sequence[ComparedSpectrum]

    @property
    def moved(self) -> list[ComparedSpectrum]:
        """Spectra that differ, those first that moved most: nominal ones, and shifted ones if no nominal one does."""
        from analysis.histograms.processes import NOMINAL

        other = [one for one in self.spectra if not one.same]
        return [one for one in other if one.spectrum.shift == NOMINAL] or other


@dataclass(eq=False)
class Contents:
    """Contents of two results, side by side.

    Args:
        shared: records that both are made of, task and series of each.
        contents: of all pairs of records, in the order of the graph.
        numbers: of results that are not the same files, each once.
        tables: that differ.
        values: other values of JSON files that differ, and how many there are, by record and file.
        metrics: of trainings, by record.
        histograms: that are compared.
    """

    shared: list[tuple[str, str]] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    numbers: dict[str, ComparedNumber] = field(default_factory=dict)
    tables: dict[str, ComparedTable] = field(default_factory=dict)
    values: dict[str, tuple[list[Changed], int]] = field(default_factory=dict)
    metrics: dict[str, list[ComparedMetric]] = field(default_factory=dict)
    histograms: list[HistogramPair] = field(default_factory=list)


def compare_contents(pairs: Sequence[Pair], varying: Collection[str]) -> Contents:
    """Compare the files of all pairs, and what is in those that hold numbers, metrics or histograms.

    Events and other large contents are compared by their digests alone. Histograms of chunks are read only where they
    are the results themselves.

    Args:
        pairs: in the order of the graph.
        varying: names of payload files that hold times, and so never come out the same.

    Raises:
        RecordError: a record is damaged.
    """
    found = Contents(shared=_named({place for pair in pairs for place in pair.shared}))
    # results have all numbers of what they are made of: whoever comes last tells them
    for pair in reversed(pairs):
        content = _content(pair, varying)
        alike = _look_into(pair, content.differ, found)
        found.contents.insert(0, replace(content, differ=tuple(n for n in content.differ if n not in alike)))
        if all(HISTORY in one.record.payload for side in pair.sides for one in side.values()):
            histories = (_lines(_only(side).record.path(HISTORY)) for side in pair.sides)
            found.metrics[pair.name] = compare_histories(*histories)
    return found


def _named(places: Iterable[str]) -> list[tuple[str, str]]:
    """Task and series of places of records, sorted."""
    parts = (place.rpartition("-")[0].split("/") for place in sorted(places))
    return [(task, series) for _, task, series in parts]


def _content(pair: Pair, varying: Collection[str]) -> Content:
    digests = [_digests(side.values()) for side in pair.sides]
    names = [name for name in dict.fromkeys((*digests[1], *digests[0])) if name not in varying]
    return Content(
        pair.family, pair.series, len(names), tuple(n for n in names if digests[0].get(n) != digests[1].get(n))
    )


def _digests(records: Iterable[Stored]) -> dict[str, str]:
    return {
        one.record.file_name(name): entry["sha256"]
        for one in records
        for name, entry in one.manifest["payload"].items()
    }


def _look_into(pair: Pair, files: Sequence[str], found: Contents) -> set[str]:
    """Compare what is in files; returns the names of those that say the same but for the keys of records."""
    if not files:
        return set()
    if all(HISTOGRAMS in one.record.payload for side in pair.sides for one in side.values()):
        if pair.result or not _labelled(pair):
            found.histograms.append(_histograms(pair))
        return set()
    names = [name for name in files if name.endswith(".json") and not _labelled(pair)]
    names = [name for name in names if all(name in _only(side).record.payload for side in pair.sides)]
    return {name for name in names if not _documents_differ(pair, name, found)}


def _labelled(pair: Pair) -> bool:
    return any(label for side in pair.sides for label in side)


def _documents_differ(pair: Pair, name: str, found: Contents) -> bool:
    a, b = (json.loads(_only(side).record.path(name).read_text(encoding="utf-8")) for side in pair.sides)
    numbers = compare_numbers(*(_listed(side, "numbers") for side in (a, b)))
    tables = [one for one in compared_tables(*(_listed(side, "tables") for side in (a, b))) if not one.agrees]
    changed, count = changed_values(a, b)
    for number in numbers:
        found.numbers.setdefault(number.name, number)
    for table in tables:
        found.tables.setdefault(table.name, table)
    if changed:
        found.values[f"{pair.name}: {name}"] = changed, count
    return bool(changed or tables or any(not one.same for one in numbers))


def _listed(document: Any, what: str) -> list[Mapping[str, Any]]:
    listed = document.get(what, []) if isinstance(document, Mapping) else []
    # somebody else's JSON may call something else so
    return [one for one in listed if isinstance(one, Mapping) and "name" in one] if isinstance(listed, list) else []


def _histograms(pair: Pair) -> HistogramPair:
    from analysis.comparison.histograms import compare_histograms
    from analysis.formats import histograms

    a, b = (histograms.combine([histograms.load(one.record.path, None) for one in s.values()]) for s in pair.sides)
    return HistogramPair(pair.name, a, b, compare_histograms(a, b))


def _only(side: Mapping[str, Stored]) -> Stored:
    return next(iter(side.values()))


def _lines(path: Path) -> list[Any]:
    from analysis.learning.training.history import read

    return read(path)
