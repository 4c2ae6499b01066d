"""The result page: one HTML file with all that it shows inside, for which no server and no network is needed."""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Mapping, Sequence

import jinja2
from markupsafe import Markup, escape

from analysis.inference.rounding import compact, decimals, fixed, told
from analysis.report import appearance
from analysis.report.details import details
from analysis.report.formatting import event_count, significant
from analysis.report.graph import draw_records, draw_steps
from analysis.report.material import DatasetRow, Page
from analysis.report.mathematics import as_html, as_text, unit_as_html
from analysis.results import Axis, Column, Number, Table

__all__ = ["render"]

Interval = tuple[float, float]

_KIND_OF_ERROR = re.compile(r" (\([a-z.]+\))")
# of tables whose rows are regions or processes, as fits and histograms call them
_NAMED = {"Channel", "Process", "Region", "Sample"}
_TWO_SIDED = re.compile(r"(−[\d.]+) (\+[\d.]+)")


def render(page: Page) -> str:
    """A study's result as one HTML file; the same page gives the same text.

    Args:
        page: what it shows.

    Raises:
        KeyError: a record names an input that is not among the page's records.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(appearance.read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False, "separators": (",", ":")}
    environment.filters |= {
        "math": lambda text: Markup(as_html(text)),
        "plain": as_text,
        "unit": lambda unit: Markup(unit_as_html(unit)),
        "event_count": event_count,
        "data_uri": _data_uri,
        "result": _result,
        "p_value": lambda p_value: significant(p_value, 2),
    }
    environment.tests["web_address"] = lambda url: url.startswith(("https://", "http://"))
    environment.globals |= {"number_cells": _number_cells, "column_cells": _column_cells, "axis_cells": _axis_cells}
    return environment.get_template("page.html").render(
        page=page,
        style=Markup(appearance.read("page.css")),
        script=Markup(appearance.read("page.js")),
        steps=draw_steps(page.records),
        records=draw_records(page.records),
        details=details(page.records),
        titled=lambda table: _titled(table, page.titles),
        sources=_sources(page.datasets),
    )


def _sources(datasets: Sequence[DatasetRow]) -> list[DatasetRow]:
    """One data set for each thing to cite."""
    return list({(row.citation, row.doi, row.url): row for row in reversed(datasets) if row.citation}.values())[::-1]


def _data_uri(content: bytes, kind: str) -> Markup:
    return Markup(f"data:{kind};base64,{base64.b64encode(content).decode()}")


def _result(text: str) -> Markup:
    """A text with a number, which breaks only between value and uncertainties; what follows ``;`` is smaller."""
    first, rest = map(as_html, text.partition("; ")[::2])
    first = _KIND_OF_ERROR.sub("\u00a0<small>\\1</small>", first.replace("± ", "±\u00a0"))
    first = _TWO_SIDED.sub("\\1\u00a0\\2", first)
    return Markup(f'{first}<small class="rest">{rest}</small>' if rest else first)


def _number_cells(number: Number) -> Mapping[str, Markup]:
    """Value and uncertainties, rounded alike."""
    pairs = {"stat": number.stat, "syst": number.syst}
    known = [part for pair in pairs.values() if pair is not None for part in pair]
    places = decimals(known) if any(known) else None
    cells = {"value": _value(number.value, places)}
    return cells | {name: _interval(pair, places) if pair else Markup("–") for name, pair in pairs.items()}


def _titled(table: Table, titles: Mapping[str, str]) -> Table:
    """A table of regions or processes, with their titles where there are some."""
    if not any(axis.title in _NAMED for axis in table.axes):
        return table

    def told(axis: Axis) -> Axis:
        values = tuple(titles.get(value, value) if isinstance(value, str) else value for value in axis.values)
        return dataclasses.replace(axis, values=values) if axis.title in _NAMED else axis

    columns = tuple(dataclasses.replace(one, title=titles.get(one.title, one.title)) for one in table.columns)
    return dataclasses.replace(table, axes=tuple(map(told, table.axes)), columns=columns)


def _column_cells(column: Column) -> list[Markup]:
    """A column's values with their uncertainties, rounded to these; with four digits where there are none."""
    cells = []
    for row, value in enumerate(column.values):
        if value is None:
            cells.append(Markup("–"))
            continue
        pairs = [errors[row] for errors in column.errors.values()]
        known = [part for pair in pairs for part in pair]
        places = decimals(known) if any(known) else None
        shown = _value(value, places) if any(known) else _marked(significant(value))
        cells.append(Markup(" ").join([shown, *(_interval(pair, places) for pair in pairs)]))
    return cells


def _axis_cells(values: Sequence[float | str | Interval]) -> list[str]:
    """Format the cells before the rows, all numbers with as many decimals as the one that needs most."""
    parts = [value if isinstance(value, tuple) else (value,) for value in values]
    texts = [f"{number:.6g}" for part in parts for number in part if not isinstance(number, str)]
    readable = all("e" not in text for text in texts)
    places = max((len(text.partition(".")[2]) for text in texts), default=0)

    def written(part: float | str) -> str:
        if isinstance(part, str):
            return part
        return fixed(part, places) if readable else compact(part)

    return [" – ".join(map(written, part)) for part in parts]


def _value(value: float, places: int | None) -> Markup:
    return _marked(compact(value) if places is None else told(value, places))


def _marked(text: str) -> Markup:
    return Markup(f'<span class="value">{escape(text)}</span>')


def _interval(pair: Interval, places: int | None) -> Markup:
    down, up = (compact(part) if places is None else told(part, places) for part in pair)
    if down == up:
        return Markup(f'<span class="error">± {escape(up)}</span>')
    return Markup(f'<span class="error two"><span>+{escape(up)}</span><span>−{escape(down)}</span></span>')
