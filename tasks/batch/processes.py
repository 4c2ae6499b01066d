"""Processes that do pieces of work side by side, one after the other each, for as long as a command or a job lives.

They import once what all pieces need. What kills one of them fails the piece that it was at and touches no other.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from tasks.batch.cores import usable_cores
from tasks.batch.deaths import death_in_words, may_be_memory
from tasks.batch.fork_server import ForkServer
from tasks.batch.memory import available_memory, kernel_kills, total_memory
from tasks.batch.order import Order
from tasks.batch.pieces import Outcome, Work
from tasks.batch.serving import Serving

__all__ = ["Processes"]

# share of the machine's memory that processes may keep between two pieces
KEPT_MEMORY = 0.6
# pieces that need less are not held back
HEAVY_BYTES = 1 << 29
MEMORY_SECONDS = 1.0
# for what an interrupted process has to tidy up
GRACE_SECONDS = 10.0


@dataclass(eq=False)
class _Process:
    """A process, the piece that it is at and the one that is kept for it."""

    pid: int
    connection: Connection
    cores: int
    work: Work | None = None
    piece: Any = None
    kept: tuple[Work, Any] | None = None
    begin: float = 0.0
    progress: str = ""


class Processes:
    """Processes forked from a server, as many as there is work for, each told by messages what to do.

    Args:
        run: called in a process with a message; returns what is told of it; both are JSON.
        number: how many at once.
        cores: processor cores that all of them share; 0 for all that this process may use.
        begun: called in a process before its first piece, with a function that tells the progress of a piece.
        prepare: called once, before the first process is forked.
    """

    def __init__(
        self,
        run: Callable[[Any], Any],
        number: int,
        *,
        cores: int = 0,
        begun: Callable[[Callable[[str], None]], None] = lambda tell: None,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._number = number
        self._cores = cores or usable_cores()
        self._works: list[Work] = []
        self._processes: list[_Process] = []
        self._peaks: dict[str, int] = {}
        self._available = (0.0, 0)
        self._most = int(KEPT_MEMORY * total_memory() / number)
        self._lock = threading.Lock()
        self._order = Order()
        self._ending = self._lost = False
        self._kills = kernel_kills()
        self._woken, self._wake = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        # before there is a thread
        self._server = ForkServer(Serving(run, begun).serve, prepare)
        self._thread = threading.Thread(target=self._follow, name="processes", daemon=True)
        self._thread.start()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def submit(self, work: Work) -> None:
        """Begin pieces of work as soon as others leave room for them."""
        with self._lock:
            self._works.append(work)
            self._order.submitted()
            if self._lost:
                self._give_up()
        os.write(self._wake, b" ")

    def results(
        self, name: str, pieces: Iterable[Any], message: Callable[[Any, Any], Any]
    ) -> Iterator[tuple[Any, Outcome]]:
        """Do pieces of work of one core and yield each with its outcome as it comes to its end; see :class:`Work`."""
        ended: queue.SimpleQueue[tuple[Any, Outcome]] = queue.SimpleQueue()
        work = Work(name, pieces, message, lambda piece, outcome: ended.put((piece, outcome)))
        self.submit(work)
        for _ in range(work.number):
            yield ended.get()

    def at_work(self, work: Work) -> list[tuple[Any, str]]:
        """The pieces that processes are at, and how far they are as far as they tell."""
        return [(process.piece, process.progress) for process in list(self._processes) if process.work is work]

    def close(self) -> None:
        """End all processes; what those do that are at work is given up."""
        if self._ending:
            return
        self._ending = True
        os.write(self._wake, b" ")
        self._thread.join()
        for process in self._processes:
            process.connection.close()
            if process.work is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGTERM)
        self._server.close(GRACE_SECONDS)
        self._selector.close()
        os.close(self._woken)
        os.close(self._wake)

    def _follow(self) -> None:
        """Hand out pieces and take in what became of them: all that the thread does."""
        try:
            self._hand_out_and_take_in()
        except (OSError, EOFError, ValueError):
            with self._lock:
                self._lost = True
                self._give_up()

    def _give_up(self) -> None:
        """Without the server there are no processes any more."""
        outcome = Outcome(None, "was lost, as the one that forks processes is gone", 0.0)
        for process in self._processes:
            if process.work is not None:
                process.work.finished(process.piece, outcome)
            if process.kept is not None:
                process.kept[0].finished(process.kept[1], outcome)
            process.work = process.kept = None
        for work in self._works:
            while work.waiting:
                work.finished(work.waiting.popleft(), outcome)
        self._works = []

    def _hand_out_and_take_in(self) -> None:
        while not self._ending:
            with self._lock:
                seconds = self._hand_out()
            for key, _ in self._selector.select(seconds):
                if key.data is None:
                    os.read(self._woken, 4096)
                else:
                    self._take_in(key.data)

    def _hand_out(self) -> float | None:
        """Give pieces to processes; returns after how many seconds to try again if nothing else happens."""
        while works := [work for work in self._works if self._has_more(work)]:
            self._works = works
            work, seconds = self._order.choose(works, time.monotonic())
            used = sum(self._slots(process.work) for process in self._processes if process.work)
            if used and used + self._slots(work) > self._number:
                return None
            if used and not self._fits(work):
                return MEMORY_SECONDS
            if seconds:
                return seconds
            self._begin(work, self._threads(work, alone=not used))
        self._works = []
        return None

    def _has_more(self, work: Work) -> bool:
        return bool(work.waiting) or any(one.kept is not None and one.kept[0] is work for one in self._processes)

    def _slots(self, work: Work) -> int:
        """Share of the cores that a piece takes, in processes."""
        return min(self._number, max(work.cores * self._number // self._cores, 1))

    def _threads(self, work: Work, *, alone: bool) -> int:
        """Cores that the libraries of a piece's process may use: all, where there is nothing else to do."""
        if alone and work.number == 1 and len(self._works) == 1:
            return self._cores
        return max(self._cores * self._slots(work) // self._number, 1)

    def _fits(self, work: Work) -> bool:
        """Whether there is memory for what a piece of that kind needed so far."""
        needed = self._peaks.get(work.name, 0)
        if needed < HEAVY_BYTES:
            return True
        now = time.monotonic()
        if now - self._available[0] > MEMORY_SECONDS:
            self._available = now, available_memory()
        return self._available[1] > needed

    def _begin(self, work: Work, cores: int) -> None:
        process = self._idle(work, cores)
        piece = self._next_piece(work, process)
        coming = work.waiting.popleft() if work.waiting else None
        process.kept = (work, coming) if coming is not None else None
        process.work, process.piece, process.progress, process.begin = work, piece, "", time.monotonic()
        self._order.begun(work, process.begin)
        with contextlib.suppress(OSError):  # it died in between: seen where its reply is awaited
            process.connection.send_bytes(json.dumps(work.message(piece, coming)).encode())

    def _next_piece(self, work: Work, process: _Process) -> Any:
        """The piece that was kept for a process, else the next one that waits, else one that another process keeps."""
        kept, process.kept = process.kept, None
        if kept and kept[0] is work:
            return kept[1]
        if kept:
            kept[0].waiting.appendleft(kept[1])
        if work.waiting:
            return work.waiting.popleft()
        for other in self._processes:
            if other.kept and other.kept[0] is work:
                piece, other.kept = other.kept[1], None
                return piece
        raise AssertionError("nothing of it waits")

    def _idle(self, work: Work, cores: int) -> _Process:
        """A process that is free, one that has read ahead for this work if there is one."""
        free = [one for one in self._processes if one.work is None and one.cores == cores]
        free.sort(key=lambda one: one.kept is None or one.kept[0] is not work)
        if free:
            return free[0]
        others = [one for one in self._processes if one.work is None]
        if len(self._processes) > self._number and others:
            self._end(others[0])
        pid, connection = self._server.fork(cores)
        process = _Process(pid, connection, cores)
        self._processes.append(process)
        self._selector.register(connection, selectors.EVENT_READ, process)
        return process

    def _end(self, process: _Process) -> tuple[int, int]:
        """Forget a process, whose piece is over, and return its exit status and the most memory that it had."""
        self._selector.unregister(process.connection)
        process.connection.close()
        ended = self._server.wait(process.pid)
        self._processes.remove(process)
        if process.kept is not None:
            process.kept[0].waiting.appendleft(process.kept[1])
            if process.kept[0] not in self._works:
                self._works.append(process.kept[0])
        return ended

    def _take_in(self, process: _Process) -> None:
        try:
            answer = json.loads(process.connection.recv_bytes())
        except (EOFError, OSError, ValueError):
            answer = None
        if answer is not None and "progress" in answer:
            process.progress = answer["progress"]
            return
        now = time.monotonic()
        work, piece, seconds = process.work, process.piece, now - process.begin
        status = used = 0
        if answer is None or answer["memory"] > self._most:
            with self._lock:
                status, used = self._end(process)
        process.work = process.piece = None
        if work is None:
            return
        last = not self._has_more(work) and all(one.work is not work for one in self._processes)
        self._order.ended(work, now, well=answer is not None, last=last)
        if answer is None:
            kills, self._kills = self._kills, kernel_kills()
            words = death_in_words(status, used, by_kernel=self._kills > kills)
            work.finished(piece, Outcome(None, words, seconds, may_be_memory(status)))
            return
        self._peaks[work.name] = max(answer["peak"], self._peaks.get(work.name, 0))
        work.finished(piece, Outcome(answer["reply"], "", seconds))
