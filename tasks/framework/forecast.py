"""``--dry-run``: what a command would make, and how long and how much that is, judged by earlier records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.provenance.estimates import Estimate, estimate
from tasks.batch.cores import usable_cores
from tasks.framework.reporting import tell, tell_lines
from tasks.framework.states import Node, all_nodes, incomplete, states_of

__all__ = ["Forecast", "Work", "forecast", "print_forecast"]


@dataclass(frozen=True)
class Work:
    """Records that a task would make.

    Args:
        node: the task.
        records: number of records.
        estimates: of its series by place; ``None`` for one of which nothing is known.
    """

    node: Node
    records: int
    estimates: Mapping[str, Estimate | None]

    @property
    def known(self) -> tuple[Estimate, ...]:
        """The estimates that there are."""
        return tuple(one for one in self.estimates.values() if one is not None)

    @property
    def is_known(self) -> bool:
        """Whether all of it is estimated."""
        return len(self.known) == len(self.estimates)


@dataclass(frozen=True)
class Forecast:
    """All that a command would make.

    Args:
        root: the state of its task.
        works: by task, what is made first first.
    """

    root: Node
    works: tuple[Work, ...]

    @property
    def seconds(self) -> float:
        """Time of all records, one after the other, as far as it is known."""
        return sum(one.seconds for work in self.works for one in work.known)

    @property
    def size(self) -> int:
        """Bytes of all records, as far as they are known."""
        return sum(one.size for work in self.works for one in work.known)

    def critical_path(self) -> tuple[float, list[str]]:
        """Seconds that it takes however many workers there are, and the tasks that have to wait for each other."""
        estimates = {place: one for work in self.works for place, one in work.estimates.items()}
        found: dict[int, tuple[float, list[str]]] = {}
        for node in reversed(list(all_nodes(self.root))):
            before, names = max((found[id(one)] for one in node.required), key=lambda path: path[0], default=(0.0, []))
            known = (one for series in node.series if (one := estimates.get(series.records.place)) is not None)
            own = max((one.longest for one in known), default=0.0)
            found[id(node)] = (before + own, [*names, node.name] if own else names)
        return found[id(self.root)]


def forecast(root: Any, samples: int = 2) -> Forecast:
    """Find out what a command would make, and estimate it.

    Args:
        root: the command's task.
        samples: manifests of earlier records that are read for each series.
    """
    node = states_of(root, incomplete)
    works, told = [], set()
    for one in reversed(list(all_nodes(node))):
        # several tasks may ask for the same records: those of some data sets, and of all
        missing = [series for series in one.series if series.missing and series.records.place not in told]
        told |= {series.records.place for series in missing}
        if missing and not one.complete:
            estimates = {
                series.records.place: estimate(series.records.store, series.records.place, series.missing, samples)
                for series in missing
            }
            works.append(Work(one, sum(len(series.missing) for series in missing), estimates))
    return Forecast(node, tuple(works))


def print_forecast(root: Any) -> None:
    """Print what a command would make, as a table of tasks, and what it would download."""
    found = forecast(root)
    if not found.works:
        tell("nothing is to be made" + ("" if found.root.complete or found.root.series else ": the task just runs"))
        return
    tell_lines([*_table(found), "", *_times(found), *_downloads(found.works)])


def _table(found: Forecast) -> Iterator[str]:
    rows = [("task", "records", "time", "disk")]
    names = dict.fromkeys(work.node.name for work in found.works)
    rows += [(name, *_columns([work for work in found.works if work.node.name == name])) for name in names]
    rows.append(("all", *_columns(found.works)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for name, *numbers in rows:
        columns = (f"{text:>{width}}" for text, width in zip(numbers, widths[1:], strict=True))
        yield f"{name:<{widths[0]}}  {'  '.join(columns)}"


def _columns(works: Sequence[Work]) -> tuple[str, str, str]:
    """Number of records, time and disk of some tasks."""
    from analysis.report.formatting import duration, file_size

    records, known = str(sum(work.records for work in works)), [one for work in works for one in work.known]
    if not known:
        return records, "unknown", "unknown"
    sign = "" if all(work.is_known for work in works) else "more than "
    time, size = duration(sum(one.seconds for one in known)), file_size(sum(one.size for one in known))
    return records, f"{sign}{time}", f"{sign}{size}"


def _times(found: Forecast) -> Iterator[str]:
    import luigi

    from analysis.report.formatting import duration

    if not any(work.known for work in found.works):
        yield "time and disk are not known: no such record was ever made in this store"
        return
    seconds, path = found.critical_path()
    workers = luigi.interface.core().workers or usable_cores()
    wall = max(found.seconds / workers, seconds)
    side = f"with {workers} worker{'s' * (workers != 1)}"
    about = "about" if all(work.is_known for work in found.works) else "more than"
    yield f"{about} {duration(wall)} {side}, and at least {duration(seconds)} with any number of them, in this order:"
    yield f"  {', '.join(dict.fromkeys(path))}"
    yield "time and disk are those of earlier records, by number of events; another machine may be faster or slower"


def _downloads(works: Sequence[Work]) -> Iterator[str]:
    """Tell how much has to come from servers before events can be read."""
    from analysis.report.formatting import file_size

    needed = [
        file
        for work in works
        for series in work.node.series
        if getattr(series.task, "copies_files", False)
        for label, file in zip(series.records.labels, series.task.dataset_of(series.name).all_files, strict=True)
        if label in series.missing
    ]
    if not needed:
        return
    from analysis.readers.opening import local_path
    from tasks.framework.data_access import data_access

    access = data_access()
    if files := [file for file in needed if local_path(file, access) is None]:
        known = sum(file.size or 0 for file in files)
        open_ = sum(not file.size for file in files)
        text = f"{file_size(known)}{f', and {open_} of unknown size' if open_ else ''}"
        yield f"to be downloaded: {len(files)} files, {text}"
