"""Output of the processes of a command."""

from __future__ import annotations

import os
import sys

import pytest

from tasks.batch.output import Output


def test_what_a_process_prints_comes_through_the_command_in_whole_lines(capsys: pytest.CaptureFixture[str]):
    output = Output()
    child = os.fork()
    if not child:
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
