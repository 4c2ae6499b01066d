"""Tables that must come out of a rerun, and how far each of their values came.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from analysis.errors import PreservationError
from analysis.preservation.comparison import BIT_FOR_BIT, Row
from analysis.preservation.expectations import DEFAULT, FILE, WITHOUT_UNCERTAINTY, Tolerance
from analysis.preservation.reading import json_of

__all__ = ["Cell", "ComparedTable", "compare_tables", "from_json", "preserved_tables"]

# of columns that hold nothing but zeros
_ZERO = 1e-6
Table = Mapping[str, Any]
Label = tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One value or uncertainty of a table, preserved and rerun.

    Args:
        column: its title; of an uncertainty, also which one.
        row: what the row is about.
        preserved: what the capsule says; ``None`` where there is none.
        rerun: what came out, likewise.
        allowed: how far apart they may be.
    """

    column: str
    row: str
    preserved: float | None
    rerun: float | None
    allowed: float

    @property
    def difference(self) -> float | None:
        """Of the two; ``None`` if one has none."""
        if self.preserved is None or self.rerun is None:
            return 0.0 if self.preserved is self.rerun else None
        return self.rerun - self.preserved

    @property
    def agrees(self) -> bool:
        """Whether they are as near as they must be; not-a-number agrees with nothing."""
        return self.difference is not None and abs(self.difference) <= self.allowed

    @property
    def share(self) -> float:
        """The difference as a part of what is allowed."""
        if self.difference is None:
            return math.inf
        return abs(self.difference) / self.allowed if self.allowed else abs(self.difference) * math.inf

    def __str__(self) -> str:
        told = ("none" if value is None else f"{value:.6g}" for value in (self.preserved, self.rerun))
        return f"{self.column}{f', {self.row}' if self.row else ''}: {' and '.join(told)} (preserved and rerun)"


@dataclass(frozen=True)
class ComparedTable:
    """One table, preserved and rerun.

    Args:
        name: of the table.
        cells: all its values and uncertainties, column by column.
        problems: what only one side has, a text each.
        why: the tolerance is what it is.
    """

    name: str
    cells: Sequence[Cell]
    problems: Sequence[str]
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Whether both have the same rows and columns, and every value is as near as it must be."""
        return not self.problems and all(cell.agrees for cell in self.cells)

    @property
    def row(self) -> Row:
        """The table in one line: how many values, and the one that differs most for what it may."""
        values = f"{len(self.cells)} value{'' if len(self.cells) == 1 else 's'}"
        moved = [cell for cell in self.cells if cell.difference != 0]
        if not moved:
            difference = None if self.problems else 0.0
            return Row(self.name, values, "" if self.problems else values, difference, 0.0, self.agrees, self.why)
        worst = max(moved, key=lambda cell: (not cell.agrees, cell.share, abs(cell.difference or 0)))
        rerun = f"{len(moved)} moved"
        return Row(self.name, values, rerun, worst.difference, worst.allowed, self.agrees, self.why)

    def wrong(self) -> list[str]:
        """List the first disagreements, a text each, and the number of further ones."""
        lines = [*self.problems, *(str(cell) for cell in self.cells if not cell.agrees)]
        more = [f"and {len(lines) - 3} more"] if len(lines) > 3 else []
        return [f"{self.name}: {line}" for line in lines[:3] + more]

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "table": self.name,
            "verdict": self.row.verdict,
            "agrees": self.agrees,
            "why": self.why,
            "problems": list(self.problems),
            "values": [{**asdict(cell), "agrees": cell.agrees} for cell in self.cells],
        }


def preserved_tables(tables: Iterable[Table], tolerances: Sequence[Tolerance] = ()) -> list[dict[str, Any]]:
    """Return tables with their tolerances, as a capsule keeps them in JSON.

    Args:
        tables: as in ``results.json``.
        tolerances: of the study; the first one whose pattern fits the table's name holds, else :data:`DEFAULT`.
    """
    found = []
    for table in tables:
        tolerance = next((one for one in tolerances if fnmatchcase(table["name"], one.numbers)), DEFAULT)
        found.append({**table, "tolerance": asdict(tolerance)})
    return found


def from_json(text: bytes | str) -> list[dict[str, Any]] | None:
    """The tables in a capsule's file with expectations; ``None`` if it is of the time before they were kept.

    Raises:
        PreservationError: they are none.
    """
    try:
        tables = json_of(text).get("tables")
        return None if tables is None else [{**one, "tolerance": Tolerance(**one["tolerance"])} for one in tables]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PreservationError(f"{FILE} holds no tables: {error!r}", cure="fetch the capsule again") from None


def compare_tables(expected: Iterable[Table], tables: Iterable[Table], *, bit_for_bit: bool) -> list[ComparedTable]:
    """Compare all tables.

    Args:
        expected: what the capsule says must come out.
        tables: of the rerun, as in ``results.json``.
        bit_for_bit: whether the conditions are the preserved ones, so that no difference is to be excused.
    """
    found = {table["name"]: table for table in tables}
    compared = []
    for one in expected:
        table = found.pop(one["name"], None)
        if table is None:
            compared.append(ComparedTable(one["name"], (), ("it did not come out",)))
        else:
            compared.append(_compared(one, table, bit_for_bit))
    return compared + [ComparedTable(name, (), ("the capsule does not know it",)) for name in found]


def _compared(before: Table, after: Table, bit_for_bit: bool) -> ComparedTable:
    tolerance: Tolerance = before["tolerance"]
    why = BIT_FOR_BIT if bit_for_bit else tolerance.why
    columns = [
        [(one["title"], one["unit"], sorted(one["errors"])) for one in all_["columns"]] for all_ in (before, after)
    ]
    if columns[0] != columns[1]:
        return ComparedTable(before["name"], (), ("its columns are others",), why)
    pairs, problems = _same_rows(_labels(before), _labels(after), bit_for_bit)
    cells: list[Cell] = []
    for old, new in zip(before["columns"], after["columns"], strict=True):
        for title, values, others in _series(old, new):
            for label, row, other in pairs:
                allowed = 0.0 if bit_for_bit else _allowed(old, row, tolerance)
                cells.append(Cell(title, label, values[row], others[other], allowed))
    return ComparedTable(before["name"], cells, problems, why)


def _series(old: Table, new: Table) -> Iterator[tuple[str, Sequence[float | None], Sequence[float | None]]]:
    """Values of a column and their uncertainties downwards and upwards."""
    yield old["title"], old["values"], new["values"]
    for name in old["errors"]:
        for side, word in enumerate(("down", "up")):
            before, after = ([pair[side] for pair in column["errors"][name]] for column in (old, new))
            yield f"{old['title']} ({name} {word})", before, after


def _labels(table: Table) -> list[Label]:
    """Return the label of each row, by its values on the axes; a number to six digits."""
    axes = [axis["values"] for axis in table["axes"]]
    rows = len((table["axes"] or table["columns"])[0]["values"])
    return [tuple(map(_written, (values[row] for values in axes))) for row in range(rows)]


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list | tuple) else (value,)
    return " to ".join(f"{float(part):.6g}" for part in parts)


def _same_rows(
    before: Sequence[Label], after: Sequence[Label], bit_for_bit: bool
) -> tuple[list[tuple[str, int, int]], tuple[str, ...]]:
    """Rows about the same thing, and what only one side has.

    What has the same code and settings has other rows only where values decide which rows there are, such as the
    largest ones of a list. So where values may move, those that are left over are compared in their order.
    """
    places: dict[Label, list[int]] = {}
    for row, label in enumerate(after):
        places.setdefault(label, []).append(row)
    pairs = {row: places[label].pop(0) for row, label in enumerate(before) if places.get(label)}
    left = [row for row in range(len(before)) if row not in pairs]
    new = sorted(row for rows in places.values() for row in rows)
    if not bit_for_bit and len(left) == len(new):
        pairs |= dict(zip(left, new, strict=True))
        left = new = []
    problems = [f"the row {', '.join(before[row])!r} did not come out" for row in left]
    problems += [f"the capsule does not know the row {', '.join(after[row])!r}" for row in new]
    return [(", ".join(before[row]), row, pairs[row]) for row in sorted(pairs)], tuple(problems)


def _allowed(column: Table, row: int, tolerance: Tolerance) -> float:
    """Return the allowed deviation of a value and its uncertainties from the preserved ones."""
    if tolerance.rule == "exact":
        return 0.0
    pairs = [column["errors"]["stat"]] if "stat" in column["errors"] else list(column["errors"].values())
    uncertainty = max((max(errors[row]) for errors in pairs), default=0.0)
    if tolerance.rule == "statistical" and uncertainty > 0:
        return tolerance.size * uncertainty
    size = tolerance.size if tolerance.rule == "relative" else WITHOUT_UNCERTAINTY
    return size * _unit(column["values"], row) or _ZERO


def _unit(values: Sequence[float | None], row: int) -> float:
    """Return the reference value of a relative tolerance; 0 if there is none.

    That is the value itself. Where values of both signs are in a column (pulls, correlations), zero is nothing special:
    there it is the largest of them. Of a zero it is the smallest of the others.
    """
    known = [value for value in values if value]
    if min(known, default=0.0) < 0 < max(known, default=0.0):
        return max(map(abs, known))
    return abs(values[row] or min(known, key=abs, default=0.0))
