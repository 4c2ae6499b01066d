"""Ctrl-C ends a command and all its processes, without tracebacks, and never leaves one that hangs."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import sys
import threading
from typing import Any, NoReturn

import luigi.worker

__all__ = ["install", "leave"]

# what a shell expects of a command that was interrupted
INTERRUPTED = 130

# for what an interrupted process has to tidy up
GRACE_SECONDS = 10.0
# the thread that pings the scheduler
PING_SECONDS = 1.0


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


def quiet_processes() -> None:
    """Nothing is interrupted while a process is forked, when Python drops the exception, nor while a process ends."""
    process: Any = luigi.worker.ContextManagedTaskProcess
    start_process, run_task = process.start, process.run

    @functools.wraps(start_process)
    def start(self: Any) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # started in the background: interrupts are meant for others
            self._interrupts = None
            start_process(self)
            return
        interrupts: list[int] = []
        self._interrupts = interrupts
        before = signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
        try:
            start_process(self)
        finally:
            signal.signal(signal.SIGINT, before)
        if interrupts:
            raise KeyboardInterrupt

    @functools.wraps(run_task)
    def run(self: Any) -> None:
        if multiprocessing.parent_process() is None or self._interrupts is None:
            run_task(self)
            return
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if self._interrupts:
                raise KeyboardInterrupt
            run_task(self)
        except KeyboardInterrupt:
            # the command says what there is to say; threads may be waiting for a server that is silent
            leave()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    process.start, process.run = start, run


def patient_worker() -> None:
    """An interrupted worker lets its processes tidy up before it terminates them, and waits for nothing else."""
    worker: Any = luigi.worker.Worker
    exit_worker = worker.__exit__

    @functools.wraps(exit_worker)
    def __exit__(self: Any, kind: type[BaseException] | None, *others: Any) -> Any:
        if kind is KeyboardInterrupt:
            leave_in_any_case()
            for task in self._running_tasks.values():
                if task.is_alive():
                    task.join(GRACE_SECONDS)
        return exit_worker(self, kind, *others)

    worker.__exit__ = __exit__


def impatient_ping() -> None:
    """An interrupt may leave logging's lock taken: luigi's ping thread needs it to end, and luigi waits for that."""
    thread: Any = luigi.worker.KeepAliveThread
    wait = thread.join

    @functools.wraps(wait)
    def join(self: Any, timeout: float | None = None) -> None:
        # it is a daemon: nothing is lost by going without it
        wait(self, PING_SECONDS if timeout is None else timeout)

    thread.join = join


@functools.cache
def install() -> None:
    """Let interrupts be handled this way, once."""
    quiet_processes()
    patient_worker()
    impatient_ping()
