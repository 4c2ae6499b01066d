"""Notes that the processes of a command share."""

from __future__ import annotations

import subprocess
import sys

FORKED = """
import os
from tasks.framework.notes import Notes
notes = Notes()
assert notes.add_to({"number": -1}) == []
children = []
for number in range(8):
    if (child := os.fork()) == 0:
        for _ in range(50):
            notes.add({"number": number})
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 8
found = [one["number"] for one in notes.read()]
assert found[0] == -1
assert sorted(found[1:]) == [number for number in range(8) for _ in range(50)]
assert len(notes.add_to({"number": 8})) == 401
notes.clear()
assert notes.read() == []
"""


def test_forked_processes_share_them() -> None:
    # in a process without the threads that libraries of other tests have
    subprocess.run([sys.executable, "-c", FORKED], check=True)
