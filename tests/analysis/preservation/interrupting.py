"""A capsule that is interrupted while its graph runs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from analysis.preservation.command import REFUSED

__all__ = ["WAITING", "check_it_ends_well"]

#: what its graph runs: it waits, and ends well when it is interrupted
WAITING = """
import signal, time
def end_well(*_):
    (store.parent / "ended-well").touch()
    sys.exit(1)
signal.signal(signal.SIGINT, end_well)
(store.parent / "waiting").touch()
time.sleep(60)
"""


def check_it_ends_well(command: Sequence[str | Path]) -> None:
    """Run a capsule with :data:`WAITING` in the working folder, and interrupt it as a terminal does."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    store = Path("tiny-rerun/store")
    deadline = time.monotonic() + 30
    while not (store / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    # to all that belong to the command
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == REFUSED, said
    assert "interrupted; start again" in said
    assert (store / "ended-well").exists()
