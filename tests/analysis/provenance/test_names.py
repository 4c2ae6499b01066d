"""Names of places, files and labels: none leads out of a store, of whatever kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.mirrored_store import MirroredStore
from analysis.provenance.names import check_digest, check_label, check_name, check_place, is_plain
from analysis.provenance.remote.connecting import connect
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.store import Store

PLACE = "study/Fit/default-0123456789ab"
BAD_NAMES = [
    "/etc/passwd",
    "../id_rsa",
    "../../x/id_rsa",
    "..",
    ".",
    "",
    "a/b",
    ".manifest.json",
    "a\0b",
    "a\nb",
    "\x1b[2J",
    "a\u202eb",
    "\udcff",
]
BAD_PLACES = [
    "",
    "/",
    "/etc/ssh",
    "study/../../etc",
    "study//Fit",
    "study/",
    "./study",
    "study/.set-aside",
    ".trash/x",
    ".git/hooks",
    "study/.code",
    "a\nb/c",
]


@pytest.mark.parametrize("name", ["manifest.json", "events_0-10.parquet", "ä b", "a~b", "x..", "a:b\\c"])
def test_plain_names(name: str):
    assert is_plain(name)
    assert check_name(name) == check_label(name) == name
    assert check_place(f"{name}/{name}") == f"{name}/{name}"


def test_names_of_the_store_itself():
    assert check_label("") == ""
    assert check_place(".code") == ".code"


@pytest.mark.parametrize("name", [*BAD_NAMES, 7, None, ["a"], b"a"])
def test_what_is_no_name(name: str):
    with pytest.raises(StoreError, match=r"no name of a file in a store: .*\n  cure: a name is one part of a path"):
        check_name(name)
    if name != "":
        with pytest.raises(StoreError, match="no label"):
            check_label(name)


@pytest.mark.parametrize("place", [*BAD_PLACES, 7, None, ["a"]])
def test_what_is_no_place(place: str):
    with pytest.raises(StoreError, match="no place in a store"):
        check_place(place)


@pytest.mark.parametrize("digest", ["", "0" * 63, "../../" + "0" * 58, "0" * 64 + "\n", "A" * 64, None])
def test_what_is_no_digest(digest: str):
    assert check_digest("0" * 64)
    with pytest.raises(StoreError, match="no SHA-256"):
        check_digest(digest)


def test_a_message_is_short_and_harmless():
    with pytest.raises(StoreError) as caught:
        check_name("\x1b[31m" + "x" * 10**6)
    assert len(str(caught.value)) < 400
    assert "\x1b" not in str(caught.value)


BY_NAME: dict[str, Callable[[Store, str, Path], object]] = {
    "size": lambda store, name, file: store.size(PLACE, name),
    "read": lambda store, name, file: store.read(PLACE, name),
    "localize": lambda store, name, file: store.localize(PLACE, name, "0" * 64),
    "sha256": lambda store, name, file: store.sha256(PLACE, name),
    "put": lambda store, name, file: store.put(PLACE, name, file),
    "duplicate": lambda store, name, file: store.duplicate(PLACE, name, "study/Fit/other-0123456789ab", "0" * 64),
    "set_aside": lambda store, name, file: store.set_aside(PLACE, name),
    "remove": lambda store, name, file: store.remove(PLACE, name),
}
BY_PLACE: dict[str, Callable[[Store, str, Path], object]] = {
    "listing": lambda store, place, file: store.listing(place),
    "folders": lambda store, place, file: store.folders(place),
    "folder_times": lambda store, place, file: store.folder_times(place),
    "size": lambda store, place, file: store.size(place, "x"),
    "read": lambda store, place, file: store.read(place, "x"),
    "localize": lambda store, place, file: store.localize(place, "x", "0" * 64),
    "sha256": lambda store, place, file: store.sha256(place, "x"),
    "put": lambda store, place, file: store.put(place, "x", file),
    "duplicate": lambda store, place, file: store.duplicate(place, "x", PLACE, "0" * 64),
    "duplicate_to": lambda store, place, file: store.duplicate(PLACE, "x", place, "0" * 64),
    "set_aside": lambda store, place, file: store.set_aside(place, "x"),
    "remove": lambda store, place, file: store.remove(place, "x"),
    "lock": lambda store, place, file: store.lock(place, "", lambda: None).__enter__(),
    "draft": lambda store, place, file: store.draft(place, "").__enter__(),
    "workspace": lambda store, place, file: store.workspace(place),
    "keep_workspace": lambda store, place, file: store.keep_workspace(place, "", "x"),
    "discard_workspace": lambda store, place, file: store.discard_workspace(place),
}
BY_LABEL: dict[str, Callable[[Store, str, Path], object]] = {
    "lock": lambda store, label, file: store.lock(PLACE, label, lambda: None).__enter__(),
    "draft": lambda store, label, file: store.draft(PLACE, label).__enter__(),
    "workspace": lambda store, label, file: store.workspace(PLACE, label),
    "keep_workspace": lambda store, label, file: store.keep_workspace(PLACE, label, "x"),
    "discard_workspace": lambda store, label, file: store.discard_workspace(PLACE, label),
}


class Cases:
    """What holds of every kind of store."""

    @pytest.mark.parametrize("ask", BY_NAME.values(), ids=BY_NAME)
    def test_files_that_are_none_of_a_store(self, store: Store, ask: Callable[..., object], tmp_path: Path):
        with store.draft(PLACE, "") as folder:
            (folder / "x").write_bytes(b"1")
            store.put(PLACE, "x", folder / "x")
        (file := tmp_path / "mine").write_bytes(b"private")
        for name in ["../../../../mine", str(file), *BAD_NAMES]:
            with pytest.raises(StoreError, match="no name of a file in a store"):
                ask(store, name, file)
        assert file.read_bytes() == b"private"

    @pytest.mark.parametrize("ask", BY_PLACE.values(), ids=BY_PLACE)
    def test_places_that_are_none_of_a_store(self, store: Store, ask: Callable[..., object], tmp_path: Path):
        (tmp_path / "mine").mkdir()
        (file := tmp_path / "mine" / "x").write_bytes(b"private")
        for place in ["../mine", str(file.parent), *BAD_PLACES[1:]]:
            with pytest.raises(StoreError, match="no place in a store"):
                ask(store, place, file)
        assert [path.name for path in file.parent.iterdir()] == ["x"]
        assert file.read_bytes() == b"private"

    @pytest.mark.parametrize("ask", BY_LABEL.values(), ids=BY_LABEL)
    def test_labels_that_are_none(self, store: Store, ask: Callable[..., object], tmp_path: Path):
        for label in BAD_NAMES:
            if label:
                with pytest.raises(StoreError, match="no label of a record in a store"):
                    ask(store, label, tmp_path)


class TestLocal(Cases):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "store")


class TestRemote(Cases):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return RemoteStore(connect(f"memory://{tmp_path.name}/store"), tmp_path / "cache", 10**6)

    def test_a_digest_that_is_a_path(self, store: RemoteStore):
        with pytest.raises(StoreError, match="no SHA-256"):
            store.localize(PLACE, "x", "../../mine")


class TestFolder(Cases):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return RemoteStore(connect(f"file://{tmp_path}/server"), tmp_path / "cache", 10**6)


class TestMirrored(Cases):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        def tell(what: str) -> None:
            pytest.fail(f"a name is no reason to leave the server alone: {what}")

        remote = RemoteStore(connect(f"memory://{tmp_path.name}/copy"), tmp_path / "cache", 10**6)
        return MirroredStore(LocalStore(tmp_path / "store"), remote, tell)
