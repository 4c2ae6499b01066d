"""Verdict on a rerun: every number and table beside the preserved one, and the cause of the first difference.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PreservationError
from analysis.preservation import expectations, tables
from analysis.preservation.comparison import Row, Trace, compared, first_difference, table
from analysis.preservation.description import Description
from analysis.preservation.expectations import Conditions
from analysis.preservation.reading import content_of, json_of
from analysis.preservation.stored import StoredRecords, preserved_records
from analysis.preservation.tables import ComparedTable

__all__ = ["FILE", "Verdict", "judge", "preserved_in", "unlike"]

FILE = "verdict.json"
FORMAT = 1


@dataclass(frozen=True)
class Verdict:
    """The comparison of a rerun with its capsule.

    Args:
        study: its name.
        rows: one for every number, and for uncertainties that are not the same to the last bit.
        conditions: in what processor, Python, packages and devices differ, a text each; if they are all the same,
            numbers have to be the same to the last bit.
        bit_for_bit: whether they had to be.
        other_graph: the first record that was not made of what the preserved one was made of (code, settings, inputs);
            no hardware excuses that. Empty if there is none.
        trace: the first record that came out otherwise; ``None`` if all are the same, to the last bit.
        tables: all that were compared.
        frozen: what the preserved results rest on that was pinned or adopted, in sentences.
    """

    study: str
    rows: Sequence[Row]
    conditions: Sequence[str]
    bit_for_bit: bool
    other_graph: str
    trace: Trace | None
    tables: Sequence[ComparedTable] = ()
    frozen: Sequence[str] = ()

    @property
    def agrees(self) -> bool:
        """Whether it is the preserved analysis, and every value is as near to the preserved one as it must be."""
        compared: list[Row | ComparedTable] = [*self.rows, *self.tables]
        return bool(compared) and not self.other_graph and all(one.agrees for one in compared)

    def as_json(self) -> str:
        """The text of the file ``verdict.json``."""
        content = {
            "format": FORMAT,
            "study": self.study,
            "agrees": self.agrees,
            "bit_for_bit": self.bit_for_bit,
            "conditions_that_differ": list(self.conditions),
            "other_graph": self.other_graph,
            "rows": [{**asdict(row), "verdict": row.verdict} for row in self.rows],
            "tables": [one.as_json() for one in self.tables],
            "first_difference": asdict(self.trace) if self.trace else None,
            **({"frozen": list(self.frozen)} if self.frozen else {}),
        }
        return json.dumps(content, indent=1) + "\n"

    def as_text(self) -> str:
        """The verdict for people."""
        lines = [table([*self.rows, *(one.row for one in self.tables)]), ""]
        every = "; of tables every value and uncertainty" if self.tables else ""
        lines.append(f"compared are, of numbers, value and uncertainties{every}")
        if self.bit_for_bit:
            lines.append("processor, Python and packages are the preserved ones: no bit may differ")
        elif self.conditions:
            lines.append("not what the preserved numbers were made with, so tolerances hold:")
            lines += [f"  {text} (preserved and rerun)" for text in self.conditions]
        else:
            lines.append("too little is known about the hardware, or there was a GPU: tolerances hold")
        if self.trace:
            files = f" ({', '.join(self.trace.files)})" if self.trace.files else ""
            lines.append(f"the first record whose content differs: {self.trace.record}{files}")
            lines += [f"  {cause}" for cause in self.trace.causes]
        else:
            lines.append("every record has the preserved content, to the last bit")
        wrong = [row for row in self.rows if not row.agrees]
        lines += [f"{row.quantity}: {row.why}" for row in wrong if row.difference is None]
        others = [one for one in self.tables if not one.agrees]
        lines += [line for one in others for line in one.wrong()]
        if self.frozen:
            lines.append("the preserved results rest on records that the preserved code did not make:")
            lines += [f"  {text}" for text in self.frozen]
        if self.other_graph:
            lines.append(f"NOT the preserved analysis: {self.other_graph} is made of other code, settings or inputs")
        counts = {"number": len(self.rows), **({"table": len(self.tables)} if self.tables else {})}
        many = " and ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items())
        differ = len(wrong) + len(others)
        lines.append(f"{differ} of {many} DIFFER" if differ else f"{many}: all agree")
        return "\n".join(lines)


def judge(folder: Path, description: Description, store: Path) -> Verdict:
    """Compare a rerun with the capsule.

    Args:
        folder: the unpacked capsule.
        description: of the capsule.
        store: that the rerun has filled.

    Raises:
        PreservationError: a file of the capsule is damaged, or the rerun has no results.
    """
    text = (folder / expectations.FILE).read_bytes()
    expected, kept = expectations.from_json(text), tables.from_json(text)
    preserved = preserved_in(folder)
    rerun = StoredRecords(store, description.study)
    if any(name.startswith("store/") for name in description.members):
        # it began with records of the capsule, and nobody asked for what those were made of
        preserved = {name: one for name, one in preserved.items() if rerun.manifest(name)}
    results = _results(description, rerun)

    def found(name: str) -> dict[str, Any] | None:
        return rerun.manifest(name, preserved[name]["record"]["key"])

    conditions, bit_for_bit = _conditions(preserved, found)
    try:
        rows = compared(expected, results["numbers"], bit_for_bit=bit_for_bit)
        found_tables = results.get("tables", []) if kept is not None else []
        both = tables.compare_tables(kept or [], found_tables, bit_for_bit=bit_for_bit)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise PreservationError(f"the results cannot be compared: {error!r}", cure="fetch the capsule again") from None
    trace = first_difference(preserved, found, unlike=unlike(description))
    told = {name: one for name, one in preserved.items() if name not in _around(preserved, description.pinned)}
    other = _other_graph(told, found)
    return Verdict(description.study, rows, conditions, bit_for_bit, other, trace, both, description.frozen)


def preserved_in(folder: Path) -> dict[str, dict[str, Any]]:
    """The manifests of an unpacked capsule by task, series and label, in the order of the graph."""
    files = sorted((folder / "records").rglob("*manifest.json"))
    return preserved_records({file.relative_to(folder).as_posix(): file.read_bytes() for file in files})


def unlike(description: Description) -> Callable[[str, str], bool]:
    """Whether a file of a task's payload never comes out the same."""
    return lambda family, name: name in description.varying.get(family, ())


def _results(description: Description, rerun: StoredRecords) -> Mapping[str, Any]:
    """Read the content of the results' record, whatever its key."""
    _, family, series = description.series.split("/")
    manifest = rerun.manifest(f"{family}/{series}", description.results.rpartition("-")[2])
    if manifest is None:
        raise PreservationError(
            f"the rerun has no {description.series}-*/results.json", cure="run it again in the same folder: it goes on"
        )
    file = rerun.file(manifest, "results.json")
    try:
        results: dict[str, Any] = json_of(content_of(file))
        if "numbers" not in results:
            raise KeyError("numbers")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PreservationError(f"{file} cannot be read: {error}", cure="delete its folder and run again") from None
    return results


def _around(preserved: Mapping[str, Mapping[str, Any]], places: Collection[str]) -> set[str]:
    """Names of records in places, of those they were made of, and of those made of them: a rerun has other keys there.

    Args:
        preserved: manifests by name, each after those it needs.
        places: of pinned records.
    """
    used = {name: {one["place"] for one in manifest["inputs"]} for name, manifest in preserved.items()}
    place = {name: str(manifest["record"]["place"]) for name, manifest in preserved.items()}
    after, before = set(places), set(places)
    for name in preserved:
        if used[name] & after:
            after.add(place[name])
    for name in reversed(list(preserved)):
        if place[name] in before:
            before |= used[name]
    return {name for name in preserved if place[name] in after | before}


def _other_graph(preserved: Mapping[str, Mapping[str, Any]], rerun: Callable[[str], Mapping[str, Any] | None]) -> str:
    """The first record whose key is another one, on whatever machine; empty if there is none."""
    for name, manifest in preserved.items():
        after = rerun(name)
        if after is not None and after["record"]["key"] != manifest["record"]["key"]:
            return name
    return ""


def _conditions(
    preserved: Mapping[str, Mapping[str, Any]], rerun: Callable[[str], Mapping[str, Any] | None]
) -> tuple[list[str], bool]:
    """List the conditions that differ, and tell whether results have to be the same to the last bit."""
    both = [(Conditions.of(one), Conditions.of(after)) for name, one in preserved.items() if (after := rerun(name))]
    differences = dict.fromkeys(text for one, other in both for text in one.differences(other))
    decide = bool(both) and all(one.decide and other.decide for one, other in both)
    return list(differences), decide and not differences
