"""Display of records in Python and in a notebook: numbers, tables, corrections and figures."""

from __future__ import annotations

import base64
import dataclasses
import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.calibration import SavedCalibration
from analysis.inference.rounding import measured_text
from analysis.report.formatting import count, number_text, significant
from analysis.report.mathematics import as_html, as_text, unit_as_html
from analysis.results import Axis, Column, Number, Table

__all__ = ["Figure", "Figures", "Results", "ShownCalibration", "html_table"]

# rows of a table that are shown
_ROWS = 10


class Results(dict[str, Any]):
    """Results of a stage, as its record has them; ``numbers`` and ``tables`` as objects.

    Examples:
        >>> mass = Number("mass", "$m$", 91.18, (0.8, 0.8), None, "GeV", "mean")
        >>> found = Results({"headline": {"events": "12"}, "numbers": [mass.as_json()]})
        >>> found
        events: 12
        mass = 91.18 ± 0.80 (stat) GeV
        >>> found.numbers["mass"].stat
        (0.8, 0.8)
    """

    @property
    def numbers(self) -> dict[str, Number]:
        """Numbers with their uncertainties, by name."""
        known = [field.name for field in dataclasses.fields(Number)]
        found = (Number.from_json({name: one[name] for name in known if name in one}) for one in self._all("numbers"))
        return {number.name: number for number in found}

    @property
    def tables(self) -> dict[str, Table]:
        """Tables, by name."""
        return {table.name: table for table in map(Table.from_json, self._all("tables"))}

    def _all(self, kind: str) -> Iterable[Any]:
        return self.get(kind, ())

    def __repr__(self) -> str:
        lines = [f"{as_text(name)}: {as_text(str(text))}" for name, text in self.get("headline", {}).items()]
        lines += [f"{name} = {number_text(number)}" for name, number in self.numbers.items()]
        lines += [f"{name}: {count(_rows(one), 'row')}, {as_text(one.title)}" for name, one in self.tables.items()]
        return "\n".join(lines) or f"Results({', '.join(map(repr, self))})"

    def _repr_html_(self) -> str:
        parts = []
        if told := self.get("headline"):
            parts.append(html_table((), ((as_html(name), as_html(str(text))) for name, text in told.items())))
        if numbers := self.numbers.values():
            rows = (
                (
                    as_html(one.title),
                    html.escape(number_text(dataclasses.replace(one, unit=""))),
                    unit_as_html(one.unit),
                )
                for one in numbers
            )
            parts.append(html_table(("number", "value", "unit"), rows))
        parts += [_as_html(table) for table in self.tables.values()]
        return "\n".join(parts) or f"<pre>{html.escape(repr(self))}</pre>"


class ShownCalibration(SavedCalibration):
    """A derived calibration as its record has it; shows its corrections and what they were derived from."""

    @property
    def results(self) -> Results:
        """The measurements that it was derived from, with numbers and tables as objects."""
        return Results(self.measurements)

    def __repr__(self) -> str:
        return f"corrections: {', '.join(sorted(self.corrections))}\n{self.results!r}"

    def _repr_html_(self) -> str:
        described = ((html.escape(name), html.escape(self[name].description)) for name in sorted(self.corrections))
        return f"{html_table(('correction', ''), described)}\n{self.results._repr_html_()}"


@dataclass(frozen=True)
class Figure:
    """One figure of a record: PNG for screens, PDF for print.

    Args:
        name: of the figure.
        file: local path of a file of the record, by its name.
        title: for people; may hold LaTeX.
        caption: a sentence on it; may hold LaTeX.
    """

    name: str
    file: Callable[[str], Path] = dataclasses.field(repr=False)
    title: str = ""
    caption: str = ""

    @property
    def png(self) -> Path:
        """Local path of the PNG file."""
        return self.file(f"{self.name}.png")

    @property
    def pdf(self) -> Path:
        """Local path of the PDF file."""
        return self.file(f"{self.name}.pdf")

    def _repr_png_(self) -> bytes:
        return self.png.read_bytes()

    def shown(self) -> str:
        """The figure as HTML, with its title and caption."""
        data = base64.b64encode(self.png.read_bytes()).decode()
        title = as_html(self.title or self.name.replace("_", " "))
        words = f"<b>{title}</b>{'. ' if self.caption else ''}{as_html(self.caption)}"
        alternative = html.escape(as_text(self.title or self.name), quote=True)
        image = f'<img src="data:image/png;base64,{data}" alt="{alternative}" style="max-width: 100%">'
        return f"<figure>{image}<figcaption>{words}</figcaption></figure>"


class Figures(dict[str, Figure]):
    """The figures of a stage, by name."""

    def __repr__(self) -> str:
        return f"figures: {', '.join(self)}"

    def _repr_html_(self) -> str:
        return "\n".join(figure.shown() for figure in self.values())


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already.

    Examples:
        >>> html_table(("a", "b"), [("1", "<i>x</i>")])
        '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><i>x</i></td></tr></tbody></table>'
    """
    top = f"<thead>{_row(head, 'th')}</thead>" if head else ""
    return f"<table>{top}<tbody>{''.join(_row(cells, 'td') for cells in rows)}</tbody></table>"


def _row(cells: Iterable[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def _rows(table: Table) -> int:
    parts: tuple[Axis | Column, ...] = (*table.axes, *table.columns)
    return len(parts[0].values)


def _as_html(table: Table) -> str:
    parts: tuple[Axis | Column, ...] = (*table.axes, *table.columns)
    head = [as_html(part.title) + (f" [{unit_as_html(part.unit)}]" if part.unit else "") for part in parts]
    rows = [
        (*(_place(axis.values[number]) for axis in table.axes), *(_cell(one, number) for one in table.columns))
        for number in range(min(_rows(table), _ROWS))
    ]
    more = f"<p>and {_rows(table) - _ROWS} more rows</p>" if _rows(table) > _ROWS else ""
    return f"<p>{as_html(table.title)}</p>{html_table(head, rows)}{more}"


def _place(value: float | str | tuple[float, float]) -> str:
    if isinstance(value, str):
        return as_html(value)
    return f"{value[0]:g} – {value[1]:g}" if isinstance(value, tuple) else f"{value:g}"


def _cell(column: Column, number: int) -> str:
    value = column.values[number]
    if value is None:
        return "–"
    errors = {name: pairs[number] for name, pairs in column.errors.items()}
    if not errors:
        return significant(value)
    return measured_text(value, *((html.escape(name), pair) for name, pair in errors.items()))
