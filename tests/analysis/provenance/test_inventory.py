"""The inventory of stores: places, sizes, manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance.inventory import Location, find_places, locations, read_manifests
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.records import Record
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.files import Entry
from analysis.provenance.remote_store import RemoteStore
from tests.analysis.provenance.servers import OnFolder, OnMemory, OnS3, OnXRootD
from tests.analysis.provenance.stored import write_record


class Cases:
    @pytest.fixture
    def location(self, address: str, tmp_path: Path) -> Location:
        (found,) = locations([RemoteStore(connect(address), tmp_path / "cache", 10**6)])
        return found

    def test_places_have_their_sizes_and_one_manifest(self, location: Location):
        store = location.store
        raw = write_record(store, "FetchData", series="run-2012", labels=("one", "two"))
        fit = write_record(store, "Fit", inputs=(raw,))
        write_record(store, "Fit", study="other", version=1)
        places = find_places(location)
        assert [(one.study, one.task, one.series, one.labels) for one in places] == [
            ("other", "Fit", "default", ("",)),
            ("study", "FetchData", "run-2012", ("one", "two")),
            ("study", "Fit", "default", ("",)),
        ]
        assert {one.place: one.key for one in places[1:]} == {raw.place: raw.key, fit.place: fit.key}
        for one in places:
            assert one.files == store.listing(one.place)
            assert one.size == sum(one.files.values()) > 0
        manifests = read_manifests(places)
        assert [manifests[one]["record"]["place"] for one in places] == [one.place for one in places]
        assert manifests[places[2]]["inputs"][0]["place"] == raw.place

    def test_what_is_not_wanted_is_not_asked_for(self, location: Location, monkeypatch: pytest.MonkeyPatch):
        kept = write_record(location.store, "Fit", version=1)
        for number in range(2, 5):
            write_record(location.store, "Fit", version=number)
            write_record(location.store, "Fit", study="other", version=number)
        asked: list[str] = []
        everything = location.files.everything

        def noted(path: str) -> dict[str, Entry]:
            asked.append(path)
            return everything(path)

        monkeypatch.setattr(location.files, "everything", noted)
        found = find_places(location, lambda study, task, series, key: key == kept.key, studies=("study",))
        assert [one.place for one in found] == [kept.place]
        assert sorted(asked) == ["", "study", "study/Fit", kept.place]

    def test_a_damaged_manifest_gives_way_to_the_next_one(self, location: Location, tmp_path: Path):
        record = write_record(location.store, "Fit", labels=("a", "b"))
        (tmp_path / "damaged").write_text("{")
        location.files.upload(tmp_path / "damaged", f"{record.place}/a.manifest.json")
        (place,) = find_places(location)
        assert read_manifests([place])[place]["record"]["label"] == "b"
        # of another record
        content = location.files.read(f"{record.place}/b.manifest.json").replace(record.key.encode(), b"0" * 12)
        (tmp_path / "wrong").write_bytes(content)
        location.files.upload(tmp_path / "wrong", f"{record.place}/b.manifest.json")
        assert read_manifests(find_places(location)) == {}

    def test_an_empty_store_has_no_places(self, location: Location):
        assert find_places(location) == []


class TestInMemory(OnMemory, Cases):
    pass


class TestInFolder(OnFolder, Cases):
    pass


@pytest.mark.services
class TestOnXRootD(OnXRootD, Cases):
    pass


@pytest.mark.services
class TestOnS3(OnS3, Cases):
    pass


def test_a_local_store_and_what_is_no_record(tmp_path: Path):
    store = LocalStore(tmp_path / "a store, 100%")
    record = write_record(store, "Fit")
    for folder in (".trash/x", "study/Fit/notes", "study/.hidden/x-0123456789ab", "study/Fit/deep/x-0123456789ab"):
        (store.root / folder).mkdir(parents=True)
    (location,) = locations([store, LocalStore(store.root)])
    (place,) = find_places(location)
    assert place.place == record.place
    assert not location.is_remote
    assert location.address.rstrip("/") == str(store.root)


def test_a_store_with_a_copy_has_two_locations(tmp_path: Path):
    remote = RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "cache", 10**6)
    local = LocalStore(tmp_path / "store")
    record = write_record(MirroredStore(local, remote, lambda text: pytest.fail(text)), "Fit")
    found = locations([MirroredStore(local, remote, lambda text: None)])
    assert [one.is_remote for one in found] == [False, True]
    assert [[place.place for place in find_places(one)] for one in found] == [[record.place]] * 2
    assert Record(found[1].store, record.place, "", record.payload).is_complete()


def test_a_store_on_a_disk_that_is_not_there_is_no_empty_one(tmp_path: Path):
    (location,) = locations([LocalStore(tmp_path / "missing" / "store")])
    with pytest.raises(StoreError, match="does not exist"):
        find_places(location)
