"""Output of the processes of a command."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest

from tasks.batch.output import Output


def test_what_a_process_prints_comes_through_the_command_in_whole_lines(capsys: pytest.CaptureFixture[str]):
    output = Output()
    _, terminal = pty.openpty()
    child = os.fork()
    if not child:
        os.dup2(terminal, 2)
        output.take()
        print("made  something", flush=True)
        print("an error", file=sys.stderr, flush=True)
        print("half a", end="", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    output.pass_on()
    assert capsys.readouterr().out == "made  something\nan error\n"
    os.write(output._theirs, b" line\n")
    output.pass_on()
    assert capsys.readouterr().out == "half a line\n"


def test_errors_that_go_to_a_file_still_do(tmp_path: Path):
    output, file = Output(), tmp_path / "errors"
    child = os.fork()
    if not child:
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), 2)
        output.take()
        os.write(2, b"an error\n")
        os._exit(0)
    os.waitpid(child, 0)
    assert file.read_text() == "an error\n"
