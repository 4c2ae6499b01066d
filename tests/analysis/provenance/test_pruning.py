"""The choice of what may go from a store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.provenance.inventory import Location, StoredPlace, find_places, locations, read_manifests
from analysis.provenance.local_store import LocalStore
from analysis.provenance.pruning import Choice, Needed, choose, made_of, removals_of, time_of
from analysis.provenance.records import Record
from analysis.provenance.remote.files import Entry
from tests.analysis.provenance.stored import write_record

NOW = time.time()
DAY = 86_400.0
NOTHING = Needed()


@pytest.fixture
def location(tmp_path: Path) -> Location:
    (found,) = locations([LocalStore(tmp_path / "store")])
    return found


def chain(location: Location, version: int, **more: Any) -> list[Record]:
    """Records of raw events, of a calibration that is made of them, and of a fit."""
    raw = write_record(location.store, "FetchData", days=100, study=more.get("study", "study"))
    calibrated = write_record(location.store, "CalibrateEvents", version=version, inputs=[raw], **more)
    return [raw, calibrated, write_record(location.store, "Fit", version=version, inputs=[calibrated], **more)]


def chosen(location: Location, needed: Needed = NOTHING, before: float = NOW - DAY, **more: Any) -> Choice:
    places = find_places(location)
    return choose(places, read_manifests(places), needed, before=before, **more)


def going(choice: Choice) -> set[str]:
    return {one.place for one in choice.going}


def places(records: Sequence[Record]) -> set[str]:
    return {record.place for record in records}


def test_what_a_needed_record_was_made_of_stays(location: Location):
    old, new = chain(location, 1), chain(location, 2)
    choice = chosen(location, Needed(current=frozenset({new[2].place})))
    assert going(choice) == places(old) - places(new)
    assert set(choice.staying.values()) == {"current"}
    choice = chosen(location, Needed(current=frozenset({new[2].place}), pinned=frozenset({old[1].key})))
    assert going(choice) == {old[2].place}
    assert choice.staying[old[1].place] == "pinned"
    assert going(chosen(location)) == places(old) | places(new)


def test_preserved_results_and_what_capsules_list(location: Location):
    old, new = chain(location, 1), chain(location, 2)
    capsule = write_record(location.store, "PreserveStudy", inputs=old[2:])
    assert going(chosen(location)) == places(new[1:])
    assert chosen(location).staying[capsule.place] == "preserved"
    # somewhere else
    assert going(chosen(location, Needed(preserved=frozenset({new[1].place})))) == {new[2].place}


def test_young_records_and_what_was_used_lately_stay(location: Location):
    old = chain(location, 1)
    used = write_record(location.store, "Fit", version=7, inputs=old[1:2], days=0.2)
    choice = chosen(location)
    assert going(choice) == {old[2].place}
    assert choice.staying[used.place] == choice.staying[old[1].place] == "young"
    assert going(chosen(location, before=NOW + DAY)) == {*places(old), used.place}


def test_newest_versions_of_each_series_stay(location: Location):
    fits = [write_record(location.store, "Fit", version=n, days=10 + n) for n in range(4)]
    other = write_record(location.store, "Fit", series="toys", days=99)
    choice = chosen(location, versions=2)
    assert going(choice) == places(fits[2:])
    assert choice.staying[other.place] == "among the newest"
    assert going(chosen(location, versions=2, restricted={fits[3].place})) == {fits[3].place}


def test_a_study_that_is_not_known_keeps_its_records(location: Location):
    records = chain(location, 1, study="lost")
    assert going(chosen(location, Needed(unknown=frozenset({"lost"})))) == set()
    assert going(chosen(location)) == places(records)


def test_the_age_of_a_place_is_that_of_its_youngest_record(location: Location):
    entries = {f"{label}.manifest.json": Entry(10, modified=NOW - DAY * days) for label, days in (("a", 9), ("b", 2))}
    place = StoredPlace(location, "study/Fit/default-0123456789ab", entries)
    made = {"made": {"end": "2020-01-01T00:00:00+00:00"}}
    assert time_of(place, made) == NOW - 2 * DAY
    one = StoredPlace(location, place.place, {"manifest.json": Entry(10, modified=NOW)})
    assert time_of(one, made) == 1577836800.0
    assert time_of(one, None) == NOW
    # a server without times
    assert time_of(StoredPlace(location, place.place, {"a.json": Entry(1)}), None) == float("inf")


def test_each_record_goes_as_one(location: Location):
    record = write_record(location.store, "Fit", labels=("run.1", "run.1.more", "x"))
    folder = Path(location.address) / record.place
    (folder / "events_0-9.parquet").write_bytes(b"half")
    (folder / "x.manifest.json").unlink()
    (place,) = find_places(location)
    found = {one.label: one for one in removals_of(place)}
    assert found.keys() == {"run.1", "run.1.more", "events_0-9", "x", "x.numbers"}
    assert found["run.1"].names == ("run.1.manifest.json", "run.1.json", "run.1.numbers.bin")
    assert found["run.1.more"].names[0] == "run.1.more.manifest.json"
    assert found["events_0-9"].names == ("events_0-9.manifest.json", "events_0-9.parquet")
    assert sum(one.size for one in found.values()) == place.size


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_nothing_that_is_needed_ever_goes(data: st.DataObject):
    numbers = list(range(data.draw(st.integers(1, 12))))
    inputs = {n: data.draw(st.sets(st.sampled_from(numbers[:n])) if n else st.just(set())) for n in numbers}
    roots = data.draw(st.sets(st.sampled_from(numbers)))
    preserved = data.draw(st.sets(st.sampled_from(numbers)))
    pinned = data.draw(st.sets(st.sampled_from(numbers)))
    age = {n: data.draw(st.floats(0, 20)) for n in numbers}
    store = locations([LocalStore(Path("/nowhere"))])[0]
    name = {n: f"study/{'PreserveStudy' if n in preserved else 'Fit'}/series-{n:012x}" for n in numbers}
    stored = [StoredPlace(store, name[n], {"manifest.json": Entry(1, modified=NOW)}) for n in numbers]
    manifests = {
        one: {
            "inputs": [{"place": name[i]} for i in inputs[n]],
            "made": {"end": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(NOW - DAY * age[n]))},
        }
        for n, one in enumerate(stored)
    }
    needed = Needed(frozenset(name[n] for n in roots), frozenset(f"{n:012x}" for n in pinned))
    choice = choose(stored, manifests, needed, before=NOW - 10 * DAY)
    kept = roots | preserved | pinned | {n for n in numbers if age[n] < 9.99}
    needs = made_of([name[n] for n in kept], {name[n]: {name[i] for i in inputs[n]} for n in numbers})
    assert not needs & going(choice)
    assert going(choice) | choice.staying.keys() == set(name.values())
    # and nothing stays that is not
    certain = {n for n in numbers if n in kept or age[n] < 10.01}
    assert going(choice) >= set(name.values()) - made_of(
        [name[n] for n in certain], {name[n]: {name[i] for i in inputs[n]} for n in numbers}
    )
