"""The trash of a store: there and back again, whatever happens on the way."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.provenance.inventory import Location, find_places, locations
from analysis.provenance.local_store import LocalStore
from analysis.provenance.pruning import removals_of
from analysis.provenance.records import MANIFEST, Record
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.folder_files import FolderFiles
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.store import Store
from analysis.provenance.trash import Removal, Trash, new_name
from tests.analysis.provenance.servers import OnFolder, OnMemory, OnS3, OnXRootD
from tests.analysis.provenance.stored import PAYLOAD, write_record


def removals(location: Location) -> list[Removal]:
    return [removal for place in find_places(location) for removal in removals_of(place)]


def content(location: Location) -> dict[str, bytes]:
    """All files of records in a location."""
    return {
        f"{place.place}/{name}": location.files.read(f"{place.place}/{name}")
        for place in find_places(location)
        for name in place.files
    }


class Cases:
    # this server goes on to list folders in which nothing is any more
    keeps_folders = False

    @pytest.fixture
    def store(self, address: str, tmp_path: Path) -> Store:
        return RemoteStore(connect(address), tmp_path / "cache", 10**6)

    @pytest.fixture
    def location(self, store: Store) -> Location:
        (found,) = locations([store])
        return found

    def test_there_and_back(self, location: Location):
        fits = [write_record(location.store, "Fit", version=n, labels=("a", "b")) for n in range(2)]
        kept = write_record(location.store, "Train")
        before, trash, told = content(location), Trash(location), list[int]()
        gone = [one for one in removals(location) if one.place != kept.place]
        assert trash.take(gone, name := new_name(), told.append) == []
        assert told == [1, 2, 3, 4]
        assert content(location).keys() == {f"{kept.place}/{name}" for name in (MANIFEST, *PAYLOAD)}
        assert not any(Record(location.store, fit.place, "a", PAYLOAD).is_complete() for fit in fits)
        if not self.keeps_folders:
            assert location.files.listing("study").keys() == {"Train"}
        (heap,) = trash.heaps()
        assert (heap.name, heap.state, heap.size) == (name, "whole", sum(one.size for one in gone))
        assert trash.bring_back(heap) == []
        assert content(location) == before
        for fit in fits:
            Record(location.store, fit.place, "b", PAYLOAD).verify()
        assert trash.heaps() == []
        assert self.keeps_folders or ".trash" not in location.files.listing("")

    def test_what_was_made_anew_is_never_overwritten(self, location: Location):
        record, other = write_record(location.store, "Fit"), write_record(location.store, "Train")
        trash = Trash(location)
        trash.take(removals(location), new_name())
        again = write_record(location.store, "Fit", days=0.5)
        before = content(location)
        (heap,) = trash.heaps()
        assert [one.place for one in trash.bring_back(heap)] == [record.place]
        assert content(location).items() > before.items()
        assert other.is_complete()
        again.verify()
        (heap,) = trash.heaps()
        assert [one.place for one in heap.removals] == [record.place]

    def test_the_end(self, location: Location):
        write_record(location.store, "Fit")
        trash = Trash(location)
        trash.take(removals(location), new_name())
        (heap,) = trash.heaps()
        trash.empty(heap)
        assert trash.heaps() == []
        assert content(location) == {}

    def test_an_end_that_was_interrupted_is_gone_on_with(self, location: Location):
        write_record(location.store, "Fit")
        trash = Trash(location)
        trash.take(removals(location), name := new_name())
        location.files.rename(f".trash/{name}/contents.json", f".trash/{name}/emptying.json")
        (heap,) = trash.heaps()
        assert (heap.state, heap.removals) == ("ending", [])
        trash.empty(heap)
        assert trash.heaps() == []

    def test_a_record_that_is_being_written_stays(self, location: Location):
        busy, other = write_record(location.store, "Fit"), write_record(location.store, "Train")
        # as another machine has it
        held = location.store.lease(busy.place, "") if isinstance(location.store, RemoteStore) else None
        assert held is not None
        held.machine = "another"
        with held.held(lambda: None):
            stayed = Trash(location).take(removals(location), new_name())
            assert [one.place for one in stayed] == [busy.place]
        assert busy.is_complete()
        (heap,) = Trash(location).heaps()
        assert [one.place for one in heap.removals] == [other.place]
        with held.held(lambda: None):
            assert Trash(location).bring_back(heap) == []
        assert Trash(location).heaps() == []

    def test_a_workspace_goes_and_comes_back(self, location: Location, tmp_path: Path):
        record = write_record(location.store, "Train")
        for name in ("checkpoint~1", "deep/er"):
            (tmp_path / "file").write_text(name)
            location.files.upload(tmp_path / "file", f"{record.place}/.workspace/record/{name}")
        removal = Removal(record.place, "", (".workspace/record",), 19, "workspace")
        trash = Trash(location)
        trash.take([removal], new_name())
        assert location.files.stat(f"{record.place}/.workspace/record/checkpoint~1") is None
        assert record.is_complete()
        (heap,) = trash.heaps()
        assert trash.bring_back(heap) == []
        assert location.files.read(f"{record.place}/.workspace/record/deep/er") == b"deep/er"
        assert trash.heaps() == []

    def test_a_copy_that_a_killed_server_side_move_left_is_no_record_made_anew(self, location: Location):
        # where renaming is copying and deleting, it may end between the two
        record = write_record(location.store, "Fit")
        before, trash = content(location), Trash(location)
        trash.take(removals(location), name := new_name())
        for file in (MANIFEST, PAYLOAD[0]):
            inside = f".trash/{name}/files/{record.place}/{file}"
            location.files.create(f"{record.place}/{file}", location.files.read(inside))
        (heap,) = trash.heaps()
        assert trash.bring_back(heap) == []
        assert content(location) == before


class TestInMemory(OnMemory, Cases):
    pass


class TestInFolder(OnFolder, Cases):
    pass


@pytest.mark.services
class TestOnXRootD(OnXRootD, Cases):
    pass


@pytest.mark.services
class TestOnS3(OnS3, Cases):
    keeps_folders = True


def test_a_link_in_a_workspace_leads_nowhere(tmp_path: Path):
    store = LocalStore(tmp_path / "store")
    record = write_record(store, "Train")
    (outside := tmp_path / "outside").mkdir()
    (outside / "thesis").write_text("all of it")
    workspace = store.workspace(record.place)
    (workspace / "link").symlink_to(outside)
    (location,) = locations([store])
    trash = Trash(location)
    trash.take([Removal(record.place, "", (".workspace/record",), 0, "workspace")], new_name())
    assert not workspace.exists()
    (heap,) = trash.heaps()
    trash.empty(heap)
    assert (outside / "thesis").read_text() == "all of it"
    assert not (store.root / ".trash").exists()


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bool], None]:
    """``dying(5, False)``: files end at the fifth renaming; with True, between its copying and its deleting."""
    rename = FolderFiles.rename

    def after(steps: int, copies: bool) -> None:
        left = [steps]

        def dies(self: FolderFiles, path: str, new: str) -> None:
            left[0] -= 1
            if steps > 0 and left[0] < 0:
                # whatever else the process does ends with it
                raise KilledError
            if not left[0]:
                if copies:
                    (target := Path(self.address.folder, new)).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(Path(self.address.folder, path), target)
                raise KilledError
            rename(self, path, new)

        monkeypatch.setattr(FolderFiles, "rename", dies)

    return after


@pytest.mark.parametrize("copies", [False, True])
def test_interrupted_at_every_step_nothing_is_lost(copies: bool, dying: Callable[[int, bool], None], tmp_path: Path):
    store = LocalStore(tmp_path / "store")
    for number in range(2):
        write_record(store, "Fit", version=number, labels=("a", "b"))
    (location,) = locations([store])
    before, trash = content(location), Trash(location)
    steps, records = len(before), {*removals(location)}

    def check() -> None:
        inside = {name.partition("/files/")[2]: one for name, one in below(store.root / ".trash").items()}
        assert {**inside, **content(location)} == before
        for place in find_places(location):
            for label in place.labels:
                Record(store, place.place, label, PAYLOAD).verify()

    name = new_name()
    for step in range(1, steps + 1):
        dying(step, copies)
        with pytest.raises(KilledError):
            trash.take(removals(location), name)
        check()
        # it may come back from there, or go on
        if step % 2:
            dying(-1, False)
            assert trash.bring_back(trash.heaps()[0]) == []
            assert content(location) == before
        dying(-1, False)
        assert trash.take(removals(location), name) == []
        assert content(location) == {}
        # each record is one thing still, whatever was left of it when that went on
        assert {*trash.heaps()[0].removals} == records
        dying(step, copies)
        with pytest.raises(KilledError):
            trash.bring_back(trash.heaps()[0])
        check()
        dying(-1, False)
        assert trash.bring_back(trash.heaps()[0]) == []
        assert content(location) == before


_WORKS = """
import sys
from pathlib import Path
from analysis.provenance.inventory import find_places, locations
from analysis.provenance.local_store import LocalStore
from analysis.provenance.pruning import removals_of
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.trash import Trash, new_name
kind, folder, what = sys.argv[1:]
remote = RemoteStore(connect(f"file://{folder}"), Path(folder + "-cache"), 10**6)
(location,) = locations([LocalStore(Path(folder)) if kind == "local" else remote])
trash = Trash(location)
print("begins", flush=True)
if what == "take":
    removals = [r for place in find_places(location) if place.task == "Fit" for r in removals_of(place)]
    names = [heap.name for heap in trash.heaps()]
    trash.take(removals, names[0] if names else new_name())
elif what == "back":
    for heap in trash.heaps():
        assert heap.state != "ending" and not trash.bring_back(heap)
elif what == "empty":
    for heap in trash.heaps():
        trash.empty(heap)
print("ends", flush=True)
"""


def works(kind: str, folder: Path, what: str, after: float | None) -> bool:
    """Do something in a process that is killed some seconds after it has begun; whether it came to its end."""
    command = [sys.executable, "-c", _WORKS, kind, str(folder), what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        if after is not None:
            time.sleep(after)
            process.kill()
        rest = process.stdout.read()
    return rest == "ends\n"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["local", "remote"])
def test_killed_at_any_moment_nothing_is_lost(kind: str, tmp_path: Path):
    folder, chance = tmp_path / "store", random.Random(7)
    store = LocalStore(folder)
    for number in range(40):
        write_record(store, "Fit", version=number, labels=("a", "b", "c"))
    kept = write_record(store, "Train")
    (location,) = locations([store])
    before = content(location)
    ended = 0
    for _ in range(5):
        for what in ("take", "back"):
            done = works(kind, folder, what, chance.uniform(0.0, 0.12))
            ended += done
            # nothing is lost, and whatever looks complete is
            moved = {name.partition("/files/")[2]: one for name, one in below(folder / ".trash").items()}
            found = content(location)
            assert {**moved, **found} == before
            for place in find_places(location):
                for label in place.labels:
                    Record(store, place.place, label, PAYLOAD).verify()
            assert kept.is_complete()
            # the same command goes on
            assert works(kind, folder, what, None)
            assert content(location).keys() == ({*before} if what == "back" else {n for n in before if "Train" in n})
    assert ended < 10
    works(kind, folder, "take", None)
    works(kind, folder, "empty", 0.01)
    assert works(kind, folder, "empty", None)
    assert below(folder / ".trash") == {}
    assert content(location).keys() == {name for name in before if "Train" in name}


def below(folder: Path) -> dict[str, bytes]:
    """Contents of all files of records below a folder, by name."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            relative = os.path.relpath(os.path.join(path, name), folder)
            if "/files/" in relative:
                found[relative] = Path(path, name).read_bytes()
    return found
