"""What killed processes left in a store, and who is at work there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.provenance import leftovers
from analysis.provenance.inventory import Location, find_places, locations
from analysis.provenance.leftovers import Leftovers, find_leftovers, remove_locks
from analysis.provenance.local_store import LocalStore
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.trash import Trash, new_name
from tests.analysis.provenance.servers import OnFolder, OnS3, OnXRootD
from tests.analysis.provenance.stored import write_record

LATER = float("inf")
_HOLDS = """
import sys
from pathlib import Path
from analysis.provenance.local_store import LocalStore
store = LocalStore(Path(sys.argv[1]))
with store.lock(sys.argv[2], "events_0-9", lambda: None), store.draft(sys.argv[2], "events_0-9") as draft:
    (draft / "half").write_bytes(b"half of it")
    (store.workspace(sys.argv[2], "events_0-9") / "checkpoint").write_bytes(b"checkpoint")
    print("holds", flush=True)
    sys.stdin.read()
"""


def found(location: Location, wanted: tuple[str, ...] = (), before: float = LATER) -> Leftovers:
    return find_leftovers(location, find_places(location), wanted, before=before)


@pytest.fixture
def location(tmp_path: Path) -> Location:
    (one,) = locations([LocalStore(tmp_path / "store")])
    return one


def test_a_killed_writer_leaves_what_a_living_one_uses(location: Location):
    record = write_record(location.store, "Train")
    command = [sys.executable, "-c", _HOLDS, location.address, record.place]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "holds\n"
        assert found(location) == Leftovers(at_work=[record.place])
        writer.kill()
    left = found(location)
    assert left.at_work == []
    assert left.locks == [f"{record.place}/.events_0-9.lock"]
    assert {(one.kind, one.names, one.size) for one in left.removals} == {
        ("draft", (".events_0-9.part",), 10),
        ("workspace", (".workspace/events_0-9",), 10),
    }
    # the next writer of a wanted record goes on with its checkpoint
    assert [one.kind for one in found(location, (record.place,)).removals] == ["draft"]
    # what is young may be somebody's who holds no lock
    assert found(location, before=time.time() - 60) == Leftovers()
    remove_locks(location, left.locks)
    trash = Trash(location)
    trash.take(left.removals, new_name())
    assert found(location) == Leftovers()
    assert {path.name for path in (Path(location.address) / record.place).iterdir()} == {
        *("manifest.json", "json", "numbers.bin")
    }
    assert trash.bring_back(trash.heaps()[0]) == []
    assert sorted(one.kind for one in found(location).removals) == ["draft", "workspace"]


def test_workspaces_of_complete_records_and_damaged_files(location: Location):
    record = write_record(location.store, "Train")
    (location.store.workspace(record.place) / "checkpoint").write_bytes(b"123")
    write_record(location.store, "Fit")
    damaged = next(place for place in find_places(location) if place.task == "Fit")
    location.store.set_aside(damaged.place, "json")
    left = found(location, (record.place, damaged.place))
    assert {(one.kind, one.place) for one in left.removals} == {
        ("workspace", record.place),
        ("damaged file", damaged.place),
    }
    assert Trash(location).take(left.removals, new_name()) == []
    assert found(location) == Leftovers()


def test_a_lock_that_somebody_takes_meanwhile_stays(location: Location):
    record = write_record(location.store, "Train")
    with location.store.lock(record.place, "", lambda: None):
        remove_locks(location, [f"{record.place}/.record.lock", f"{record.place}/.gone.lock"])
        assert found(location).at_work == [record.place]


class Cases:
    @pytest.fixture
    def location(self, address: str, tmp_path: Path) -> Location:
        (one,) = locations([RemoteStore(connect(address), tmp_path / "cache", 10**6)])
        return one

    def test_leases_live_as_long_as_something_is_heard_of_them(
        self, location: Location, monkeypatch: pytest.MonkeyPatch
    ):
        record = write_record(location.store, "Train")
        store = location.store
        assert isinstance(store, RemoteStore)
        with store.lock(record.place, "", lambda: None):
            assert found(location) == Leftovers(at_work=[record.place])
        assert found(location) == Leftovers()
        # of a process on a machine that is no more
        location.files.create(f"{record.place}/.record.lease", b'{"owner": "1"}')
        location.files.create(f"{record.place}/.record.lease.alive", b"1 1")
        assert found(location).at_work == [record.place]
        monkeypatch.setattr(leftovers, "_DEAD_SECONDS", -10.0)
        left = found(location)
        assert left.at_work == []
        assert sorted(left.locks) == [f"{record.place}/.record.lease", f"{record.place}/.record.lease.alive"]
        remove_locks(location, left.locks)
        assert found(location) == Leftovers()
        assert location.files.listing(".trash") == {}

    def test_saved_workspaces(self, location: Location, tmp_path: Path):
        record = write_record(location.store, "Train")
        (tmp_path / "file").write_bytes(b"checkpoint")
        location.files.upload(tmp_path / "file", f"{record.place}/.workspace/other/checkpoint~3")
        assert found(location, (record.place,)) == Leftovers()
        (removal,) = found(location).removals
        assert (removal.kind, removal.names, removal.size, removal.label) == (
            *("workspace", (".workspace/other",), 10, "other"),
        )
        assert found(location, before=time.time() - 3600) == Leftovers()


class TestInFolder(OnFolder, Cases):
    def test_half_uploads(self, location: Location):
        record = write_record(location.store, "Train")
        part = Path(location.files.url.removeprefix("file://"), record.place, f".{'0' * 32}.part")
        part.write_bytes(b"half")
        os.utime(part, (1000, 1000))
        assert found(location, before=time.time() - 60).locks == [f"{record.place}/{part.name}"]


@pytest.mark.services
class TestOnXRootD(OnXRootD, Cases):
    pass


@pytest.mark.services
class TestOnS3(OnS3, Cases):
    pass
