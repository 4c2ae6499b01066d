"""A process that does pieces of work: it is told by messages what to do, and is interrupted only while it does it."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from tasks.batch.cores import keep_to
from tasks.batch.memory import used_memory

__all__ = ["Serving"]


class Serving:
    """The loop of a process.

    Args:
        run: called with a message, returns a reply; both are JSON.
        begun: called before the first message with a function that tells the progress of what a message says.
    """

    def __init__(self, run: Callable[[Any], Any], begun: Callable[[Callable[[str], None]], None]) -> None:
        self._run = run
        self._begun = begun
        self._at_work = False
        # a command in the background leaves interrupts to others
        self._heeds_interrupts = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN

    def serve(self, connection: Connection, cores: int) -> None:
        """Do what messages say until there are none any more.

        Args:
            connection: that they come from.
            cores: how many processor cores libraries may use.
        """
        lock = threading.Lock()

        def send(answer: dict[str, Any]) -> None:
            # progress is told by any thread
            with lock:
                connection.send_bytes(json.dumps(answer).encode())

        keep_to(cores)
        signal.signal(signal.SIGTERM, self._leave)
        if self._heeds_interrupts:
            signal.signal(signal.SIGINT, self._leave)
        try:
            self._begun(lambda text: send({"progress": text}))
            while True:
                try:
                    message = json.loads(connection.recv_bytes())
                except (EOFError, OSError):
                    return
                self._at_work = True
                reply = self._run(message)
                self._at_work = False
                memory, peak = used_memory()
                send({"reply": reply, "memory": memory, "peak": peak})
        except (KeyboardInterrupt, BrokenPipeError):
            # the command says what there is to say
            sys.exit(128 + signal.SIGINT)

    def _leave(self, number: int, _: Any) -> None:
        if number == signal.SIGINT and not self._at_work:
            return
        # once: what is to be tidied up takes a moment
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt
