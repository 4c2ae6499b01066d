"""Progress that somebody watches."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

WATCHED = """
import sys
from tasks.framework import progress
name = "run{a}[red]_[/b].root\\x1b]0;owned\\x07\\n\\u202e"
with progress.bytes_progress(name, 10) as report:
    report(5, 10)
with progress.count_progress(name, 10) as report:
    report(5)
"""


@pytest.mark.parametrize("columns", ["200", "120"])
def test_names_of_files_are_text(repository: Path, columns: str) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(repository), "COLUMNS": columns, "TERM": "xterm"}
    process = subprocess.Popen([sys.executable, "-c", WATCHED], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):
        while block := os.read(ours, 65536):
            said += block
    os.close(ours)
    text = said.decode()
    assert process.wait() == 0, text
    assert r"run{a}[red]_[/b].root\x1b]0;owned\x07\n\u202e" in text
    assert "\x1b]0" not in text
    assert "\u202e" not in text
