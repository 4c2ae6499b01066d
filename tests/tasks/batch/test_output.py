"""Output of the processes of a command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# pytest's own process may have JAX and threads, and so forks none
PRELUDE = """
import json, os, pty, sys
from tasks.batch.output import Output

def forked(work):
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    os.waitpid(child, 0)
"""


def python(code: str, *arguments: str) -> tuple[str, Any]:
    """Run Python code in a process of its own; what it printed before the last line, and that as JSON."""
    command = [sys.executable, "-c", PRELUDE + code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines(keepends=True)
    return "".join(lines), json.loads(last)


def test_what_a_process_prints_comes_through_the_command_in_whole_lines():
    printed, half = python("""
output = Output()
_, terminal = pty.openpty()

def work():
    os.dup2(terminal, 2)
    output.take()
    print("made  something", flush=True)
    print("an error", file=sys.stderr, flush=True)
    print("half a", end="", flush=True)

forked(work)
output.pass_on()
print("-- so far", flush=True)
os.write(output._theirs, b" line\\n")
output.pass_on()
print(json.dumps("end"))
""")
    assert printed == "made  something\nan error\n-- so far\nhalf a line\n"
    assert half == "end"


def test_errors_that_go_to_a_file_still_do(tmp_path: Path):
    _, told = python(
        """
output, file = Output(), sys.argv[1]

def work():
    os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), 2)
    output.take()
    os.write(2, b"an error\\n")

forked(work)
print(json.dumps(open(file).read()))
""",
        str(tmp_path / "errors"),
    )
    assert told == "an error\n"
