"""What a rerun proves: every number beside the preserved one, and the cause of the first difference.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PreservationError
from analysis.preservation import expectations
from analysis.preservation.comparison import Row, Trace, compared, first_difference, table
from analysis.preservation.description import Description
from analysis.preservation.expectations import Conditions
from analysis.preservation.stored import StoredRecords, preserved_records

__all__ = ["FILE", "Verdict", "judge", "preserved_in", "unlike"]

FILE = "verdict.json"
FORMAT = 1


@dataclass(frozen=True)
class Verdict:
    """The comparison of a rerun with its capsule.

    Args:
        study: its name.
        rows: one for every number.
        conditions: in what processor, Python, packages and devices differ, a text each; if they are all the same,
            numbers have to be the same to the last bit.
        bit_for_bit: whether they had to be.
        other_graph: the first record that was not made of what the preserved one was made of (code, settings, inputs);
            no hardware excuses that. Empty if there is none.
        trace: the first record that came out otherwise; ``None`` if all are the same, to the last bit.
    """

    study: str
    rows: Sequence[Row]
    conditions: Sequence[str]
    bit_for_bit: bool
    other_graph: str
    trace: Trace | None

    @property
    def agrees(self) -> bool:
        """Whether it is the preserved analysis, and every number is as near to the preserved one as it must be."""
        return bool(self.rows) and not self.other_graph and all(row.agrees for row in self.rows)

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
            "first_difference": asdict(self.trace) if self.trace else None,
        }
        return json.dumps(content, indent=1) + "\n"

    def as_text(self) -> str:
        """The verdict for people."""
        lines = [table(self.rows), ""]
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
        if self.other_graph:
            lines.append(f"NOT the preserved analysis: {self.other_graph} is made of other code, settings or inputs")
        many = f"{len(self.rows)} number{'s' if len(self.rows) != 1 else ''}"
        lines.append(f"{len(wrong)} of {many} DIFFER" if wrong else f"{many}: all agree")
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
    expected = expectations.from_json((folder / expectations.FILE).read_bytes())
    preserved = preserved_in(folder)
    rerun = StoredRecords(store, description.study)
    if any(name.startswith("store/") for name in description.members):
        # it began with records of the capsule, and nobody asked for what those were made of
        preserved = {name: one for name, one in preserved.items() if rerun.manifest(name)}
    numbers = _numbers(description, rerun)

    def found(name: str) -> dict[str, Any] | None:
        return rerun.manifest(name, preserved[name]["record"]["key"])

    conditions, bit_for_bit = _conditions(preserved, found)
    try:
        rows = compared(expected, numbers, bit_for_bit=bit_for_bit)
    except (KeyError, TypeError, ValueError) as error:
        raise PreservationError(f"the results cannot be compared: {error!r}", cure="fetch the capsule again") from None
    trace = first_difference(preserved, found, unlike=unlike(description))
    return Verdict(description.study, rows, conditions, bit_for_bit, _other_graph(preserved, found), trace)


def preserved_in(folder: Path) -> dict[str, dict[str, Any]]:
    """The manifests of an unpacked capsule by task, series and label, in the order of the graph."""
    files = sorted((folder / "records").rglob("*manifest.json"))
    return preserved_records({file.relative_to(folder).as_posix(): file.read_bytes() for file in files})


def unlike(description: Description) -> Callable[[str, str], bool]:
    """Whether a file of a task's payload never comes out the same."""
    return lambda family, name: name in description.varying.get(family, ())


def _numbers(description: Description, rerun: StoredRecords) -> Sequence[Mapping[str, Any]]:
    """Of the results' record, whatever its key."""
    _, family, series = description.series.split("/")
    manifest = rerun.manifest(f"{family}/{series}", description.results.rpartition("-")[2])
    if manifest is None:
        raise PreservationError(
            f"the rerun has no {description.series}-*/results.json", cure="run it again in the same folder: it goes on"
        )
    file = rerun.file(manifest, "results.json")
    try:
        return json.loads(file.read_bytes())["numbers"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PreservationError(f"{file} cannot be read: {error}", cure="delete its folder and run again") from None


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
    """What differs, and whether results have to be the same to the last bit."""
    both = [(Conditions.of(one), Conditions.of(after)) for name, one in preserved.items() if (after := rerun(name))]
    differences = dict.fromkeys(text for one, other in both for text in one.differences(other))
    decide = bool(both) and all(one.decide and other.decide for one, other in both)
    return list(differences), decide and not differences
