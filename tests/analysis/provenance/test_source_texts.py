"""Source texts of keys' code, kept in stores of each kind: written once, shared, and no harm if they are gone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance import source_texts
from analysis.provenance.keys import KeyParts, describe
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.records import Record
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.source_texts import FOLDER, keep_texts, kept_texts
from analysis.provenance.store import Store
from analysis.study import Step
from tests.analysis.provenance.servers import OnFolder, OnMemory, OnS3, OnXRootD

Write = Callable[[Mapping[str, str]], None]
CODE = "def f():\n    return 1\n"


@pytest.fixture
def parts(write: Write) -> KeyParts:
    write({"lab.py": CODE})
    return KeyParts("Fit", configuration={"step": describe(Step("lab:f"))})


def file_of(root: Path) -> Path:
    (file,) = (root / FOLDER).iterdir()
    return file


def keep(store: Store, parts: KeyParts, folder: Path, place: str = "study/Fit/default-0") -> None:
    folder.mkdir(exist_ok=True)
    keep_texts(store, place, parts, folder)
    assert list(folder.iterdir()) == []


class Cases:
    """What holds of every store."""

    @pytest.fixture
    def store(self, address: str, tmp_path: Path) -> Store:
        return RemoteStore(connect(address), tmp_path / "cache", 10**6)

    def test_they_come_back_also_to_others(self, store: Store, address: str, parts: KeyParts, tmp_path: Path):
        assert kept_texts(store, parts) == {}
        keep(store, parts, tmp_path / "draft")
        # another place with the same code, of another process
        source_texts._kept.clear()
        keep(store, parts, tmp_path / "draft", "study/Other/default-0")
        other = RemoteStore(connect(address), tmp_path / "other", 10**6)
        (text,) = (text for label, text in kept_texts(other, parts).items() if label.startswith("lab"))
        assert "return 1" in text
        # in no listing of records
        assert other.folders("") == []
        assert len(other.listing(FOLDER)) == 1


class TestMemory(OnMemory, Cases):
    pass


class TestFolder(OnFolder, Cases):
    pass


@pytest.mark.services("xrootd")
class TestXRootD(OnXRootD, Cases):
    pass


@pytest.mark.services("s3")
class TestS3(OnS3, Cases):
    pass


def test_a_record_brings_them_along_and_its_place_holds_the_record_alone(parts: KeyParts, tmp_path: Path):
    store = LocalStore(tmp_path / "store")
    place = f"study/Fit/default-{parts.key()}"
    for label in ("a", "b"):
        with Record(store, place, label, ("json",)).writing(lambda: None) as draft:
            assert draft is not None
            draft.parts = parts
            draft.path("json").write_text("{}")
    assert sorted(store.listing(place)) == ["a.json", "a.manifest.json", "b.json", "b.manifest.json"]
    assert kept_texts(store, parts)
    assert file_of(tmp_path / "store").stat().st_size < 500


def test_a_place_is_asked_about_once_a_process(parts: KeyParts, tmp_path: Path):
    store = LocalStore(tmp_path / "store")
    keep(store, parts, tmp_path / "draft")
    file_of(tmp_path / "store").unlink()
    keep(store, parts, tmp_path / "draft")
    assert kept_texts(store, parts) == {}
    keep(store, parts, tmp_path / "draft", "study/Fit/other-0")
    assert kept_texts(store, parts)


def test_code_of_nobody_is_kept_nowhere(tmp_path: Path):
    keep(LocalStore(tmp_path / "store"), KeyParts("Fit"), tmp_path / "draft")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", gzip.compress(b"[]"), gzip.compress(b"{"), gzip.compress(json.dumps({"lab:f": 3}).encode()), None],
    # compressed content has the time in it
    ids=["empty", "no archive", "a list", "no JSON", "no text", "gone"],
)
def test_what_is_damaged_or_gone_is_no_text(parts: KeyParts, tmp_path: Path, content: bytes | None):
    store = LocalStore(tmp_path / "store")
    keep(store, parts, tmp_path / "draft")
    file = file_of(tmp_path / "store")
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert kept_texts(store, parts) == {}


def test_a_flipped_bit_is_noticed(parts: KeyParts, tmp_path: Path):
    store = LocalStore(tmp_path / "store")
    keep(store, parts, tmp_path / "draft")
    file = file_of(tmp_path / "store")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    assert kept_texts(store, parts) == {}


def test_a_store_that_is_full_costs_the_text_alone(parts: KeyParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = LocalStore(tmp_path / "store")

    def full(*_: object, **__: object) -> None:
        raise StoreError("the store is full")

    monkeypatch.setattr(store, "put", full)
    (tmp_path / "draft").mkdir()
    keep_texts(store, "study/Fit/default-0", parts, tmp_path / "draft")
    assert kept_texts(store, parts) == {}


def test_a_mirror_gets_them_too(parts: KeyParts, tmp_path: Path):
    remote = RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "cache", 10**6)
    store = MirroredStore(LocalStore(tmp_path / "store"), remote, lambda text: None)
    keep(store, parts, tmp_path / "draft")
    assert kept_texts(LocalStore(tmp_path / "store"), parts) == kept_texts(remote, parts) != {}
