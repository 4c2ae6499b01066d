"""Results of a study: numbers with their uncertainties, tables of them, and checks of what they rest on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analysis.errors import DataError

__all__ = ["Axis", "Check", "Column", "Number", "Table"]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Number:
    """A measured number.

    Args:
        name: unique in a study, such as ``"mu_ztt"``.
        title: for people; may hold LaTeX.
        value: the best estimate, in ``unit``.
        stat: statistical uncertainty downwards and upwards, neither negative; ``None`` where there is none.
        syst: systematic uncertainty, in the same way.
        unit: such as ``"GeV"``; empty for pure numbers.
        method: how it was measured, in words.
        note: what a reader has to know, such as ``"simulation"``.

    Raises:
        DataError: the value or an uncertainty is not finite, or an uncertainty is negative.
    """

    name: str
    title: str
    value: float
    stat: Interval | None
    syst: Interval | None
    unit: str
    method: str
    note: str = ""

    def __post_init__(self) -> None:
        parts = [self.value, *(self.stat or ()), *(self.syst or ())]
        if not all(math.isfinite(part) for part in parts) or min(parts[1:], default=0.0) < 0:
            raise DataError(
                f"the number {self.name!r} is {self.value} with the uncertainties {self.stat} (stat) and {self.syst} "
                "(syst)",
                cure="look at the fit that it comes from: a number needs finite, positive uncertainties",
            )

    @property
    def total(self) -> Interval | None:
        """Statistical and systematic uncertainty, added in quadrature."""
        parts = [part for part in (self.stat, self.syst) if part]
        return (math.hypot(*(p[0] for p in parts)), math.hypot(*(p[1] for p in parts))) if parts else None

    def as_json(self) -> dict[str, Any]:
        """The number as JSON: lists, not tuples."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Number:
        """The number that :meth:`as_json` described."""
        pairs = {name: tuple(stored[name]) if stored[name] is not None else None for name in ("stat", "syst")}
        return cls(**{**stored, **pairs})


@dataclass(frozen=True)
class Axis:
    """An axis of a table: the values that its rows are about.

    Args:
        title: for people; may hold LaTeX.
        unit: such as ``"GeV"``; empty if it has none.
        values: a number, a text, or the two edges of a bin, for each row.
    """

    title: str
    unit: str
    values: tuple[float | str | Interval, ...]


@dataclass(frozen=True)
class Column:
    """A quantity, row by row.

    Args:
        title: for people; may hold LaTeX.
        unit: such as ``"GeV"``; empty if it has none.
        values: one a row; ``None`` where there is none.
        errors: uncertainties by name (such as ``"stat"``), downwards and upwards, one a row.
        qualifiers: what holds for all of them, by name.
    """

    title: str
    unit: str
    values: tuple[float | None, ...]
    errors: Mapping[str, tuple[Interval, ...]]
    qualifiers: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """Numbers that belong together.

    Args:
        name: unique in a study.
        title: what the table shows, in a sentence; may hold LaTeX.
        axes: what the rows are about.
        columns: what is known of them.
        technical: for those who check a result rather than read it; a page shows it behind the others, and closed.
    """

    name: str
    title: str
    axes: tuple[Axis, ...]
    columns: tuple[Column, ...]
    technical: bool = False

    def __post_init__(self) -> None:
        lengths = {len(axis.values) for axis in self.axes} | {len(column.values) for column in self.columns}
        lengths |= {len(errors) for column in self.columns for errors in column.errors.values()}
        if len(lengths) != 1:
            raise DataError(f"the table {self.name!r} has columns of different lengths: {sorted(lengths)}")

    def as_json(self) -> dict[str, Any]:
        """The table as JSON: lists, not tuples."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Table:
        """The table that :meth:`as_json` described."""
        return cls(
            name=stored["name"],
            title=stored["title"],
            axes=tuple(
                Axis(a["title"], a["unit"], tuple(tuple(v) if isinstance(v, list | tuple) else v for v in a["values"]))
                for a in stored["axes"]
            ),
            columns=tuple(
                Column(
                    c["title"],
                    c["unit"],
                    tuple(c["values"]),
                    {name: tuple((low, high) for low, high in errors) for name, errors in c["errors"].items()},
                    dict(c["qualifiers"]),
                )
                for c in stored["columns"]
            ),
            # tables of older records do not say it
            technical=stored.get("technical", False),
        )


@dataclass(frozen=True)
class Check:
    """A test of what results rest on, such as the agreement of data and model in a distribution.

    Args:
        name: unique in a study, such as ``"njets_high_mt"``.
        title: what is tested, for people; may hold LaTeX.
        where: in which events, for people; may hold LaTeX.
        statistic: the chi2.
        ndf: degrees of freedom.
        p_value: probability of a larger statistic if all is as it should be; ``None`` if it cannot be told.
        least: p-value below which the check fails.
        note: what a reader has to know, such as what covers a failure; may hold LaTeX.
        table: name of the table that has the same numbers; empty if there is none.
    """

    name: str
    title: str
    where: str
    statistic: float
    ndf: int
    p_value: float | None
    least: float = 0.01
    note: str = ""
    table: str = ""

    @property
    def failed(self) -> bool:
        """Whether the p-value is small."""
        return self.p_value is not None and self.p_value < self.least

    @property
    def told(self) -> str:
        """The outcome as text."""
        chi2 = f"χ² / ndf = {self.statistic:.1f} / {self.ndf}"
        return chi2 if self.p_value is None else f"{chi2}, p = {self.p_value:.2g}"

    def as_json(self) -> dict[str, Any]:
        """The check as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Check:
        """The check that :meth:`as_json` described."""
        return cls(**stored)
