"""An index of the records of stores, kept in a file of this user: what a page lists without reading manifests.

It holds what one manifest of each place says, and says nothing that a store does not: whatever differs is looked at
again. A folder tells by its time that something in it has changed, so bringing the index up to date costs one look at
each folder's time. Servers tell none: there, new places are found by listings, and those of the last hour are looked
into again.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.provenance.inventory import Location, StoredPlace, parts_of_place, read_manifests
from analysis.provenance.pruning import made_at
from analysis.provenance.remote.threads import at_once

__all__ = ["ORDERS", "Indexed", "RecordIndex"]

_SCHEMA = """
create table if not exists places(
    address text, place text, study text, task text, series text, key text, records integer, size integer, time real,
    commit_ text, host text, state text default '', family text, parameters text, changed real, words text,
    primary key(address, place));
create table if not exists inputs(place text, input text, primary key(place, input)) without rowid;
create index if not exists made_from on inputs(input);
create index if not exists of_study on places(study, task);
create index if not exists by_time on places(time);
create index if not exists by_size on places(size);
"""
_VERSION = 1
#: orders of a list, by name
ORDERS = {
    "newest": "time desc",
    "oldest": "time",
    "largest": "size desc",
    "name": "study, task, series, time desc",
}
_THREADS, _AT_ONCE = 16, 500
# a change within the same tick of a file system's clock is not seen by a folder's time
_UNSURE_SECONDS, _YOUNG_SECONDS = 2.0, 3600.0
_COLUMNS = "address, place, study, task, series, key, records, size, time, commit_, host, state, family, parameters"


@dataclass(frozen=True)
class Indexed:
    """The records of one place, as the index has them.

    Args:
        address: of the location.
        place: in it.
        study: name of the study.
        task: name of the task's folder.
        series: data set, network or campaign.
        key: of the records.
        records: how many there are.
        size: bytes of their files.
        time: when they were made, seconds since the epoch.
        commit: of the code that made them, ``+`` behind it if files differed.
        host: that made them.
        state: words of :data:`tasks.record_states.STATES` with commas; empty as long as nobody has decided it.
        family: of the task.
        parameters: of the task, by name.
    """

    address: str
    place: str
    study: str
    task: str
    series: str
    key: str
    records: int
    size: int
    time: float
    commit: str
    host: str
    state: str
    family: str
    parameters: Mapping[str, str]


class RecordIndex:
    """The index in a file; any number of threads may use it.

    Args:
        file: made if it is not there, or of another version; its folder exists.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._prepare()
        except sqlite3.DatabaseError:
            # damaged: everything in it can be found anew
            file.unlink(missing_ok=True)
            self._prepare()

    def _prepare(self) -> None:
        with self._opened() as database:
            if database.execute("pragma user_version").fetchone()[0] not in (0, _VERSION):
                raise sqlite3.DatabaseError("another version")
            database.executescript(_SCHEMA)
            database.execute(f"pragma user_version = {_VERSION}")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.file, timeout=30.0)
        try:
            database.execute("pragma journal_mode = wal")
            # it can be made anew
            database.execute("pragma synchronous = off")
            with database:
                yield database
        finally:
            database.close()

    def refresh(self, where: Iterable[Location]) -> int:
        """Bring it up to date with stores; returns how many places were looked into or have gone.

        Raises:
            StoreError: a location cannot be reached.
        """
        locations = list(where)
        changes = sum(self._refresh(location) for location in locations)
        with self._opened() as database:
            addresses = [location.address for location in locations]
            marks = ", ".join("?" * len(addresses))
            gone = database.execute(f"delete from places where address not in ({marks})", addresses).rowcount
            if changes or gone:
                database.execute("delete from inputs where place not in (select place from places)")
        return changes + gone

    def _refresh(self, location: Location) -> int:
        with self._opened() as database:
            found = database.execute("select place, changed, time from places where address = ?", (location.address,))
            known = {place: (changed, made) for place, changed, made in found}
        now, times = time.time(), _times(location)
        due = []
        for place, changed in times.items():
            before = known.get(place)
            if before is None or (changed != before[0] if not location.is_remote else now - before[1] < _YOUNG_SECONDS):
                due.append(place)
        gone = [(location.address, place) for place in known.keys() - times.keys()]
        with self._opened() as database:
            database.executemany("delete from places where address = ? and place = ?", gone)
        for begin in range(0, len(due), _AT_ONCE):
            some = _looked_into(location, due[begin : begin + _AT_ONCE])
            manifests = read_manifests(some)
            with self._opened() as database:
                for one in some:
                    sure = times[one.place] if now - times[one.place] > _UNSURE_SECONDS else -1.0
                    _put(database, one, manifests.get(one), sure)
        return len(due) + len(gone)

    def search(
        self,
        words: str = "",
        *,
        study: str = "",
        task: str = "",
        state: str = "",
        order: str = "newest",
        first: int = 0,
        most: int = 100,
    ) -> tuple[list[Indexed], int]:
        """Search for places; returns some of what is found, and how many there are.

        Args:
            words: with blanks between them; each is in study, task, series, key, commit, host or state.
            study: name; empty for all.
            task: name; empty for all.
            state: a word of the states; empty for all.
            order: one of :data:`ORDERS`.
            first: number of those that are left out before.
            most: number of those that are returned.
        """
        conditions, values = ["records > 0"], list[Any]()
        for word in words.split()[:8]:
            conditions.append("(words like ? escape '\\' or state like ? escape '\\')")
            values += [_like(word)] * 2
        for column, value in (("study", study), ("task", task)):
            if value:
                conditions.append(f"{column} = ?")
                values.append(value)
        if state:
            conditions.append("state like ? escape '\\'")
            values.append(_like(state))
        where = " and ".join(conditions)
        with self._opened() as database:
            total = database.execute(f"select count(*) from places where {where}", values).fetchone()[0]
            rows = database.execute(
                f"select {_COLUMNS} from places where {where} order by {ORDERS[order]} limit ? offset ?",
                (*values, most, first),
            ).fetchall()
        return [_indexed(row) for row in rows], total

    def of_place(self, place: str) -> Indexed | None:
        """Return what it has of a place; ``None`` for one that it does not know."""
        with self._opened() as database:
            row = database.execute(f"select {_COLUMNS} from places where place = ? limit 1", (place,)).fetchone()
        return _indexed(row) if row else None

    def everything(self) -> list[Indexed]:
        """Return all places."""
        with self._opened() as database:
            return [_indexed(row) for row in database.execute(f"select {_COLUMNS} from places where records > 0")]

    def made_from(self, place: str) -> list[str]:
        """Return places whose records were made from those of a place, sorted."""
        with self._opened() as database:
            found = database.execute("select place from inputs where input = ? order by place", (place,))
            return [one for (one,) in found]

    def names(self) -> dict[str, list[str]]:
        """Return the names of studies, and the tasks of each."""
        names: dict[str, list[str]] = {}
        with self._opened() as database:
            for study, task in database.execute("select distinct study, task from places order by study, task"):
                names.setdefault(study, []).append(task)
        return names

    def sizes(self) -> list[tuple[str, str, int, int, int]]:
        """Return study, task, number of keys, number of records and bytes, the largest first."""
        with self._opened() as database:
            return database.execute(
                "select study, task, count(*), sum(records), sum(size) from places group by study, task"
                " order by sum(size) desc"
            ).fetchall()

    def set_states(self, states: Mapping[str, str]) -> None:
        """Keep the states of places."""
        with self._opened() as database:
            database.executemany(
                "update places set state = ? where place = ?", [(state, place) for place, state in states.items()]
            )


def _times(location: Location) -> dict[str, float]:
    """Return all places of a location with the times of their last change; 0 where a server tells none."""
    store = location.store
    found = {}
    for study in store.folders(""):
        for task in store.folders(study):
            for name, changed in store.folder_times(f"{study}/{task}").items():
                if parts_of_place(place := f"{study}/{task}/{name}"):
                    found[place] = changed
    return found


def _looked_into(location: Location, places: Sequence[str]) -> list[StoredPlace]:
    listing = location.files.everything
    if not location.is_remote:
        return [StoredPlace(location, place, listing(place)) for place in places]
    with at_once(_THREADS) as pool:
        return [StoredPlace(location, *one) for one in zip(places, pool.map(listing, places), strict=True)]


def _put(database: sqlite3.Connection, place: StoredPlace, manifest: Mapping[str, Any] | None, changed: float) -> None:
    known = manifest or {}
    source = known.get("source", {})
    commit = str(source.get("commit") or "")[:10]
    commit += "+" if commit and source.get("dirty") else ""
    host = str(known.get("host", {}).get("name", ""))
    family = str(known.get("record", {}).get("family", place.task))
    words = " ".join((place.study, place.task, place.series, place.key, commit, host))
    texts = {str(name): str(text) for name, text in known.get("parameters", {}).items()}
    # the state that was known stays until it is decided anew
    database.execute(
        "insert into places(address, place, study, task, series, key, records, size, time, commit_, host, family,"
        " parameters, changed, words) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set"
        " records = excluded.records, size = excluded.size, time = excluded.time, commit_ = excluded.commit_,"
        " host = excluded.host, parameters = excluded.parameters, changed = excluded.changed, words = excluded.words",
        (
            *(place.location.address, place.place, place.study, place.task, place.series, place.key),
            *(len(place.labels), place.size, made_at(place, manifest), commit, host, family),
            *(json.dumps(texts), changed, words),
        ),
    )
    inputs = {str(one["place"]) for one in known.get("inputs", ())}
    database.execute("delete from inputs where place = ?", (place.place,))
    database.executemany("insert into inputs values(?, ?)", [(place.place, one) for one in sorted(inputs)])


def _like(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _indexed(row: Sequence[Any]) -> Indexed:
    facts: Any = (*row[:-1], json.loads(row[-1]))
    return Indexed(*facts)
