"""Preserved and rerun numbers side by side, and where the first difference comes from.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.preservation.expectations import Expectation
from analysis.printable import in_a_line

__all__ = ["BIT_FOR_BIT", "Row", "Trace", "circumstances", "compared", "first_difference", "table"]

BIT_FOR_BIT = "same processor, Python and packages: bit for bit"
"""Why no difference is allowed where the conditions are the preserved ones."""


@dataclass(frozen=True)
class Row:
    """One quantity, preserved and rerun.

    Args:
        quantity: its name.
        preserved: what the capsule says; empty if it does not know it.
        rerun: what came out; empty if it did not.
        difference: of the two, in the number's own unit; ``None`` where there is none to tell.
        allowed: how large it may be; 0 for bit for bit.
        agrees: the verdict.
        why: the tolerance is what it is; or what is wrong.
        note: for people, such as ``simulation``.
    """

    quantity: str
    preserved: str
    rerun: str
    difference: float | None
    allowed: float
    agrees: bool
    why: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if not self.agrees:
            return "DIFFERS"
        return "same bits" if self.difference == 0 else "agrees"


def compared(expected: Sequence[Expectation], numbers: Iterable[Mapping[str, Any]], *, bit_for_bit: bool) -> list[Row]:
    """A row for every value and its uncertainties.

    Args:
        expected: what the capsule says must come out.
        numbers: of the rerun, as in ``results.json``.
        bit_for_bit: whether the conditions are the preserved ones, so that no difference is to be excused.
    """
    found = {number["name"]: number for number in numbers}
    rows = []
    for one in expected:
        number = found.pop(one.name, None)
        if number is None:
            rows.append(Row(one.name, _text(one.value), "", None, one.allowed, False, "it did not come out"))
            continue
        allowed = 0.0 if bit_for_bit else one.allowed
        why = BIT_FOR_BIT if bit_for_bit else one.tolerance.why
        rows.append(replace(_row(one.name, one.value, float(number["value"]), allowed, why), note=one.note))
        rows += _uncertainties(one, number, allowed, why)
    rows += [
        Row(name, "", _text(number["value"]), None, 0.0, False, "the capsule does not know it")
        for name, number in found.items()
    ]
    return rows


def _uncertainties(one: Expectation, number: Mapping[str, Any], allowed: float, why: str) -> list[Row]:
    """Rows of uncertainties, only of those that are not the same to the last bit."""
    rows = []
    for kind in ("stat", "syst"):
        before, after = getattr(one, kind), number.get(kind)
        if before is None and after is None:
            continue
        if before is None or after is None:
            rows.append(Row(f"{one.name} ({kind})", str(before), str(after), None, allowed, False, "one has none"))
            continue
        for side, old, new in zip(("down", "up"), before, after, strict=True):
            if old != new:
                rows.append(_row(f"{one.name} ({kind} {side})", old, float(new), allowed, why))
    return rows


def _row(name: str, old: float, new: float, allowed: float, why: str) -> Row:
    difference = new - old
    # not-a-number agrees with nothing
    return Row(name, _text(old), _text(new), difference, allowed, abs(difference) <= allowed, why)


def _text(value: float) -> str:
    return f"{value:.6g}"


@dataclass(frozen=True)
class Trace:
    """The first record of the graph that came out otherwise.

    Args:
        record: its task, series and label.
        files: of its payload that differ.
        causes: what was different in its making, a line each.
    """

    record: str
    files: tuple[str, ...]
    causes: tuple[str, ...]


def first_difference(
    preserved: Mapping[str, Mapping[str, Any]],
    rerun: Callable[[str], Mapping[str, Any] | None],
    *,
    unlike: Callable[[str, str], bool] = lambda family, name: False,
) -> Trace | None:
    """The first record, in the order of the graph, whose content differs; ``None`` if there is none.

    Args:
        preserved: manifests by task, series and label (``TrainModel/dense``), every one after those it is made of.
        rerun: the manifest of a record of the rerun, by the same name.
        unlike: whether a file of a task's payload never comes out the same (it holds times).
    """
    for name, before in preserved.items():
        after = rerun(name)
        if after is None:
            return Trace(name, (), ("the rerun has no such record",))
        family = before["record"]["family"]
        files = tuple(
            file
            for file in sorted({*before["payload"], *after["payload"]})
            if not unlike(family, file) and _digest(before, file) != _digest(after, file)
        )
        if files:
            return Trace(name, files, tuple(_causes(before, after)) or ("nothing that the manifests know of",))
    return None


def _digest(manifest: Mapping[str, Any], file: str) -> str | None:
    return manifest["payload"].get(file, {}).get("sha256")


def _causes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """List the differences in the making of two records, the likeliest cause first."""
    lines = []
    for part, word in (("code", "code"), ("parameters", "parameter"), ("configuration", "configuration")):
        lines += _changes(word, before["parts"].get(part, {}), after["parts"].get(part, {}))
    lines += circumstances(before, after, ("preserved", "rerun"))
    # upstream, where other keys hold the same content
    lines += _changes("input", before["parts"].get("inputs", {}), after["parts"].get("inputs", {}))
    return lines


def circumstances(before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, str]) -> list[str]:
    """List what was different around the making of two records and decides no key: seeds, software, hardware.

    Args:
        before: a manifest.
        after: the other one.
        names: of the two, for what only one has.
    """
    lines = _changes("seed", before["seeds"], after["seeds"])
    old, new = before["software"]["packages"], after["software"]["packages"]
    lines += _changes("package", *({name: all_[name] for name in old.keys() & new.keys()} for all_ in (old, new)))
    for where, only in zip(names, (old.keys() - new.keys(), new.keys() - old.keys()), strict=True):
        if only:
            lines.append(f"packages only in the {where} environment: {', '.join(sorted(only))}")
    lines += _changes("", *({"Python": one["software"]["python"]} for one in (before, after)))
    lines += _changes("", *({"device": one["made"]["device"]} for one in (before, after)))
    for name in ("machine", "processor", "features", "libc"):
        lines += _changes("", *({name: one["host"].get(name)} for one in (before, after)))
    return lines


def _changes(word: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    lines = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        # digests and deep structures are not for reading
        readable = word not in ("code", "input") and all(isinstance(v, str | int | float | None) for v in (old, new))
        lines.append(f"{word} {name}{f': {old} -> {new}' if readable else ' changed'}".strip())
    return lines


def table(rows: Sequence[Row]) -> str:
    """The rows as a table of plain text.

    Examples:
        >>> print(table([Row("mu", "0.895", "0.895", 0.0, 0.0, True), Row("A", "1", "2", 1.0, 0.1, False)]))
        quantity  preserved  rerun  difference  tolerance  verdict
        mu        0.895      0.895           0          0  same bits
        A         1          2               1        0.1  DIFFERS
    """
    heading = ("quantity", "preserved", "rerun", "difference", "tolerance", "verdict")
    lines = [heading]
    for row in rows:
        difference = "" if row.difference is None else f"{row.difference:.2g}"
        quantity = in_a_line(f"{row.quantity} ({row.note})" if row.note else row.quantity)
        lines.append((quantity, row.preserved, row.rerun, difference, f"{row.allowed:.2g}", row.verdict))
    widths = [max(len(line[i]) for line in lines) for i in range(len(heading))]
    # numbers end where their column ends
    right = {3, 4}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
