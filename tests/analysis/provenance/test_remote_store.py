"""Records on a server: whole or not there, whatever happens to writers, copies and machines."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RecordError, StoreError
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.records import MANIFEST, Draft, Record, records_of
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options
from analysis.provenance.remote_store import RemoteStore
from tests.analysis.provenance.servers import OnFolder, OnMemory, OnS3, OnXRootD
from tests.analysis.provenance.stored import verify

PARTS = KeyParts("Fit", parameters={"toys": "100"})
PLACE = f"study/Fit/default-{PARTS.key()}"
CONTENT = {"numbers.bin": b"\x00\x01" * 1000, "text.json": b"{}\n"}
MachineFactory = Callable[..., RemoteStore]


@pytest.fixture
def machine(address: str, tmp_path: Path) -> MachineFactory:
    """``machine("one")``: the store as a new command on a machine sees it; each has a disk of its own."""

    def see(name: str = "one", **settings: Any) -> RemoteStore:
        return RemoteStore(connect(address), tmp_path / name, 10**6, **settings)

    return see


@pytest.fixture
def store(machine: MachineFactory) -> RemoteStore:
    return machine()


def never() -> None:
    pytest.fail("nobody else writes this record")


def record_in(store: RemoteStore | LocalStore, label: str = "") -> Record:
    return Record(store, PLACE, label, tuple(CONTENT))


def write(record: Record, then: Callable[[Draft], object] = lambda draft: None) -> None:
    with record.writing(never) as draft:
        assert draft is not None
        draft.parts = PARTS
        for name in record.payload:
            draft.path(name).write_bytes(CONTENT[name])
        then(draft)


def replace(store: RemoteStore, name: str, content: bytes, folder: Path) -> None:
    """Change a file on the server behind the store's back."""
    (folder / "changed").write_bytes(content)
    store.files.upload(folder / "changed", f"{PLACE}/{name}")


class Cases:
    def test_written_and_read(self, store: RemoteStore, machine: MachineFactory):
        assert store.listing(PLACE) == {}
        assert store.folders("study") == []
        assert store.size(PLACE, MANIFEST) is None
        record = record_in(store)
        assert not record.is_complete()
        write(record)
        for where in (store, machine(), machine("other")):
            record = record_in(where)
            assert record.is_complete()
            assert record.is_complete(where.listing(PLACE))
            assert {name: path.read_bytes() for name, path in record.paths().items()} == CONTENT
            record.verify()
            assert where.listing(PLACE).keys() == {MANIFEST, *CONTENT}
            assert where.folders("study") == ["Fit"]
            assert where.folders(PLACE) == []
            assert where.size("study", "Fit") is None
        with record.writing(never) as draft:
            assert draft is None

    def test_addresses(self, store: RemoteStore, address: str):
        assert store.url("") == address
        assert record_in(store).address == f"{address}/{PLACE}"
        assert record_in(store, "a").address == f"{address}/{PLACE}/a"

    def test_nothing_but_the_record_stays(self, store: RemoteStore):
        write(record_in(store), lambda draft: (draft.workspace / "half").write_bytes(b"1"))
        assert {name for name, entry in store.files.listing(PLACE).items() if not entry.is_folder} == {
            MANIFEST,
            *CONTENT,
        }
        assert not list(store._scratch.root.rglob("half"))

    def test_labels_share_a_place(self, store: RemoteStore):
        labels = ["events_0-10", "events_10-20", "a #1, 50%"]
        for label in labels:
            write(record_in(store, label))
        listing = store.listing(PLACE)
        assert all(record_in(store, label).is_complete(listing) for label in labels)
        assert [record.label for record in records_of(store, "study")] == sorted(labels)
        assert [verify(record) for record in records_of(store, "study")] == [""] * 3
        assert not record_in(store).is_complete()

    @pytest.mark.parametrize("content", [b"", b"\x00\x01" * 999], ids=["empty", "truncated"])
    def test_damage_of_size(self, store: RemoteStore, machine: MachineFactory, content: bytes, tmp_path: Path):
        write(record_in(store))
        replace(store, "numbers.bin", content, tmp_path)
        record = record_in(machine())
        with pytest.raises(
            RecordError, match=rf"numbers\.bin has {len(content)} bytes, its manifest says 2000"
        ) as error:
            record.path("numbers.bin")
        self.check_set_aside(record, error.value)

    def test_damage_of_content_is_seen_where_the_file_is_fetched(
        self, store: RemoteStore, machine: MachineFactory, tmp_path: Path
    ):
        write(record_in(store))
        replace(store, "numbers.bin", b"\x00\x02" * 1000, tmp_path)
        # a copy of what the manifest speaks of is as good as ever
        assert record_in(machine()).path("numbers.bin").read_bytes() == CONTENT["numbers.bin"]
        record = record_in(machine("other"))
        with pytest.raises(RecordError, match=r"numbers\.bin has SHA-256 [0-9a-f]{64}, its manifest says") as error:
            record.path("numbers.bin")
        self.check_set_aside(record, error.value)

    def test_verifying_looks_at_the_server(self, store: RemoteStore, machine: MachineFactory, tmp_path: Path):
        write(record_in(store))
        replace(store, "numbers.bin", b"\x00\x02" * 1000, tmp_path)
        record = record_in(machine())
        with pytest.raises(RecordError, match=r"numbers\.bin has SHA-256 [0-9a-f]{64}, its manifest says") as error:
            record.verify()
        self.check_set_aside(record, error.value)

    def check_set_aside(self, record: Record, error: RecordError) -> None:
        assert not record.is_complete()
        assert not record.is_complete(record.store.listing(PLACE))
        assert isinstance(record.store, RemoteStore)
        aside = record.store.files.listing(f"{PLACE}/.set-aside")
        assert sorted(name.rsplit(".", 2)[0] for name in aside) == [MANIFEST, "numbers.bin"]
        assert all(name in str(error) for name in aside)
        assert record.store.listing(PLACE).has_set_aside
        assert record.store.set_aside_names(PLACE) == {MANIFEST, "numbers.bin"}
        write(record)
        record.verify()

    def test_damaged_manifest(self, store: RemoteStore, machine: MachineFactory, tmp_path: Path):
        write(record_in(store))
        replace(store, MANIFEST, b"{", tmp_path)
        with pytest.raises(RecordError, match=r"its manifest manifest\.json is not a manifest of this store: "):
            record_in(machine()).path("text.json")
        write(record_in(machine()))

    def test_a_remade_record_is_not_taken_for_the_old_one(self, store: RemoteStore, machine: MachineFactory):
        write(record_in(store))
        other = record_in(machine("other"))
        assert other.path("numbers.bin").read_bytes() == CONTENT["numbers.bin"]
        store.remove(PLACE, MANIFEST)
        # of the same size, in the same second
        write(record_in(store), lambda draft: draft.path("numbers.bin").write_bytes(b"\x00\x03" * 1000))
        again = record_in(machine("other"))
        assert again.path("numbers.bin").read_bytes() == b"\x00\x03" * 1000

    @pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt("x"), StoreError("x"), OSError("x")])
    def test_a_failure_leaves_nothing(self, store: RemoteStore, error: BaseException):
        def fail(draft: Draft) -> None:
            raise error

        with pytest.raises(type(error), match="x"):
            write(record_in(store), fail)
        assert store.files.listing(PLACE) == {}
        write(record_in(store))

    def test_a_place_costs_few_requests(self, store: RemoteStore, monkeypatch: pytest.MonkeyPatch):
        labels = [f"events_{number}" for number in range(10)]
        for label in labels:
            write(record_in(store, label))
        asked: list[str] = []
        for name in ("stat", "listing"):
            original = getattr(store.files, name)

            def counted(path: str, _original: Any = original, _name: str = name) -> Any:
                asked.append(_name)
                return _original(path)

            monkeypatch.setattr(store.files, name, counted)
        store._forget(PLACE)
        assert all(record_in(store, label).is_complete() for label in labels)
        assert asked == ["stat"] * 3 + ["listing"]
        asked.clear()
        for label in labels:
            record_in(store, label).paths()
        assert asked == []
        # what was not there a moment ago is asked for
        assert not record_in(store, "other").is_complete()
        assert asked == ["stat"]

    def test_what_a_listing_lacks_is_asked_for(self, store: RemoteStore, monkeypatch: pytest.MonkeyPatch):
        """A folder that others rename files in may be listed without one that is there."""
        write(record_in(store))
        store._forget(PLACE)
        original = store.files.listing
        monkeypatch.setattr(
            store.files, "listing", lambda path: {k: v for k, v in original(path).items() if k != MANIFEST}
        )
        for _ in range(3):
            assert record_in(store).is_complete()
            assert record_in(store).paths().keys() == CONTENT.keys()

    def test_a_workspace_outlives_its_machine(self, machine: MachineFactory):
        def stop(draft: Draft) -> None:
            draft.keep(self.put(draft, "networks_0/checkpoint", b"epoch 1"))
            self.put(draft, "events/large.npy", b"made again")
            raise ValueError("evicted")

        def go_on(draft: Draft) -> None:
            found = draft.workspace / "networks_0" / "checkpoint"
            assert found.read_bytes() == b"epoch 1"
            assert not (draft.workspace / "events").exists()
            draft.keep(self.put(draft, "networks_0/checkpoint", b"epoch 2"))
            raise ValueError("evicted")

        def back(draft: Draft) -> None:
            # what this machine still has is older than what the other one saved
            assert (draft.workspace / "networks_0" / "checkpoint").read_bytes() == b"epoch 2"
            # but newer than what was saved, if nobody else saved anything
            self.put(draft, "networks_0/checkpoint", b"epoch 3")
            raise ValueError("evicted")

        def finish(draft: Draft) -> None:
            assert (draft.workspace / "networks_0" / "checkpoint").read_bytes() == b"epoch 3"

        for name, step in (("one", stop), ("two", go_on), ("one", back)):
            with pytest.raises(ValueError, match="evicted"):
                write(record_in(machine(name)), step)
        write(record_in(machine("one")), finish)
        assert machine().files.listing(f"{PLACE}/.workspace/record") == {}

    @staticmethod
    def put(draft: Draft, name: str, content: bytes) -> Path:
        file = draft.workspace / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def test_saving_takes_little_of_the_time(self, store: RemoteStore):
        def work(draft: Draft) -> None:
            saved = []
            for number in range(20):
                draft.keep(self.put(draft, "checkpoint", str(number).encode()))
                saved.append(store.files.listing(f"{PLACE}/.workspace/record").keys())
            # and what it was made of
            assert saved == [{"checkpoint~1", "inputs.sha256~1"}] * 20
            store.keep_workspace(PLACE, "", "checkpoint", now=True)
            assert store.files.listing(f"{PLACE}/.workspace/record").keys() == {*("checkpoint~2", "inputs.sha256~1")}

        write(record_in(store), work)

    def test_machines_wait_for_each_other(self, machine: MachineFactory):
        told, order = [], []
        begun, go_on = threading.Event(), threading.Event()

        def first() -> None:
            with record_in(machine("one")).writing(never) as draft:
                assert draft is not None
                begun.set()
                go_on.wait(20)
                draft.parts = PARTS
                for name in CONTENT:
                    draft.path(name).write_bytes(CONTENT[name])
                order.append("one")

        thread = threading.Thread(target=first)
        thread.start()
        assert begun.wait(20)

        def waiting() -> None:
            told.append(True)
            go_on.set()

        with record_in(machine("two")).writing(waiting) as draft:
            order.append("two")
            assert draft is None
        thread.join()
        assert (told, order) == ([True], ["one", "two"])


WRITER = """
import os, sys, time
from pathlib import Path
from analysis.provenance.keys import KeyParts
from analysis.provenance.records import Record
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore

address, folder, place, kind, number = sys.argv[1:]
# longer than a busy machine can hold a process up
store = RemoteStore(connect(address), Path(folder), 10**6, lease_seconds=20.0)

if kind == "hang":
    upload = store.files.upload

    def hang(local, path):
        upload(local, path)
        if path.endswith("numbers.bin"):
            print("half", flush=True)
            time.sleep(60)

    store.files.upload = hang
for label in ["", *(f"events_{i}" for i in range(int(number)))]:
    record = Record(store, place, label, ("numbers.bin", "text.json"))
    with record.writing(lambda: None) as draft:
        if draft:
            draft.parts = KeyParts(**PARTS)
            draft.path("numbers.bin").write_bytes(b"\\x00\\x01" * 1000)
            draft.path("text.json").write_bytes(b"{}\\n")
            print("made", label, flush=True)
    record.paths()
"""


class SlowCases:
    def start(self, address: str, repository: Path, folder: Path, kind: str, number: int = 0) -> subprocess.Popen[str]:
        code = WRITER.replace("PARTS", repr(PARTS.as_dict()))
        command = [sys.executable, "-W", "error", "-c", code, address, str(folder), PLACE, kind, str(number)]
        return subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True)

    @pytest.mark.parametrize("name", ["one", "two"])
    def test_a_killed_writer(self, address: str, machine: MachineFactory, repository: Path, tmp_path: Path, name: str):
        with self.start(address, repository, tmp_path / "one", "hang") as process:
            assert process.stdout is not None
            assert [process.stdout.readline().strip() for _ in range(2)] == ["made", "half"]
            process.kill()
        # a process of the same machine knows at once that the other is dead
        seconds = 600.0 if name == "one" else 1.0
        record = record_in(machine(name, lease_seconds=seconds))
        assert not record.is_complete()
        begin = time.monotonic()
        with record.writing(lambda: None) as draft:
            assert (time.monotonic() - begin < seconds) == (name == "one")
            assert draft is not None
            draft.parts = PARTS
            for file in CONTENT:
                draft.path(file).write_bytes(CONTENT[file])
        record_in(machine()).verify()
        assert machine().listing(PLACE).keys() == {MANIFEST, *CONTENT}

    def test_many_processes_make_each_record_once(
        self, address: str, machine: MachineFactory, repository: Path, tmp_path: Path
    ):
        # two on each of two machines
        folders = [tmp_path / name for name in ("one", "one", "two", "two")]
        processes = [self.start(address, repository, folder, "write", 4) for folder in folders]
        output = [process.communicate(timeout=120)[0].split("\n") for process in processes]
        assert [process.returncode for process in processes] == [0] * 4
        made = sorted(line for lines in output for line in lines if line)
        assert made == ["made ", *(f"made events_{number}" for number in range(4))]
        assert len(machine().listing(PLACE)) == 5 * 3
        assert [verify(record) for record in records_of(machine(), "study")] == [""] * 5

    def test_a_dead_machine_is_not_waited_for_ever(self, machine: MachineFactory):
        dead = machine("dead", lease_seconds=1.0)
        assert dead.files.create(f"{PLACE}/.record.lease", b'{"owner": "x", "host": "gone"}')
        told: list[bool] = []
        begin = time.monotonic()
        with record_in(machine("two", lease_seconds=1.0)).writing(lambda: told.append(True)) as draft:
            assert draft is not None
            assert 1.0 <= time.monotonic() - begin < 20
            left = machine().files.listing(PLACE).keys() - {".workspace", ".record.lease.alive"}
            assert left == {".record.lease"}
            draft.parts = PARTS
            for name in CONTENT:
                draft.path(name).write_bytes(CONTENT[name])
        assert told == [True]

    @pytest.mark.long
    def test_a_living_machine_keeps_its_right(self, machine: MachineFactory):
        holder = machine("one", lease_seconds=3.0)
        got_it = threading.Event()

        def want() -> None:
            with machine("two", lease_seconds=3.0).lock(PLACE, "", lambda: None):
                got_it.set()

        with holder.lock(PLACE, "", never):
            thread = threading.Thread(target=want)
            thread.start()
            assert not got_it.wait(7.0)
        assert got_it.wait(20)
        thread.join()

    def test_who_was_given_up_does_not_write(self, machine: MachineFactory):
        slept = machine("one", lease_seconds=1.0)

        def waiting() -> None:
            pass

        record = record_in(machine("two", lease_seconds=1.0))

        def take_over() -> None:
            with record.writing(waiting) as draft:
                assert draft is not None
                draft.parts = PARTS
                for name in CONTENT:
                    draft.path(name).write_bytes(CONTENT[name])

        def suspend(draft: Draft) -> None:
            slept._leases[PLACE, ""]._ended.set()
            take_over()
            draft.path("numbers.bin").write_bytes(b"other")

        with pytest.raises(StoreError, match="was taken over"):
            write(record_in(slept), suspend)
        assert record_in(machine()).path("numbers.bin").read_bytes() == CONTENT["numbers.bin"]
        record_in(machine()).verify()


class TestMemory(OnMemory, Cases):
    pass


class TestFolder(OnFolder, Cases, SlowCases):
    def test_an_unreachable_store_is_not_empty(self, tmp_path: Path):
        store = RemoteStore(connect(f"file://{tmp_path}/not/mounted", Options(attempts=1)), tmp_path / "cache", 10**6)
        for ask in (
            lambda: store.listing(PLACE),
            lambda: store.folders("study"),
            lambda: store.size(PLACE, MANIFEST),
            lambda: record_in(store).is_complete(),
            lambda: write(record_in(store)),
        ):
            with pytest.raises(StoreError, match="cannot be reached"):
                ask()

    @pytest.mark.long
    def test_a_late_checksum_costs_nobody_the_right(self, machine: MachineFactory, monkeypatch: pytest.MonkeyPatch):
        holder, other = (machine(name, lease_seconds=2.0) for name in ("one", "two"))
        files: Any = holder.files
        facts, asked = files._facts, threading.Event()

        def late(path: str) -> Any:
            asked.set()
            time.sleep(3.0)
            return facts(path)

        monkeypatch.setattr(files, "_facts", late)
        thread = threading.Thread(target=write, args=(record_in(holder),))
        thread.start()
        assert asked.wait(20)
        with record_in(other).writing(lambda: None) as draft:
            assert draft is None
        thread.join()

    def test_what_cannot_be_saved_of_a_workspace_ends_no_work(
        self, store: RemoteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ):
        def work(draft: Draft) -> None:
            (draft.workspace / "checkpoint").write_bytes(b"1")
            # a file where the server would need a folder
            saved = tmp_path / "server" / PLACE / ".workspace"
            shutil.rmtree(saved)
            saved.write_bytes(b"")
            draft.keep(draft.workspace / "checkpoint")
            saved.unlink()

        write(record_in(store), work)
        assert "checkpoint cannot be saved to" in caplog.text
        record_in(store).verify()

    def test_the_manifest_says_the_same_as_in_a_local_store(self, store: RemoteStore, tmp_path: Path):
        local = record_in(LocalStore(tmp_path / "local"))
        remote = record_in(store)
        for record in (local, remote):
            write(record)
        found = [record.manifest() for record in (local, remote)]
        for manifest in found:
            del manifest["made"], manifest["digest"]
        assert json.dumps(found[0]) == json.dumps(found[1])


@pytest.mark.services
class TestXRootD(OnXRootD, Cases, SlowCases):
    pass


@pytest.mark.services
class TestS3(OnS3, Cases, SlowCases):
    pass
