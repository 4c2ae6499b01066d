"""Listing of published networks, and an index of them for others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import law
import luigi

from analysis.printable import in_a_line
from tasks.framework.models_section import model_folders
from tasks.framework.project_task import ProjectTask
from tasks.framework.reporting import tell
from tasks.list_records import in_bytes

__all__ = ["ListModels"]

_SHOWN = 2


class ListModels(ProjectTask):
    """List published networks: name and version, task, physics, data, size, metrics, licence."""

    folder = law.CSVParameter(
        default=(),
        description="folders with published networks, or indexes of such (JSON); default: folders in law.cfg, section "
        "[models]",
    )
    search = luigi.Parameter(default="", description="words that all have to be there; default: none")
    to = luigi.Parameter(default="", description="file for the index, JSON; default: none is written")
    json = luigi.BoolParameter(default=False, description="print a list of objects, for scripts; default: a table")

    def output(self):
        return []

    def complete(self):
        return True

    def run(self):
        """Nothing: the summary is all there is."""

    def summary(self) -> Iterator[tuple[str, str]]:
        from analysis.exchange.index import Index, find, searched

        found = find([Path(os.path.expanduser(one)) for one in self.folder] or model_folders())
        chosen = searched(found.entries, self.search)
        if self.to:
            Index(tuple(chosen)).write(Path(os.path.expanduser(self.to)))
        if self.json:
            tell(json.dumps([asdict(one) for one in chosen], indent=1))
            return
        if chosen:
            _show(chosen)
        for problem in found.problems:
            yield "cannot be read", in_a_line(problem)
        yield "in all", f"{len(chosen)} of {len(found.entries)} published networks"
        if self.to:
            yield "index", self.to


def _show(entries: Sequence[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("name", "task", "physics", "data", "size", "metrics", "licence"):
        table.add_column(heading, justify="right" if heading == "size" else "left", overflow="fold")
    for one in entries:
        metrics = [_metric(metric) for metric in one.metrics[:_SHOWN]]
        metrics += [f"and {len(one.metrics) - _SHOWN} more"] if len(one.metrics) > _SHOWN else []
        texts = (
            one.name,
            one.task,
            one.title,
            ", ".join(one.datasets),
            in_bytes(one.size),
            "; ".join(metrics),
            one.licence,
        )
        # names may hold brackets, which are no styles
        table.add_row(*(in_a_line(text).replace("[", r"\[") for text in texts))
    console = Console(highlight=False)
    if not console.is_terminal:
        # into a file, every row whole
        console.width = 240
    with console.capture() as captured:
        console.print(table)
    tell("\n".join(line.rstrip() for line in captured.get().rstrip("\n").splitlines()))


def _metric(metric: Mapping[str, Any]) -> str:
    from analysis.report.formatting import number_text
    from analysis.results import Number

    stat, syst = (tuple(metric[name]) if name in metric else None for name in ("stat", "syst"))
    number = Number(metric["name"], metric["title"], metric["value"], stat, syst, metric.get("unit", ""), "")
    return f"{number.title or number.name} {number_text(number)}"
