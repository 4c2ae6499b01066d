"""Folders, files on their way and the trash, on every kind of server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.provenance.inventory import find_places, locations
from analysis.provenance.pruning import removals_of
from analysis.provenance.records import Record
from analysis.provenance.remote.files import Files
from analysis.provenance.remote_store import RemoteStore
from analysis.provenance.trash import Trash, new_name
from tests.analysis.provenance.remote.folders import Server
from tests.analysis.provenance.stored import PAYLOAD, write_record

Write = Callable[[bytes], Path]


def test_a_folder_with_something_in_it_is_never_removed(files: Files, server: Server, local: Write):
    files.upload(local(b"Higgs"), "fit/nominal/result.json")
    for folder in ("fit/nominal", "fit", "", "not/there"):
        files.remove_folder(folder)
    assert files.read("fit/nominal/result.json") == b"Higgs"
    files.remove("fit/nominal/result.json")
    files.remove_folder("fit/nominal")
    if server.kind not in ("http", "s3"):
        assert files.stat("fit/nominal") is None
    assert files.listing("fit/nominal") == {}


def test_everything_has_files_on_their_way(files: Files, server: Server, local: Write):
    part = f".{'0' * 32}.part"
    files.upload(local(b"whole"), "a/result.json")
    files.upload(local(b"half"), f"a/{part}")
    assert files.listing("a").keys() == {"result.json"}
    assert files.everything("a").keys() == {"result.json", part}
    assert files.everything("a")[part].size == 4


def test_records_go_to_the_trash_and_come_back(files: Files, tmp_path: Path):
    store = RemoteStore(files, tmp_path / "cache", 10**6)
    record = write_record(store, "Fit", labels=("a #1", "b"))
    kept = write_record(store, "Train")
    files.upload(_file(tmp_path), f"{record.place}/.workspace/b/checkpoint~1")
    (location,) = locations([store])
    trash = Trash(location)
    gone = [r for place in find_places(location) if place.task == "Fit" for r in removals_of(place)]
    assert trash.take(gone, new_name()) == []
    assert [place.place for place in find_places(location) if place.files] == [kept.place]
    (heap,) = trash.heaps()
    assert trash.bring_back(heap) == []
    for label in ("a #1", "b"):
        Record(RemoteStore(files, tmp_path / "other", 10**6), record.place, label, PAYLOAD).verify()
    assert files.read(f"{record.place}/.workspace/b/checkpoint~1") == b"checkpoint"
    assert trash.heaps() == []
    trash.take(gone, new_name())
    trash.empty(trash.heaps()[0])
    assert trash.heaps() == []
    kept.verify()


def _file(folder: Path) -> Path:
    (folder / "file").write_bytes(b"checkpoint")
    return folder / "file"
