"""Whether a job and the command that sends it have the same store."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from analysis.provenance.local_store import LocalStore
from tasks.batch import store_probe
from tasks.batch.code_bundle import in_store
from tasks.batch.store_probe import check_store, leave_file, new_place, read_by_both, remove_files, seen_from_here


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def test_a_store_is_written_read_and_left_clean(tmp_path: Path) -> None:
    assert check_store(LocalStore(tmp_path)).result == "ok"
    assert files(tmp_path) == []


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="there is no second file system here")
def test_a_store_may_lie_on_another_disk_than_temporary_files(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        base = tmp_path / "project"
        assert os.stat(folder).st_dev != os.stat(tmp_path).st_dev
        assert check_store(LocalStore(Path(folder))).result == "ok"
        for name in ("setup.sh", "requirements.lock", "analysis/__init__.py", "tasks/__init__.py"):
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            (base / name).touch()
        assert in_store(LocalStore(Path(folder)), base, tmp_path / "code").exists()


def test_each_reads_what_the_other_wrote(tmp_path: Path) -> None:
    store, place = LocalStore(tmp_path), new_place()
    finding, left = read_by_both(store, place, leave_file(store, place))
    assert finding.result == "ok"
    assert seen_from_here(store, place, left).result == "ok"
    remove_files(store, place)
    assert files(tmp_path) == []


def test_two_folders_are_not_one_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there, place = LocalStore(tmp_path / "here"), LocalStore(tmp_path / "there"), new_place()
    finding, left = read_by_both(there, place, leave_file(here, place))
    assert finding.result == "failed"
    assert "it is not the command's store" in finding.detail
    assert finding.cure
    assert (left, files(tmp_path / "there")) == ("", [])
    # a job that sees the command's files and writes elsewhere
    monkeypatch.setattr(store_probe, "LATE", 0.1)
    finding = seen_from_here(here, place, leave_file(there, place, store_probe.JOB))
    assert finding.result == "failed"
    assert "is not seen here" in finding.detail
