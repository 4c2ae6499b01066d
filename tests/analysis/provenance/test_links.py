"""Links, FIFOs and folders that somebody put into a store: nothing outside is read, written, moved or deleted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import ErumflowError, RecordError, StoreError
from analysis.provenance.inventory import find_places, locations
from analysis.provenance.leftovers import find_leftovers, is_held, remove_locks
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.private_folder import private_folder
from analysis.provenance.records import Record, records_of
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.saved_workspace import SavedWorkspace
from analysis.provenance.trash import Trash, new_name
from analysis.provenance.usage import alone
from tests.analysis.provenance.stored import verify, write_record
from tests.services.servers import SFTP

KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder outside the store, with a private file."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "id_rsa").write_bytes(KEY)
    return tmp_path / "mine"


def untouched(mine: Path) -> bool:
    return {path.name: path.read_bytes() for path in mine.iterdir()} == {"id_rsa": KEY}


def never() -> None:
    pytest.fail("nobody else holds the lock")


def folder_of(record: Record) -> Path:
    assert isinstance(record.store, LocalStore)
    return record.store.root / record.place


def say_of(record: Record, name: str) -> None:
    """Let the manifest say that a private file is part of the record, with its size and digest."""
    file = folder_of(record) / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["payload"][name] = {"size": len(KEY), "sha256": hashlib.sha256(KEY).hexdigest()}
    file.write_text(json.dumps(manifest))


@pytest.mark.parametrize("wrong", [b"", b"1"])
@pytest.mark.parametrize("name", ["absolute", "../../../../mine/id_rsa", ".hidden", "a/../../../../../mine/id_rsa"])
def test_a_manifest_speaks_of_a_file_elsewhere(store: LocalStore, mine: Path, name: str, wrong: bytes):
    record = write_record(store, "Fit")
    say_of(record, str(mine / "id_rsa") if name == "absolute" else name)
    # as found by its size, and by its digest
    (mine / "id_rsa").write_bytes(KEY + wrong)
    (found,) = records_of(store, "study")
    with pytest.raises(ErumflowError):
        found.verify()
    (mine / "id_rsa").write_bytes(KEY)
    assert untouched(mine)
    assert not list(store.root.rglob("*id_rsa*"))


@pytest.mark.parametrize("name", ["numbers.bin", "json", "manifest.json"])
@pytest.mark.parametrize("kind", ["link", "dangling", "fifo", "folder", "socket"])
def test_what_is_no_file_is_not_there_and_replaced(store: LocalStore, mine: Path, kind: str, name: str):
    record = write_record(store, "Fit")
    path = folder_of(record) / name
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        os.mknod(path, 0o140600)
    elif kind == "folder":
        path.mkdir()
        (path / "inner").write_text("x")
    else:
        path.symlink_to(mine / ("id_rsa" if kind == "link" else "new"))
    assert store.size(record.place, name) is None
    assert name not in store.listing(record.place)
    assert not record.is_complete()
    for ask in (store.read, store.sha256, lambda place, name: store.localize(place, name)):
        with pytest.raises(StoreError):
            ask(record.place, name)
    with pytest.raises(RecordError):
        record.path("json" if name == "manifest.json" else name)
    # what the cure says
    assert write_record(store, "Fit") == record
    assert verify(record) == ""
    assert path.is_file()
    assert not path.is_symlink()
    assert untouched(mine)


def test_another_name_of_a_file_is_a_file(store: LocalStore, tmp_path: Path):
    record = write_record(store, "Fit")
    os.link(folder_of(record) / "json", tmp_path / "other")
    assert verify(record) == ""
    assert record.path("json").samefile(tmp_path / "other")


def test_a_link_is_set_aside_as_one(store: LocalStore, mine: Path):
    record = write_record(store, "Fit")
    (path := folder_of(record) / "json").unlink()
    path.symlink_to(mine / "id_rsa")
    assert Path(store.set_aside(record.place, "json")).is_symlink()
    path.symlink_to(mine / "id_rsa")
    store.remove(record.place, "json")
    assert untouched(mine)


@pytest.mark.parametrize("hidden", [".workspace", ".workspace/record"])
def test_a_workspace_that_is_a_link(store: LocalStore, mine: Path, hidden: str):
    record = write_record(store, "Fit")
    path = folder_of(record) / hidden

    def plant() -> None:
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(mine)

    plant()
    store.discard_workspace(record.place)
    assert not path.is_symlink()
    plant()
    workspace = store.workspace(record.place)
    (workspace / "checkpoint").write_bytes(b"1")
    assert not path.is_symlink()
    store.discard_workspace(record.place)
    assert not workspace.exists()
    assert untouched(mine)


def test_a_checkpoint_that_is_a_link_is_not_written_through(store: LocalStore, mine: Path):
    record = write_record(store, "Fit")
    workspace = store.workspace(record.place)
    (workspace / "inner").mkdir()
    for name in ("checkpoint", "inner/checkpoint", "elsewhere"):
        (workspace / name).symlink_to(mine / "id_rsa" if name != "elsewhere" else mine)
    os.mkfifo(workspace / "fifo")
    (workspace / "inner" / "good").write_bytes(b"1")
    workspace = store.workspace(record.place)
    assert [path.name for path in workspace.rglob("*")] == ["inner", "good"]
    (workspace / "checkpoint").write_bytes(b"1")
    assert untouched(mine)


@pytest.mark.parametrize("target", ["new", "id_rsa", "", "fifo"])
def test_a_lock_that_is_a_link(store: LocalStore, mine: Path, target: str):
    record = write_record(store, "Fit")
    lock = folder_of(record) / ".record.lock"
    if target == "fifo":
        os.mkfifo(lock)
    else:
        lock.symlink_to(mine / target)
    assert not is_held(lock)
    with store.lock(record.place, "", never):
        assert lock.is_file()
        assert not lock.is_symlink()
    assert not lock.exists()
    assert untouched(mine)


@pytest.mark.parametrize("target", ["new", "id_rsa"])
def test_the_sign_of_use_that_is_a_link(store: LocalStore, mine: Path, target: str):
    store.root.mkdir()
    (store.root / ".in-use").symlink_to(mine / target)
    record = write_record(store, "Fit")
    (store.root / ".in-use").unlink()
    (store.root / ".in-use").symlink_to(mine / target)
    with alone(store.root):
        assert not (store.root / ".in-use").is_symlink()
    assert verify(record) == ""
    assert untouched(mine)


@pytest.mark.parametrize("hidden", [".record.part", ".set-aside", ".code"])
def test_own_folders_that_are_links(store: LocalStore, mine: Path, hidden: str):
    record = write_record(store, "Fit")
    place = folder_of(record)
    (place / hidden).symlink_to(mine)
    with store.lock(record.place, "", never), store.draft(record.place, "") as folder:
        (folder / "x").write_bytes(b"1")
    assert store.set_aside(record.place, "json")
    assert write_record(store, "Fit") == record
    assert verify(record) == ""
    assert untouched(mine)


def test_a_link_takes_the_place_of_a_draft(store: LocalStore, mine: Path):
    """A draft that is exchanged while it is written: what is put is no link, what is deleted is the link."""
    record = write_record(store, "Fit")
    with store.draft(record.place, "") as folder:
        (folder / "x").symlink_to(mine / "id_rsa")
        with pytest.raises(StoreError):
            store.put(record.place, "x", folder / "x")
        shutil.rmtree(folder)
        folder.symlink_to(mine)
    assert not folder.is_symlink()
    assert untouched(mine)


BELOW: dict[str, Callable[[LocalStore, Record], object]] = {
    "listing": lambda store, record: store.listing(record.place),
    "read": lambda store, record: store.read(record.place, "id_rsa"),
    "localize": lambda store, record: store.localize(record.place, "id_rsa"),
    "sha256": lambda store, record: store.sha256(record.place, "id_rsa"),
    "set_aside": lambda store, record: store.set_aside(record.place, "id_rsa"),
    "remove": lambda store, record: store.remove(record.place, "id_rsa"),
    "lock": lambda store, record: store.lock(record.place, "", never).__enter__(),
    "draft": lambda store, record: store.draft(record.place, "").__enter__(),
    "workspace": lambda store, record: store.workspace(record.place),
    "discard_workspace": lambda store, record: store.discard_workspace(record.place),
    "write": lambda store, record: write_record(store, "Fit"),
}


@pytest.mark.parametrize("ask", BELOW.values(), ids=BELOW)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_folder_that_is_a_link_is_refused(store: LocalStore, mine: Path, level: int, ask: Callable[..., object]):
    record = write_record(store, "Fit")
    *above, name = record.place.split("/")[: level + 1]
    path = store.root.joinpath(*above, name)
    shutil.rmtree(path)
    inside = mine.parent.joinpath("outside", *record.place.split("/")[level + 1 :])
    inside.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(mine, inside)
    path.symlink_to(mine.parent / "outside")
    with pytest.raises(
        StoreError, match=rf"{path} is a link, and a store follows none \(of \w+, group \w+(.|\n)*cure: "
    ):
        ask(store, record)
    assert untouched(inside)
    # whoever goes through the store passes by; who asks for the study is told
    if level:
        assert list(records_of(store, "study")) == []
    (location,) = locations([store])
    assert find_places(location) == []


def test_the_store_itself_may_be_a_link(tmp_path: Path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    store = LocalStore(tmp_path / "data")
    record = write_record(store, "Fit")
    assert verify(record) == ""
    (location,) = locations([store])
    assert [one.place for one in find_places(location)] == [record.place]
    removal = find_leftovers(location, find_places(location), (), before=1e12)
    assert removal.removals == []


def test_leftovers_and_trash_follow_no_links(store: LocalStore, mine: Path):
    record = write_record(store, "Fit")
    place = folder_of(record)
    (place / ".old.lock").symlink_to(mine / "id_rsa")
    (place / ".workspace").symlink_to(mine)
    (place / ".set-aside").mkdir()
    (place / ".set-aside" / "json.old").symlink_to(mine / "id_rsa")
    (place / ".x.part").symlink_to(mine)
    store.root.joinpath(".trash").mkdir()
    (location,) = locations([store])
    left = find_leftovers(location, find_places(location), (), before=1e12)
    assert left.removals == []
    remove_locks(location, [*left.locks, f"{record.place}/.old.lock"])
    assert Trash(location).take(left.removals, new_name()) == []
    assert untouched(mine)


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": "../mine"},
        {"place": ".git/hooks"},
        {"names": ["../../../../mine/id_rsa"]},
        {"names": ["/etc/passwd"]},
        {"label": "../x"},
        {"size": "many"},
        {"more": 1},
    ],
)
def test_a_list_of_the_trash_that_lies(store: LocalStore, mine: Path, wrong: dict[str, object]):
    record = write_record(store, "Fit")
    heap = store.root / ".trash" / "20200101T000000.000Z"
    heap.mkdir(parents=True)
    entry = {"place": record.place, "label": "", "names": ["json"], "size": 1, "kind": "record"} | wrong
    (heap / "contents.json").write_text(json.dumps({"format": 1, "whole": True, "removals": [entry]}))
    (location,) = locations([store])
    with pytest.raises(StoreError):
        Trash(location).heaps()
    assert untouched(mine)


@pytest.mark.parametrize("name", ["link", "../mine", "a/b"])
def test_notes_of_what_a_copy_missed(tmp_path: Path, mine: Path, name: str):
    told: list[str] = []
    remote = RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "cache", 10**6)
    store = MirroredStore(LocalStore(tmp_path / "store"), remote, told.append)
    record = write_record(store, "Fit")
    unsent = tmp_path / "store" / ".unsent"
    unsent.mkdir()
    note = unsent / f"{1:020d}.abcdef"
    if name == "link":
        note.symlink_to(mine / "id_rsa")
        (unsent / ".lock").symlink_to(mine / "new")
    else:
        note.write_text(json.dumps({"place": "..", "name": name}))
    (unsent / f"{2:020d}.abcdef").write_text(json.dumps({"place": record.place, "name": "json"}))
    (tmp_path / "server" / record.place / "json").unlink()
    store.listing(record.place)
    # what is no note is forgotten, what is one is sent
    assert (tmp_path / "server" / record.place / "json").exists()
    assert [path.name for path in unsent.iterdir()] == [".lock"]
    assert untouched(mine)


def test_notes_in_a_folder_that_is_a_link(tmp_path: Path, mine: Path):
    remote = RemoteStore(connect(f"file://{tmp_path}/not/there"), tmp_path / "cache", 10**6)
    store = MirroredStore(LocalStore(tmp_path / "store"), remote, lambda told: None)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / ".unsent").symlink_to(mine)
    write_record(store, "Fit")
    assert len(list((tmp_path / "store" / ".unsent").iterdir())) >= 3
    assert untouched(mine)


class OnServer:
    """A mounted folder that is used as a server: the same rules."""

    @pytest.fixture
    def server(self, tmp_path: Path) -> RemoteStore:
        return RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "cache", 10**6)


class TestServer(OnServer):
    @pytest.mark.parametrize("name", ["numbers.bin", "json", "manifest.json"])
    @pytest.mark.parametrize("kind", ["link", "fifo"])
    def test_what_is_no_file_is_not_there_and_replaced(
        self, server: RemoteStore, tmp_path: Path, mine: Path, name: str, kind: str
    ):
        record = write_record(server, "Fit")
        path = tmp_path / "server" / record.place / name
        path.unlink()
        if kind == "fifo":
            os.mkfifo(path)
        else:
            path.symlink_to(mine / "id_rsa")
        seen = RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "seen", 10**6)
        assert seen.size(record.place, name) is None
        assert name not in seen.listing(record.place)
        for ask in (
            seen.read,
            seen.sha256,
            lambda place, name: seen.localize(place, name, hashlib.sha256(KEY).hexdigest()),
        ):
            with pytest.raises(StoreError):
                ask(record.place, name)
        again = write_record(seen, "Fit")
        assert verify(again) == ""
        assert not path.is_symlink()
        assert untouched(mine)

    def test_a_folder_that_is_a_link_is_refused(self, server: RemoteStore, tmp_path: Path, mine: Path):
        record = write_record(server, "Fit")
        place = tmp_path / "server" / record.place
        shutil.rmtree(place)
        place.symlink_to(mine)
        seen = RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "seen", 10**6)
        for ask in (seen.read, seen.remove, seen.set_aside, seen.size):
            with pytest.raises(StoreError, match="is a link"):
                ask(record.place, "id_rsa")
        with pytest.raises(StoreError, match="is a link"):
            write_record(seen, "Fit")
        assert seen.folders("study/Fit") == []
        assert untouched(mine)

    def test_links_of_data_that_are_no_store_are_followed(self, tmp_path: Path, mine: Path):
        (mine / "linked").symlink_to(mine / "id_rsa")
        files = connect(f"file://{mine}")
        assert files.read("linked") == KEY
        assert "linked" in files.listing("")


@pytest.mark.parametrize("owner", ["../../x", "a/b", "\n", 7, None])
def test_a_lease_whose_owner_is_no_name(tmp_path: Path, owner: object):
    memory = connect(f"memory://{tmp_path.name}/store")
    place = "study/Fit/default-0123456789ab"
    memory.create(f"{place}/.record.lease", json.dumps({"owner": owner, "machine": "other"}).encode())
    with RemoteStore(memory, tmp_path / "cache", 10**6, lease_seconds=0.2).lock(place, "", lambda: None):
        assert list(memory.listing(place)) == [".record.lease"]
    assert list(memory.listing(place)) == []


@pytest.mark.services
def test_links_on_a_machine_that_is_logged_in_to(sftp: SFTP, tmp_path: Path, mine: Path):
    folder = sftp.folder / tmp_path.name
    url = f"{sftp.url}/{tmp_path.name}"
    options = Options(key_file=str(sftp.key_file), known_hosts=str(sftp.known_hosts))

    def see(name: str) -> RemoteStore:
        return RemoteStore(connect(url, options), tmp_path / name, 10**6)

    record = write_record(see("first"), "Fit")
    for name in ("numbers.bin", "manifest.json"):
        (folder / record.place / name).unlink()
    (folder / record.place / "numbers.bin").symlink_to(mine / "id_rsa")
    os.mkfifo(folder / record.place / "manifest.json")
    seen = see("second")
    assert seen.listing(record.place).keys() == {"json"}
    assert see("third").size(record.place, "numbers.bin") is None
    for name in ("numbers.bin", "manifest.json"):
        with pytest.raises(StoreError):
            seen.read(record.place, name)
        with pytest.raises(StoreError):
            seen.localize(record.place, name, hashlib.sha256(KEY).hexdigest())
    assert verify(write_record(seen, "Fit")) == ""
    shutil.rmtree(folder / record.place)
    (folder / record.place).symlink_to(mine)
    for ask in (see("fourth").read, see("fifth").size, see("sixth").sha256):
        with pytest.raises(StoreError, match="a link is in the way"):
            ask(record.place, "id_rsa")
    with pytest.raises(StoreError, match="a link is in the way"):
        write_record(see("seventh"), "Fit")
    assert untouched(mine)
    # data that are no store's
    assert connect(f"{url}/study", options).read(f"Fit/{record.place.rpartition('/')[2]}/id_rsa") == KEY


class TestSavedWorkspace(OnServer):
    @pytest.mark.parametrize(
        "saved",
        [
            "..~..~mine~new~1",
            "~etc~new~1",
            "..~1",
            ".saved.json~9",
            "a~.hidden~1",
            "a~~b~1",
            "x~²",
            "x~" + "9" * 5000,
            "a\x1b[2J~1",
        ],
    )
    def test_names_of_a_server(self, tmp_path: Path, mine: Path, saved: str):
        memory = connect(f"memory://{tmp_path.name}/store")
        store = RemoteStore(memory, tmp_path / "cache", 10**6)
        place = "study/Fit/default-0123456789ab"
        (tmp_path / "good").write_bytes(b"good")
        memory.upload(tmp_path / "good", f"{place}/.workspace/record/good~1")
        path = memory._at(f"{place}/.workspace/record")  # type: ignore[attr-defined]
        memory.connection.pipe_file(f"{path}/{saved}", b"bad")  # type: ignore[attr-defined]
        with store.lock(place, "", never):
            workspace = store.workspace(place)
            assert sorted(path.name for path in workspace.rglob("*")) == [".saved.json", "good"]
        assert not list(tmp_path.rglob("new"))
        assert untouched(mine)

    def test_files_in_folders(self, server: RemoteStore, tmp_path: Path):
        (tmp_path / "one" / "a").mkdir(parents=True)
        (tmp_path / "other").mkdir()
        (tmp_path / "one" / "a" / "b").write_bytes(b"1")
        SavedWorkspace(server.files, "place/.workspace/record", tmp_path / "one").keep("a/b")
        SavedWorkspace(server.files, "place/.workspace/record", tmp_path / "other").fetch()
        assert (tmp_path / "other" / "a" / "b").read_bytes() == b"1"

    def test_a_link_is_neither_saved_nor_written_through(self, server: RemoteStore, tmp_path: Path, mine: Path):
        (tmp_path / "one" / "a").mkdir(parents=True)
        (tmp_path / "one" / "b").symlink_to(mine / "id_rsa")
        saved = SavedWorkspace(server.files, "place/.workspace/record", tmp_path / "one")
        with pytest.raises(StoreError, match="is a link"):
            saved.keep("b")
        (tmp_path / "one" / "a" / "b").write_bytes(b"1")
        saved.keep("a/b")
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "a").symlink_to(mine)
        with pytest.raises(StoreError, match="is a link"):
            SavedWorkspace(server.files, "place/.workspace/record", tmp_path / "other").fetch()
        assert untouched(mine)


def test_the_folder_of_local_copies(tmp_path: Path, mine: Path):
    (tmp_path / "link").symlink_to(mine)
    with pytest.raises(StoreError, match="is a link"):
        private_folder(tmp_path / "link")
    (tmp_path / "dangling").symlink_to(tmp_path / "new")
    with pytest.raises(StoreError, match="is a link"):
        private_folder(tmp_path / "dangling")
    (tmp_path / "open").mkdir()
    for mode in (0o777, 0o1777, 0o770):
        (tmp_path / "open").chmod(mode)
        with pytest.raises(StoreError, match="may be written to by others"):
            private_folder(tmp_path / "open")
    (tmp_path / "open").chmod(0o755)
    private_folder(tmp_path / "open")
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is no folder"):
        private_folder(tmp_path / "file")
    private_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert untouched(mine)


SWAPPING = """
import os, sys
folder, mine = sys.argv[1:]
print("begins", flush=True)
while True:
    # a folder, and a link to another one, in turn
    os.rename(folder, folder + "-real")
    os.symlink(mine, folder)
    os.unlink(folder)
    os.rename(folder + "-real", folder)
"""


def test_folders_and_links_in_turn(store: LocalStore, mine: Path):
    """Between a look at a folder and its use somebody puts a link there: what is opened is what is used."""
    record = write_record(store, "Fit")
    command = [sys.executable, "-c", SWAPPING, str(folder_of(record)), str(mine)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as swapping:
        assert swapping.stdout is not None
        swapping.stdout.readline()
        read = []
        for _ in range(2000):
            for ask in (store.read, store.remove, store.set_aside):
                try:
                    read.append(ask(record.place, "id_rsa"))
                except StoreError:
                    continue
        swapping.kill()
    assert KEY not in read
    assert untouched(mine)
