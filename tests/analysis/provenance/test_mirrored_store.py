"""A local store and its copy: both whole, each of use without the other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RecordError
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.records import MANIFEST, Draft, Record
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote.options import Options
from analysis.provenance.remote_store import RemoteStore
from tests.analysis.provenance.servers import OnFolder, OnS3, OnXRootD

PARTS = KeyParts("Fit", parameters={"toys": "100"})
PLACE = f"study/Fit/default-{PARTS.key()}"
CONTENT = {"numbers.bin": b"\x00\x01" * 1000, "text.json": b"{}\n"}
StoreFactory = Callable[..., MirroredStore]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def command(address: str, tmp_path: Path, told: list[str]) -> StoreFactory:
    """``command("one")``: the store as a new command on a machine sees it."""

    def begin(name: str = "one", url: str = address) -> MirroredStore:
        remote = RemoteStore(connect(url, Options(attempts=1)), tmp_path / name / "cache", 10**6)
        (tmp_path / name).mkdir(exist_ok=True)
        return MirroredStore(LocalStore(tmp_path / name / "data"), remote, told.append)

    return begin


def never() -> None:
    pytest.fail("nobody else writes this record")


def record_in(store: Any, label: str = "") -> Record:
    return Record(store, PLACE, label, tuple(CONTENT))


def write(record: Record, then: Callable[[Draft], object] = lambda draft: None) -> None:
    with record.writing(never) as draft:
        assert draft is not None
        draft.parts = PARTS
        for name in record.payload:
            draft.path(name).write_bytes(CONTENT[name])
        then(draft)


def check(store: Any, label: str = "") -> None:
    record = record_in(store, label)
    assert record.is_complete()
    assert record.is_complete(store.listing(PLACE))
    record.verify()
    assert {name: path.read_bytes() for name, path in record.paths().items()} == CONTENT


class Cases:
    def test_both_have_the_record(self, command: StoreFactory, told: list[str]):
        store = command()
        assert not record_in(store).is_complete()
        write(record_in(store))
        for one in (store, store.local, command().remote, command("other").remote):
            check(one)
        assert told == []

    def test_what_is_only_on_the_server_is_brought_here(self, command: StoreFactory):
        write(record_in(command("other")))
        store = command()
        assert store.folders("study") == ["Fit"]
        check(store)
        check(store.local)

    @pytest.mark.parametrize("damage", [b"half", b"\x00\x02" * 1000], ids=["of size", "of content"])
    @pytest.mark.parametrize("read", ["path", "verify"])
    def test_damage_here_is_healed_from_the_server(
        self, command: StoreFactory, told: list[str], damage: bytes, read: str
    ):
        store = command()
        write(record_in(store))
        (store.local.root / PLACE / "numbers.bin").write_bytes(damage)
        record = record_in(store)
        if read == "verify":
            record.verify()
        assert record.path("numbers.bin").read_bytes() == CONTENT["numbers.bin"]
        assert told == [
            f"{store.url(PLACE, 'numbers.bin')} was damaged; {store.remote.url('')} had the right bytes",
        ]
        check(command())
        check(command().local)
        (aside,) = (store.local.root / PLACE / ".set-aside").iterdir()
        assert aside.read_bytes() == damage
        assert store.listing(PLACE).has_set_aside
        assert store.set_aside_names(PLACE) == {"numbers.bin"}

    @pytest.mark.parametrize("content", [b"{", b""], ids=["half", "empty"])
    def test_a_damaged_manifest_here_is_set_aside_and_that_of_the_server_counts(
        self, command: StoreFactory, content: bytes
    ):
        store = command()
        write(record_in(store))
        (store.local.root / PLACE / MANIFEST).write_bytes(content)
        with pytest.raises(RecordError, match="is not a manifest of this store: "):
            record_in(store).path("numbers.bin")
        check(command())

    def test_damage_of_both_is_found(self, command: StoreFactory, tmp_path: Path):
        store = command()
        write(record_in(store))
        (store.local.root / PLACE / "numbers.bin").write_bytes(b"half")
        (tmp_path / "changed").write_bytes(b"\x00\x02" * 1000)
        store.remote.files.upload(tmp_path / "changed", f"{PLACE}/numbers.bin")
        with pytest.raises(RecordError, match=r"numbers\.bin (has|is missing)"):
            record_in(command()).path("numbers.bin")
        assert not record_in(command()).is_complete()
        write(record_in(command()))
        check(command())
        check(command().remote)

    def test_damage_on_the_server_is_found_where_it_is_brought_here(self, command: StoreFactory, tmp_path: Path):
        other = command("other")
        write(record_in(other))
        (tmp_path / "changed").write_bytes(b"\x00\x02" * 1000)
        other.remote.files.upload(tmp_path / "changed", f"{PLACE}/numbers.bin")
        store = command()
        with pytest.raises(RecordError, match=r"numbers\.bin has SHA-256"):
            record_in(store).path("numbers.bin")
        assert not record_in(command()).is_complete()
        write(record_in(command()))
        check(command())
        check(command().remote)

    def test_a_workspace_outlives_its_machine(self, command: StoreFactory):
        def stop(draft: Draft) -> None:
            (draft.workspace / "checkpoint").write_bytes(b"epoch 1")
            draft.keep(draft.workspace / "checkpoint")
            raise ValueError("evicted")

        def go_on(draft: Draft) -> None:
            assert (draft.workspace / "checkpoint").read_bytes() == b"epoch 1"

        with pytest.raises(ValueError, match="evicted"):
            write(record_in(command("other")), stop)
        write(record_in(command()), go_on)
        assert command().remote.files.listing(f"{PLACE}/.workspace/record") == {}

    def test_removed_is_removed_from_both(self, command: StoreFactory):
        store = command()
        write(record_in(store))
        store.remove(PLACE, MANIFEST)
        assert not any(record_in(one).is_complete() for one in (store, store.local, command().remote))


class TestFolder(OnFolder, Cases):
    def test_what_the_server_missed_is_sent_later(self, command: StoreFactory, told: list[str], tmp_path: Path):
        write(record_in(command(), "a"))
        away = command(url=f"file://{tmp_path}/not/mounted")
        check(away, "a")
        write(record_in(away, "b"))
        check(away, "b")
        away.remove(PLACE, f"a.{MANIFEST}")
        assert len(told) == 1
        assert "cannot be used: the server cannot be reached" in told[0]
        assert f"what is in {away.local.root} stays valid" in told[0]
        told.clear()

        back = command()
        # a's manifest is gone here, and on the server as soon as that is known
        assert not record_in(back, "a").is_complete(back.listing(PLACE))
        assert told == [f"{back.remote.url('')} gets 5 changes that it missed"]
        check(command().remote, "b")
        assert not record_in(command().remote, "a").is_complete()
        assert list((back.local.root / ".unsent").glob("[0-9]*")) == []
        told.clear()
        check(command(), "b")
        assert told == []

    def test_a_record_that_is_gone_everywhere_is_made_anew(self, command: StoreFactory, tmp_path: Path):
        write(record_in(command()))
        shutil.rmtree(command().local.root)
        away = command(url=f"file://{tmp_path}/not/mounted")
        assert not record_in(away).is_complete()
        write(record_in(away))
        check(away.local)

    def test_many_processes_send_each_change(
        self, command: StoreFactory, repository: Path, tmp_path: Path, address: str
    ):
        away = command(url=f"file://{tmp_path}/not/mounted")
        for label in "abcd":
            write(record_in(away, label))
        code = """
import sys
from pathlib import Path
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
folder = Path(sys.argv[1])
remote = RemoteStore(connect(sys.argv[2]), folder / "cache", 10**6)
MirroredStore(LocalStore(folder / "data"), remote, lambda text: None).listing("study")
"""
        arguments = [sys.executable, "-c", code, str(tmp_path / "one"), address]
        processes = [subprocess.Popen(arguments, cwd=repository) for _ in range(3)]
        assert [process.wait(60) for process in processes] == [0] * 3
        for label in "abcd":
            check(command().remote, label)


@pytest.mark.services
class TestXRootD(OnXRootD, Cases):
    pass


@pytest.mark.services
class TestS3(OnS3, Cases):
    pass
