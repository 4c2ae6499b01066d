"""Shell scripts of a capsule: run to their end, whoever interrupts.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from analysis.printable import printable

__all__ = ["followed"]

# of a line that does not end
_LONGEST = 1 << 16


def followed(command: Sequence[str], folder: Path, variables: Mapping[str, str], *, apart: bool) -> int:
    """Run a command, with what it prints on the standard error stream; returns its exit status.

    Args:
        command: its words.
        folder: that it runs in.
        variables: its environment.
        apart: whether it is kept from the terminal: what it prints is shown, and cannot command it.

    Raises:
        KeyboardInterrupt: the user has interrupted, and the command has ended.
    """
    interrupted = 0
    out = subprocess.PIPE if apart else 2
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT if apart else None,
        start_new_session=apart,
    ) as process:
        shower = threading.Thread(target=_show, args=(process.stdout,)) if process.stdout else None
        if shower:
            shower.start()
        while True:
            try:
                status = process.wait()
                break
            except KeyboardInterrupt:
                # the terminal has told the command too, which may have jobs to call back; not what is kept from it
                interrupted += 1
                if apart:
                    _interrupt(process.pid)
                if interrupted > 1:
                    process.terminate()
        if shower:
            shower.join()
    if interrupted:
        raise KeyboardInterrupt
    return status


def _show(stream: IO[bytes]) -> None:
    while line := stream.readline(_LONGEST):
        text = printable(line.decode(errors="backslashreplace").removesuffix("\n"))
        print(text, file=sys.stderr, flush=True)


def _interrupt(program: int) -> None:
    """Tell all that runs in a sandbox, as a terminal would; its own program would end at once, and all with it."""
    for init in _children(program):
        waiting = list(_children(init))
        while waiting:
            one = waiting.pop()
            waiting += _children(one)
            with suppress(OSError):
                os.kill(one, signal.SIGINT)


def _children(process: int) -> Iterator[int]:
    for file in Path("/proc").glob(f"{process}/task/*/children"):
        with suppress(OSError):
            yield from map(int, file.read_text().split())
