"""Values of stages, as tasks load them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.formats.format import format_named
from analysis.stages import Stage
from tasks.framework.record_task import Need

__all__ = ["headline_of", "value_of"]


def value_of(need: Need, label: str, fields: tuple[str, ...] | None) -> Any:
    """The value of a requirement: of several records put together, of folds as a list."""
    task, records = need.task, need.records(label)
    values = task.load(records, fields)
    if task.per == "fold":
        return values
    return values[0] if len(values) == 1 else format_named(task.chapter.format).combine(values)


def headline_of(stage: Stage, value: Any) -> Iterator[tuple[str, str]]:
    """Read the headline of a stage that holds results; nothing for other stages."""
    if stage.holds == "results":
        content = value if isinstance(value, dict) else value.measurements
        yield from content.get("headline", {}).items()
