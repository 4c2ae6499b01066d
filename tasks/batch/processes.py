"""Processes of a job that run its branches side by side; what kills one of them touches no other branch."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from tasks.batch.reports import FailedBranch

__all__ = ["Processes"]

PR_SET_PDEATHSIG = 1


@dataclass
class _Slot:
    process: Any
    connection: Connection
    branch: int | None = None
    begin: float = 0.0


class Processes:
    """As many forked processes as are needed, each running one branch after the other.

    Args:
        run: runs the branch of a number; returns why that failed.
        number: how many at once.
    """

    def __init__(self, run: Callable[[int], FailedBranch | None], number: int) -> None:
        self._run = run
        self._number = number
        self._slots: list[_Slot] = []
        # forked, because tasks are imported and keys decided here once for all; nothing here has threads yet
        self._context = multiprocessing.get_context("fork")

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: Any) -> None:
        for slot in self._slots:
            slot.connection.close()
            slot.process.terminate()
        for slot in self._slots:
            slot.process.join()

    def results(self, branches: Sequence[int]) -> Iterator[tuple[int, FailedBranch | None, float]]:
        """Run branches; yields number, failure and seconds of each as it comes to its end."""
        waiting = deque(branches)
        while waiting or any(slot.branch is not None for slot in self._slots):
            while waiting and (slot := self._free()) is not None:
                slot.branch, slot.begin = waiting.popleft(), time.monotonic()
                with contextlib.suppress(OSError):  # it died in between: seen below
                    slot.connection.send(slot.branch)
            busy = {slot.connection: slot for slot in self._slots if slot.branch is not None}
            for connection in wait(list(busy)):
                slot = busy[connection]  # type: ignore[index]
                number, seconds = slot.branch, time.monotonic() - slot.begin
                assert number is not None
                try:
                    failed: FailedBranch | None = slot.connection.recv()
                except (EOFError, OSError):
                    slot.process.join()
                    self._slots.remove(slot)
                    failed = FailedBranch(_end_of(slot.process.exitcode), True, seconds)
                slot.branch = None
                yield number, failed, seconds

    def _free(self) -> _Slot | None:
        for slot in self._slots:
            if slot.branch is None:
                return slot
        if len(self._slots) >= self._number:
            return None
        ours, theirs = self._context.Pipe()
        others = [slot.connection for slot in self._slots]
        process = self._context.Process(target=self._serve, args=(theirs, [ours, *others]))
        process.start()
        theirs.close()
        self._slots.append(_Slot(process, ours))
        return self._slots[-1]

    def _serve(self, connection: Connection, parents: Sequence[Connection]) -> None:
        _die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # the parent's ends: whoever keeps one of them open would hide the end of its process
        for other in parents:
            other.close()
        while True:
            try:
                number = connection.recv()
            except EOFError:
                return
            connection.send(self._run(number))


def _die_with_parent() -> None:
    """A job's process that is killed at once takes its own processes along: they would go on writing records."""
    with contextlib.suppress(OSError, AttributeError):  # Linux alone has it
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_of(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"its process was killed by signal {-exit_code}"
    return f"its process ended with exit code {exit_code}"
