"""A folder of records is used by many that write, or by one that takes records away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import StoreError
from analysis.provenance.local_store import LocalStore
from analysis.provenance.usage import alone, leave, use
from tests.analysis.provenance.stored import write_record

_WRITES = """
import sys
from pathlib import Path
from analysis.provenance.local_store import LocalStore
store = LocalStore(Path(sys.argv[1]))
with store.lock("study/Fit/default-0123456789ab", "", lambda: print("waits", flush=True)):
    pass
print("has written", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path: Path) -> subprocess.Popen[str]:
    """``with writer:`` a process that writes records, between two of them, until its input ends."""
    command = [sys.executable, "-c", _WRITES, str(tmp_path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_nobody_takes_away_what_a_process_may_need(tmp_path: Path, writer: subprocess.Popen[str]):
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "has written\n"
        with pytest.raises(StoreError, match="a command is at work"), alone(tmp_path):
            pass
        # however it ends
        writer.kill()
        writer.wait()
        with alone(tmp_path):
            pass


def test_who_writes_waits_for_who_takes_away(tmp_path: Path, request: pytest.FixtureRequest):
    with alone(tmp_path):
        # its own locks are no obstacle
        write_record(LocalStore(tmp_path), "Fit")
        writer = request.getfixturevalue("writer")
        assert writer.stdout.readline() == "waits\n"
    with writer:
        assert writer.stdout.readline() == "has written\n"
        writer.kill()


def test_a_folder_made_anew_is_another_one(tmp_path: Path):
    store = LocalStore(tmp_path / "store")
    write_record(store, "Fit")
    shutil.rmtree(store.root)
    write_record(store, "Fit")
    assert (store.root / ".in-use").exists()
    # what this process has written is no obstacle for it
    with alone(store.root):
        assert store.folders("") == ["study"]


def test_many_folders_do_not_take_all_files_that_a_process_may_open(tmp_path: Path):
    before = len(os.listdir("/proc/self/fd"))
    for number in range(100):
        (folder := tmp_path / f"store{number}").mkdir()
        use(folder, lambda: None)
    assert len(os.listdir("/proc/self/fd")) <= before + 64
    leave(tmp_path)
    assert len(os.listdir("/proc/self/fd")) <= before
