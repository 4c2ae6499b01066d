"""The numbers and tables of all stages of a study, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.errors import StudyError
from analysis.results import Number, Table

__all__ = ["collect_results"]


def collect_results(
    stages: Mapping[str, tuple[Mapping[str, Any], str, str]],
) -> tuple[dict[str, Any], list[Number], list[Table]]:
    """Put the results of stages together, in their order.

    Args:
        stages: by name what a stage found (``numbers`` and ``tables`` as JSON), and key and place of its record.

    Returns:
        ``numbers`` (with the stage as ``source``, its ``key`` and ``record``), ``tables`` and, if there are any,
        ``checks`` as JSON, and numbers and tables as objects.

    Raises:
        StudyError: two numbers, or two tables, of one name.
    """
    found: dict[str, Any] = {"numbers": [], "tables": []}
    checks = [one for content, _, _ in stages.values() for one in content.get("checks", [])]
    if checks:
        found["checks"] = checks
    numbers: list[Number] = []
    tables: list[Table] = []
    source: dict[tuple[str, str], str] = {}
    for stage, (content, key, place) in stages.items():
        for kind in ("numbers", "tables"):
            for one in content.get(kind, []):
                other = source.setdefault((kind, one["name"]), stage)
                if other != stage:
                    raise StudyError(
                        f"the stages {other!r} and {stage!r} both have {kind[:-1]} {one['name']!r}",
                        cure="give each a name of its own",
                    )
        found["numbers"] += [
            {**one, "source": stage, "key": key, "record": place} for one in content.get("numbers", [])
        ]
        numbers += [Number.from_json(one) for one in content.get("numbers", [])]
        tables += [Table.from_json(one) for one in content.get("tables", [])]
    found["tables"] = [table.as_json() for table in tables]
    return found, numbers, tables
