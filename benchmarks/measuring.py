"""Cost of a command: wall and processor time of it and of all processes that it waited for, and memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cost", "measure"]


@dataclass
class Cost:
    """Of one command.

    Args:
        wall: time, s.
        processor: time, user and system, s; that of its children included.
        memory: most that one of its processes held at once (resident), MiB.
        store: what it has left on disk, MiB.
        output: what it printed.
    """

    wall: float
    processor: float
    memory: float
    store: float = 0.0
    output: str = ""


def measure(command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> Cost:
    """Run a command to its end.

    Args:
        command: program and arguments.
        environment: all of its variables.
        folder: where it runs; here by default.

    Raises:
        SystemExit: it failed; the message has its output.
    """
    with tempfile.TemporaryFile() as printed:
        begin = time.perf_counter()
        with subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT
        ) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        printed.seek(0)
        output = printed.read().decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output=output)
