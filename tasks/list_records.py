"""Listing of the records in all stores: search, order, a table or JSON."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import law
import luigi

from analysis.checking.names import check_known
from analysis.printable import in_a_line
from analysis.provenance.inventory import Location, StoredPlace, find_places, locations, read_manifests
from analysis.provenance.pruning import PRESERVING, made_at, made_of
from tasks.framework.parameters import AgeParameter, SizeParameter
from tasks.framework.progress import count_progress
from tasks.framework.project_task import ProjectTask
from tasks.framework.reporting import tell
from tasks.framework.settings import stores
from tasks.record_states import STATES, states_of

__all__ = ["ListRecords", "Row", "aligned", "in_bytes", "in_days"]

_ORDERS: dict[str, Callable[[Any], Any]] = {
    "name": lambda row: (row.study, row.task, row.series, -row.time),
    "age": lambda row: -row.time,
    "size": lambda row: -row.size,
    "key": lambda row: row.key,
}
_SHORT_COMMIT = 10


@dataclass(frozen=True)
class Row:
    """The records of one key.

    Args:
        study: name of the study.
        task: name of the task's folder.
        series: data set, network or campaign.
        key: of the records.
        records: how many there are.
        size: bytes of their files.
        time: when they were made, as one manifest says, seconds since the epoch.
        commit: of the code that made them, ``+`` behind it if files differed from it; empty if not known.
        host: that made them.
        states: see :data:`~tasks.record_states.STATES`.
        address: of their place.
    """

    study: str
    task: str
    series: str
    key: str
    records: int
    size: int
    time: float
    commit: str
    host: str
    states: tuple[str, ...]
    address: str

    def as_json(self) -> dict[str, Any]:
        """The row as an object of JSON; the time as ISO 8601, UTC."""
        return asdict(self) | {"time": in_utc(self.time)}


class ListRecords(ProjectTask):
    """List the records in all stores, a line a key: number, size, age, commit, host, and what they are kept for."""

    study = law.CSVParameter(default=(), description="names of studies; default: all that have records")
    task = law.CSVParameter(default=(), description="names of tasks or stages; default: all")
    series = law.CSVParameter(default=(), description="data sets, networks or campaigns; default: all")
    key = luigi.Parameter(default="", description="first digits of the key; default: any")
    older_than = AgeParameter(default="", description="least age, such as 30d, 12h, 2w; default: any")
    newer_than = AgeParameter(default="", description="greatest age; default: any")
    larger_than = SizeParameter(default="", description="least size of a key's records, such as 500MB; default: any")
    smaller_than = SizeParameter(default="", description="greatest size; default: any")
    commit = luigi.Parameter(default="", description="first digits of the commit that made them; default: any")
    host = luigi.Parameter(default="", description="part of the name of the machine that made them; default: any")
    state = law.CSVParameter(
        default=(),
        description=f"what they are: {', '.join(STATES)}; of several, any of them; default: anything",
    )
    order = luigi.ChoiceParameter(
        default="name", choices=list(_ORDERS), description="name, age, size or key; default: name"
    )
    json = luigi.BoolParameter(default=False, description="print a list of objects, for scripts; default: a table")

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check the names of states.

        Raises:
            StudyError: there is none of that name; the message has the nearest one.
        """
        params = super().modify_param_values(params)
        check_known(params["state"], STATES, "--state", "state")
        return params

    def output(self):
        return []

    def complete(self):
        return True

    def run(self):
        """Nothing: the summary is all there is."""

    def summary(self) -> Iterator[tuple[str, str]]:
        rows = sorted(self.rows(), key=_ORDERS[self.order])
        if self.json:
            tell(json.dumps([row.as_json() for row in rows], indent=1))
            return
        for line in table(rows):
            tell(line)
        records, size = sum(row.records for row in rows), sum(row.size for row in rows)
        yield "in all", f"{len(rows):,} keys, {records:,} records, {in_bytes(size)}"

    def rows(self) -> Iterator[Row]:
        """Yield what is asked for, in no particular order."""
        where = locations(stores())
        if self.study:
            known = {name for location in where for name in location.store.folders("")}
            check_known(self.study, sorted(known), "--study", "study with records")
        places = [place for location in where for place in self._places(location) if self._is_sized(place)]
        with count_progress("manifests", len(places)) as report:
            manifests = read_manifests(places, report=report)
        preserved = preserved_places(where, {place.study for place in places})
        shown: set[str] = set()
        for place in places:
            # of a store with a copy, once
            if place.place in shown:
                continue
            shown.add(place.place)
            row = row_of(place, manifests.get(place), preserved)
            if self._is_asked_for(row):
                yield row

    def _places(self, location: Location) -> list[StoredPlace]:
        def wanted(study: str, task: str, series: str, key: str) -> bool:
            return (
                (not self.task or task in self.task or task.partition(".")[2] in self.task)
                and (not self.series or series in self.series or series.partition(".")[0] in self.series)
                and key.startswith(self.key)
            )

        progress = partial(count_progress, f"places in {location.address}")
        return [one for one in find_places(location, wanted, studies=self.study, progress=progress) if one.labels]

    def _is_sized(self, place: StoredPlace) -> bool:
        least, most = SizeParameter.number(self.larger_than), SizeParameter.number(self.smaller_than)
        return (least is None or place.size >= least) and (most is None or place.size <= most)

    def _is_asked_for(self, row: Row) -> bool:
        age = time.time() - row.time
        least, most = AgeParameter.number(self.older_than), AgeParameter.number(self.newer_than)
        return (
            (least is None or age >= least)
            and (most is None or age <= most)
            and row.commit.startswith(self.commit[:_SHORT_COMMIT])
            and self.host in row.host
            and (not self.state or bool(set(self.state) & set(row.states)))
        )


def row_of(place: StoredPlace, manifest: Mapping[str, Any] | None, preserved: set[str]) -> Row:
    """Describe the records of a place."""
    source, host = (manifest or {}).get("source", {}), (manifest or {}).get("host", {})
    commit = str(source.get("commit") or "")[:_SHORT_COMMIT]
    return Row(
        place.study,
        place.task,
        place.series,
        place.key,
        len(place.labels),
        place.size,
        made_at(place, manifest),
        f"{commit}+" if commit and source.get("dirty") else commit,
        str(host.get("name", "")),
        states_of(place, manifest, preserved),
        place.location.store.url(place.place),
    )


def preserved_places(where: Sequence[Location], studies: set[str]) -> set[str]:
    """Return the places of all that capsules in stores were made of; most stores have none, and are asked little."""
    inputs: dict[str, list[str]] = {}
    for study in sorted(studies):
        capsules = [
            place
            for location in where
            for place in find_places(location, lambda study, task, *_: task in PRESERVING, studies=(study,))
        ]
        if capsules:
            places = [place for location in where for place in find_places(location, studies=(study,))]
            inputs |= {
                place.place: [one["place"] for one in manifest.get("inputs", ())]
                for place, manifest in read_manifests(places).items()
            }
    return made_of([place for place in inputs if place.split("/")[1] in PRESERVING], inputs)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table."""
    now = time.time()
    lines = [("study", "task", "series", "key", "records", "size", "age", "commit", "host", "state")]
    for row in rows:
        about = (row.study, row.task, row.series, row.key, f"{row.records:,}", in_bytes(row.size))
        lines.append((*about, in_days(now - row.time), row.commit or "-", row.host or "-", ", ".join(row.states)))
    yield from aligned(lines, right={4, 5, 6}) if rows else ()


def aligned(lines: Sequence[tuple[str, ...]], right: set[int]) -> Iterator[str]:
    """Yield lines whose cells stand below each other.

    Args:
        lines: of cells.
        right: numbers of the columns whose cells end below each other.
    """
    shown = [tuple(map(in_a_line, line)) for line in lines]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for line in shown:
        cells = (
            f"{text:>{width}}" if number in right else f"{text:<{width}}"
            for number, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def in_utc(time: float) -> str | None:
    """Write a moment as ISO 8601, UTC; ``None`` for one that nothing tells."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds") if math.isfinite(time) else None


def in_bytes(size: float) -> str:
    """Write a number of bytes with a unit.

    Examples:
        >>> in_bytes(999), in_bytes(1_234_567)
        ('999 B', '1.2 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def in_days(seconds: float) -> str:
    """Write an age as people say it.

    Examples:
        >>> in_days(30), in_days(7200), in_days(86400 * 45)
        ('0 min', '2 h', '45 d')
    """
    if not math.isfinite(seconds):
        return "-"
    seconds = max(seconds, 0.0)
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 2 * 86_400 else f"{seconds / 86_400:.0f} d"
