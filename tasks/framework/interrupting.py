"""Ctrl-C ends a command and all its processes, without tracebacks, and never leaves one that hangs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import NoReturn

__all__ = ["leave", "leave_in_any_case"]

# what a shell expects of a command that was interrupted
INTERRUPTED = 130

# for what an interrupted process has to tidy up
GRACE_SECONDS = 10.0


def leave() -> NoReturn:
    """End the interrupted command at once.

    An interrupt comes between any two instructions, inside a queue or a lock of a library too, and Python's own way
    out waits for all of them. Nothing is lost: what is complete is in the store, what is not was unwound before.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(INTERRUPTED)


def leave_in_any_case() -> None:
    """End the interrupted command even if its tidying up never ends."""
    timer = threading.Timer(2 * GRACE_SECONDS, os._exit, [INTERRUPTED])
    timer.daemon = True
    timer.start()
