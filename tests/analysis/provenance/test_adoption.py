"""Adoption: the payload of an old record under a new key, both keys in its manifest, and back again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import RecordError, StoreError
from analysis.provenance import adoption
from analysis.provenance.adoption import Adoption, adopt, adopted_in_words, adopted_records, remove_adopted
from analysis.provenance.keys import KeyParts
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.records import Record
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.store import Store
from tests.analysis.provenance.servers import OnFolder, OnMemory, OnS3

INPUT = {"events": "0123456789ab"}
OLD, NEW = KeyParts("Fit", code={"m:f": "aa"}, inputs=INPUT), KeyParts("Fit", code={"m:f": "bb"}, inputs=INPUT)
AFTER = KeyParts("Plot", inputs={"fit": NEW.key()})
WHY = Adoption("0123", "only comments", ("study/Fit/default",), time="2026-11-30T12:00:00+00:00")
CONTENT = {"json": b"{}\n", "bin": bytes(range(256)) * 9}


def record(store: Store, parts: KeyParts, payload: tuple[str, ...] = tuple(CONTENT)) -> Record:
    return Record(store, f"study/{parts.family}/default-{parts.key()}", "", payload)


def write(one: Record, parts: KeyParts, inputs: list[dict[str, Any]] | None = None) -> Record:
    with one.writing(lambda: None) as draft:
        assert draft is not None
        draft.parts, draft.inputs = parts, inputs or []
        for name in one.payload:
            draft.path(name).write_bytes(CONTENT[name])
    return one


def everything(store: Store, study: str = "study") -> list[tuple[Record, dict[str, Any]]]:
    return list(adoption.read_all(store, study))


class Stored:
    """What holds on any store."""

    @pytest.fixture
    def store(self, address: str, tmp_path: Path) -> Store:
        return RemoteStore(connect(address), tmp_path / "cache", 10**9)

    def test_a_record_serves_under_its_new_key(self, store: Store):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        inputs = [{"role": "events", "place": "study/Events/a-0123456789ab", "key": "0123456789ab", "labels": [""]}]
        assert adopt(old, new, WHY, parts=NEW, inputs=inputs, verified=["it was looked at"])
        new.verify()
        assert {name: path.read_bytes() for name, path in new.paths().items()} == CONTENT
        before, after = old.manifest(), new.manifest()
        assert (after["record"]["key"], after["record"]["place"]) == (NEW.key(), new.place)
        assert KeyParts.from_dict(after["parts"]).key() == NEW.key()
        assert after["inputs"] == inputs
        assert {name: after[name] for name in ("made", "host", "software", "source", "payload")} == {
            name: before[name] for name in ("made", "host", "software", "source", "payload")
        }
        said = after["adopted"]
        assert said["from"] == {"place": old.place, "key": OLD.key()}
        assert said["reason"] == "only comments"
        assert KeyParts.from_dict(said["before"]["parts"]).key() == OLD.key()
        assert said["source"].keys() >= {"commit", "dirty"}
        assert adopted_in_words(before) == ""
        assert "adopted on 2026-11-30, because: only comments (it was looked at)" in adopted_in_words(after)
        assert not adopt(old, new, WHY, parts=NEW, inputs=[])

    def test_it_is_taken_back_and_nothing_else(self, store: Store):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        adopt(old, new, WHY, parts=NEW, inputs=[])
        used = [{"role": "fit", "place": new.place, "key": NEW.key(), "labels": [""]}]
        after = write(record(store, AFTER), AFTER, used)
        records = everything(store)
        assert {one.place for one, _ in records} == {old.place, new.place, after.place}
        assert adopted_records(records, ["study/Plot"]) == {}
        (found,) = adopted_records(records, ["study/Fit"]).items()
        assert found == (Record(store, new.place, "", ("json", "bin")), "0123")
        assert adopted_records(records, []).keys() == {found[0]}
        assert [one.place for one in adoption.made_of(records, [found[0]])] == [after.place]
        # somebody made it meanwhile
        assert not remove_adopted(found[0], "another")
        assert new.is_complete()
        assert remove_adopted(*found)
        assert not new.is_complete()
        assert store.listing(new.place) == {}
        old.verify()
        assert not remove_adopted(*found)
        assert adoption.set_aside(after)
        assert not after.is_complete()
        assert not adoption.set_aside(after)


class TestOnMemory(OnMemory, Stored):
    """On files of this process."""


class TestOnFolder(OnFolder, Stored):
    """On a folder as if it were a server."""


@pytest.mark.services
class TestOnS3(OnS3, Stored):
    """On a real S3 server, which copies by itself."""

    def test_nothing_is_sent(self, store: RemoteStore, monkeypatch: pytest.MonkeyPatch):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        sent: list[str] = []
        upload = store.files.upload

        def watched(local: Path, path: str) -> None:
            sent.append(path)
            upload(local, path)

        monkeypatch.setattr(store.files, "upload", watched)
        adopt(old, new, WHY, parts=NEW, inputs=[])
        assert [path for path in sent if not path.startswith(".") and "lease" not in path] == [
            f"{new.place}/manifest.json"
        ]


class TestLocal(Stored):
    """In a folder of this machine."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "store")

    def test_it_takes_no_room(self, store: LocalStore):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        adopt(old, new, WHY, parts=NEW, inputs=[])
        for name in CONTENT:
            assert os.path.samefile(store.root / old.place / name, store.root / new.place / name)
        assert not list((store.root / new.place).glob(".*"))

    def test_a_file_system_without_links_gets_copies(self, store: LocalStore, monkeypatch: pytest.MonkeyPatch):
        def refuse(*_: Any, **__: Any) -> None:
            raise PermissionError(1, "Operation not permitted")

        old, new = write(record(store, OLD), OLD), record(store, NEW)
        monkeypatch.setattr(os, "link", refuse)
        adopt(old, new, WHY, parts=NEW, inputs=[])
        new.verify()
        assert not os.path.samefile(store.root / old.place / "bin", store.root / new.place / "bin")

    def test_one_content_may_be_replaced_by_itself(self, store: LocalStore):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        adopt(old, new, WHY, parts=NEW, inputs=[])
        (store.root / new.place / "manifest.json").unlink()
        adopt(old, new, WHY, parts=NEW, inputs=[])
        new.verify()
        assert not list((store.root / new.place).glob(".*"))

    def test_damage_is_never_adopted(self, store: LocalStore):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        (store.root / old.place / "bin").write_bytes(b"\0" * len(CONTENT["bin"]))
        with pytest.raises(RecordError, match="is damaged: bin has SHA-256"):
            adopt(old, new, WHY, parts=NEW, inputs=[])
        assert store.listing(new.place) == {}

    def test_other_files_are_not_adopted(self, store: LocalStore):
        old = write(record(store, OLD), OLD)
        with pytest.raises(RecordError, match="has no 'pdf', which records of this task have by now"):
            adopt(old, record(store, NEW, ("json", "pdf")), WHY, parts=NEW, inputs=[])

    def test_nothing_is_done_where_somebody_writes(self, store: LocalStore):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        with writing(store, new), pytest.raises(StoreError, match="another process is writing"):
            adopt(old, new, WHY, parts=NEW, inputs=[])
        assert not new.is_complete()
        adopt(old, new, WHY, parts=NEW, inputs=[])
        with writing(store, new), pytest.raises(StoreError, match="another process is writing"):
            remove_adopted(new, "0123")
        assert new.is_complete()

    def test_what_fails_leaves_nothing(self, store: LocalStore, monkeypatch: pytest.MonkeyPatch):
        old, new = write(record(store, OLD), OLD), record(store, NEW)

        def fail(*_: Any) -> None:
            raise StoreError("no space")

        monkeypatch.setattr(store, "put", fail)
        with pytest.raises(StoreError, match="no space"):
            adopt(old, new, WHY, parts=NEW, inputs=[])
        assert store.listing(new.place) == {}

    def test_a_second_adoption_remembers_the_first(self, store: LocalStore):
        third = KeyParts("Fit", code={"m:f": "cc"})
        old, new, newest = write(record(store, OLD), OLD), record(store, NEW), record(store, third)
        adopt(old, new, WHY, parts=NEW, inputs=[])
        adopt(new, newest, Adoption("4567", "again", WHY.of), parts=third, inputs=[])
        said = json.loads(store.read(newest.place, "manifest.json"))["adopted"]
        assert said["from"]["key"] == NEW.key()
        assert said["before"]["adopted"]["from"]["key"] == OLD.key()


class TestMirrored(Stored):
    """In a folder with a copy on a server: both have it."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        remote = RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "cache", 10**9)
        (tmp_path / "server").mkdir()
        return MirroredStore(LocalStore(tmp_path / "store"), remote, print)

    def test_the_copy_has_it_too(self, store: MirroredStore):
        old, new = write(record(store, OLD), OLD), record(store, NEW)
        adopt(old, new, WHY, parts=NEW, inputs=[])
        assert store.remote.listing(new.place) == store.local.listing(new.place)


@contextmanager
def writing(store: LocalStore, one: Record) -> Iterator[None]:
    """Hold a record's lock, as another process does."""
    with LocalStore(store.root).lock(one.place, one.label, lambda: None):
        yield
