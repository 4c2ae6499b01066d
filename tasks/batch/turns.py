"""Threads that follow what jobs or processes make, one thread a task, and take turns.

One of a command's threads does something while all others rest. So nothing of law, luigi or the stores has to serve
two threads at once, and where a process is forked, no other thread is in the middle of something.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

__all__ = ["Follower", "Turns", "rest", "wait_for"]


class Turns:
    """Whose turn it is; as a context, until its end it is the caller's."""

    def __init__(self) -> None:
        self._lock: Any = threading.RLock()
        self.interrupted = threading.Event()

    def take(self) -> None:
        """Wait until it is this thread's turn; nothing if it is."""
        if not self._lock._is_owned():
            self._lock.acquire()

    def give(self) -> None:
        """Let others have their turn; nothing if it is theirs."""
        if self._lock._is_owned():
            self._lock.release()

    def __enter__(self) -> Turns:
        self.take()
        return self

    def __exit__(self, *_: Any) -> None:
        self.give()

    @contextlib.contextmanager
    def others(self) -> Iterator[None]:
        """Let others have their turn meanwhile."""
        self.give()
        try:
            yield
        finally:
            self.take()


class Follower(threading.Thread):
    """Runs a task whose records jobs or processes make, and is to luigi's worker what a process is.

    Args:
        process: of luigi, for the task; it is never started.
        turns: of the command's threads.
    """

    exitcode = None
    timeout_time = None

    def __init__(self, process: Any, turns: Turns) -> None:
        # a daemon: jobs do not need the command
        super().__init__(daemon=True)
        self._process = process
        self._turns = turns
        self._told = False

    def run(self) -> None:
        with self._turns, contextlib.suppress(KeyboardInterrupt):
            if not self._turns.interrupted.is_set():
                self._process.run()

    def rest(self, seconds: float) -> None:
        """See :func:`rest`."""
        with self._turns.others():
            if self._told:
                time.sleep(seconds)
            elif self._turns.interrupted.wait(seconds):
                self._told = True
                raise KeyboardInterrupt

    def wait_for(self, event: threading.Event, seconds: float) -> None:
        """See :func:`wait_for`."""
        with self._turns.others():
            event.wait(seconds)
        if self._turns.interrupted.is_set():
            raise KeyboardInterrupt

    def terminate(self) -> None:
        """Nothing: it ends with the command."""


def rest(seconds: float) -> None:
    """Let time pass, and let the command's other threads have their turn meanwhile.

    Raises:
        KeyboardInterrupt: the command was interrupted; told once to every thread.
    """
    thread = threading.current_thread()
    if isinstance(thread, Follower):
        thread.rest(seconds)
    else:
        time.sleep(seconds)


def wait_for(event: threading.Event, seconds: float) -> None:
    """Wait for an event, at most so long, and let the command's other threads have their turn meanwhile.

    Raises:
        KeyboardInterrupt: the command was interrupted.
    """
    thread = threading.current_thread()
    if isinstance(thread, Follower):
        thread.wait_for(event, seconds)
    else:
        event.wait(seconds)
