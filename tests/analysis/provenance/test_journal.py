"""Journals of commands: what is noted, by whom, and what is left of a command that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from analysis.provenance.journal import FOLDER, Journal, JournalReader, Noted

REPOSITORY = Path(__file__).resolve().parents[3]


def read(root: Path) -> list[Noted]:
    return JournalReader(root).read()


def test_a_command_that_makes_nothing_leaves_none(tmp_path: Path):
    journal = Journal(tmp_path, {"line": "law run Report"})
    journal.end("complete")
    assert read(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_notes_of_a_command_that_lives_and_ends(tmp_path: Path):
    journal = Journal(tmp_path, {"line": "law run Report"})
    journal.add(begun="a/B/c")
    reader = JournalReader(tmp_path)
    (noted,) = reader.read()
    assert noted.is_held
    assert noted.entries[0]["command"] == {"line": "law run Report"}
    assert noted.entries[0]["process"] == os.getpid()
    journal.end("complete")
    (noted,) = reader.read()
    assert not noted.is_held
    assert [list(entry)[1] for entry in noted.entries] == ["command", "begun", "end"]
    # what a process of another command notes is not this one's
    journal.add(begun="a/B/d")
    assert len(read(tmp_path)) == 1


def test_one_that_was_killed_has_no_end_and_no_holder(tmp_path: Path):
    # in a process of its own: one with threads does not fork
    script = (
        "import os, signal, sys; from pathlib import Path; from analysis.provenance.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), {})\n"
        "journal.begin()\n"
        # a process of the command notes, too, and does not keep the lock
        "if os.fork() == 0: journal.add(begun='a/B/c')\n"
        "signal.pause()"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=REPOSITORY)
    limit = time.monotonic() + 10.0
    while not (found := read(tmp_path)) or len(found[0].entries) < 2:
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert found[0].is_held
    child.kill()
    child.wait()
    (noted,) = read(tmp_path)
    assert not noted.is_held
    assert "end" not in noted.entries[-1]
    os.kill(noted.entries[1]["process"], signal.SIGKILL)


def test_what_is_no_journal_is_left_out(tmp_path: Path):
    Journal(tmp_path, {}).begin()
    (file,) = (tmp_path / FOLDER).iterdir()
    with file.open("a") as stream:
        stream.write('[1]\nnot json\n{"time": "x"}\n{"time": 1.0, "made": "a"}\nhalf a li')
    (tmp_path / FOLDER / "20260101T000000-1-abcdef.jsonl").symlink_to("/etc/passwd")
    (tmp_path / FOLDER / "notes.txt").write_text("{}")
    (noted,) = read(tmp_path)
    assert [entry.get("made") for entry in noted.entries] == [None, "a"]


def test_a_folder_that_is_a_link_is_not_read(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / FOLDER).symlink_to(tmp_path / "elsewhere")
    assert read(tmp_path) == []


def test_old_ones_go(tmp_path: Path):
    (tmp_path / FOLDER).mkdir()
    for number in range(70):
        (tmp_path / FOLDER / f"202601{number % 28 + 1:02d}T0000{number % 60:02d}-{number}-abcdef.jsonl").touch()
    Journal(tmp_path, {}).begin()
    assert len(list((tmp_path / FOLDER).iterdir())) == 60
