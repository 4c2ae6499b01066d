"""The index of records: what it says is what the stores have."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from analysis.provenance.inventory import Location, locations
from analysis.provenance.local_store import LocalStore
from analysis.provenance.record_index import RecordIndex
from tests.analysis.provenance.stored import write_record


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    local = LocalStore(tmp_path / "store")
    events = write_record(local, "SimulateData", series="proton", labels=("events_0-10", "events_10-20"), days=3)
    write_record(local, "TrainModel", inputs=[events], parameters={"statistics": "small"}, days=2)
    write_record(local, "FitMeasurement", study="other", version=1, days=1)
    # long ago, as far as the clock of the file system tells
    for path in (tmp_path / "store").glob("*/*/*"):
        os.utime(path, (1e9, 1e9))
    return local


@pytest.fixture
def index(tmp_path: Path) -> RecordIndex:
    return RecordIndex(tmp_path / "index.sqlite")


def where(store: LocalStore) -> tuple[Location, ...]:
    return locations([store])


def test_it_says_what_manifests_say(store: LocalStore, index: RecordIndex):
    assert index.refresh(where(store)) == 3
    rows, total = index.search()
    assert total == 3
    assert [(row.study, row.task, row.series, row.records) for row in rows] == [
        ("other", "FitMeasurement", "default", 1),
        ("study", "TrainModel", "default", 1),
        ("study", "SimulateData", "proton", 2),
    ]
    assert rows[1].parameters == {"statistics": "small"}
    assert index.made_from(rows[2].place) == [rows[1].place]
    assert index.names() == {"other": ["FitMeasurement"], "study": ["SimulateData", "TrainModel"]}
    assert sum(row[4] for row in index.sizes()) == sum(row.size for row in rows)


def test_only_what_changed_is_looked_into(store: LocalStore, index: RecordIndex):
    index.refresh(where(store))
    assert index.refresh(where(store)) == 0
    place = write_record(store, "TrainModel", version=2, days=0).place
    assert index.refresh(where(store)) == 1
    assert index.search()[0][0].place == place
    # it was written within the last moment, so the clock may not tell a further change
    assert index.refresh(where(store)) == 1
    shutil.rmtree(Path(store.url(place)))
    assert index.refresh(where(store)) == 1
    assert index.of_place(place) is None


def test_a_record_that_goes_from_its_place_is_seen(store: LocalStore, index: RecordIndex):
    index.refresh(where(store))
    place = index.search("proton")[0][0].place
    store.remove(place, "events_10-20.manifest.json")
    assert index.refresh(where(store)) == 1
    assert index.search("proton")[0][0].records == 1


def test_another_store_is_not_mixed_in(store: LocalStore, index: RecordIndex, tmp_path: Path):
    index.refresh(where(store))
    assert index.refresh(where(LocalStore(tmp_path / "empty"))) == 3
    assert index.search() == ([], 0)


@pytest.mark.parametrize(
    ("words", "number"), [("train", 1), ("STUDY train", 1), ("proton study", 1), ("%", 0), ("_", 0), ("fit train", 0)]
)
def test_words_are_all_there(store: LocalStore, index: RecordIndex, words: str, number: int):
    index.refresh(where(store))
    assert index.search(words)[1] == number


def test_states_and_order_and_parts_of_a_list(store: LocalStore, index: RecordIndex):
    index.refresh(where(store))
    index.set_states({row.place: "current" for row in index.search(task="TrainModel")[0]})
    assert [row.task for row in index.search(state="current")[0]] == ["TrainModel"]
    assert [row.task for row in index.search("current")[0]] == ["TrainModel"]
    assert [row.task for row in index.search(order="oldest", first=1, most=1)[0]] == ["TrainModel"]


def test_a_damaged_file_is_made_anew(store: LocalStore, tmp_path: Path):
    file = tmp_path / "index.sqlite"
    file.write_bytes(b"no database at all" * 100)
    index = RecordIndex(file)
    index.refresh(where(store))
    assert index.search()[1] == 3
