"""Values of stages, as tasks load them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.formats.format import format_named
from analysis.results import Number
from analysis.stages import Stage
from analysis.study import Study
from tasks.framework.record_task import Need

__all__ = ["headline_of", "label_of", "numbers_of", "told_of", "value_of"]

# tables of so many rows and columns are told on a terminal
_ROWS = 8
_COLUMNS = 6


def value_of(need: Need, label: str, fields: tuple[str, ...] | None) -> Any:
    """The value of a requirement: of several records put together, of folds as a list."""
    task, records = need.task, need.records(label)
    values = task.load(records, fields)
    if task.per == "fold":
        return values
    return values[0] if len(values) == 1 else format_named(task.chapter.format).combine(values)


def label_of(study: Study, stage: Stage, luminosity: float | None) -> dict[str, Any]:
    """The label above a stage's figures; the luminosity, where it is known, is that of a campaign."""
    experiment = getattr(stage, "observe", "") or study.experiment
    found: dict[str, Any] = {"experiment": experiment, "energy": study.energy}
    if getattr(stage, "simulation", False):
        found["simulation"] = True
    if stage.per == "campaign":
        found["luminosity"] = luminosity
    return found


def headline_of(stage: Stage, value: Any) -> Iterator[tuple[str, str]]:
    """Read the headline of a stage that holds results; nothing for other stages."""
    if stage.holds == "results":
        yield from _content(value).get("headline", {}).items()


def told_of(stage: Stage, value: Any) -> Iterator[tuple[str, str]]:
    """Read what a stage that holds results has to tell: its headline, else its numbers and its small tables."""
    headline = dict(headline_of(stage, value))
    yield from headline.items()
    if stage.holds != "results" or set(headline) - {"warning"}:
        return
    for number in _content(value).get("numbers", ()):
        errors = {name: number[name] for name in ("stat", "syst") if number[name]}
        yield number["title"], _told(number["value"], errors, number["unit"])
    for table in _content(value).get("tables", ()):
        (axis, *more), columns = table["axes"], table["columns"]
        if more or len(axis["values"]) > _ROWS or len(columns) > _COLUMNS:
            continue
        for place, row in enumerate(axis["values"]):
            where = " - ".join(f"{edge:.4g}" for edge in row) if isinstance(row, list) else row
            cells = [
                f"{column['title']} "
                + _told(column["values"][place], {n: e[place] for n, e in column["errors"].items()}, column["unit"])
                for column in columns
                if column["values"][place] is not None
            ]
            yield f"{axis['title']} {where} {axis['unit']}".rstrip(), ", ".join(cells)


def _told(value: float, errors: dict[str, Any], unit: str) -> str:
    from analysis.inference.rounding import measured_text

    text = measured_text(value, *((name, tuple(pair)) for name, pair in errors.items())) if errors else f"{value:.4g}"
    return f"{text} {unit}".rstrip()


def _content(value: Any) -> Any:
    return value if isinstance(value, dict) else value.measurements


def numbers_of(value: Any) -> list[Number]:
    """Read the numbers of a stage that holds results."""
    return [Number.from_json(one) for one in _content(value).get("numbers", ())]
