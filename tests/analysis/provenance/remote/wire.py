"""A wire to a real server that can be cut: a small TCP proxy."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import Self


class Wire:
    """A port of this machine that leads to a server's, until it is cut.

    Args:
        port: of the server.

    Attributes:
        port: of the wire.
        connections: number of connections until now.
        held: seconds for which nothing comes from the server after the next connection is made.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self._pieces = 0
        self._lost_pieces = range(0)
        self._refuses_then = False
        self.port = 0
        self.connections = 0
        self.held = 0.0
        self.mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        """Let connections through again."""
        with self._lock:
            self._listening = socket.socket()
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listening.bind(("127.0.0.1", self.port))
            self._listening.listen(64)
            self.port = self._listening.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Reset all connections; new ones are refused."""
        with self._lock:
            if self._listening is not None:
                # a thread that waits in accept() keeps it open otherwise
                with contextlib.suppress(OSError):
                    self._listening.shutdown(socket.SHUT_RDWR)
                self._listening.close()
                self._listening = None
        self.reset()

    def reset(self) -> None:
        """Reset all connections; new ones are let through."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                # the thread that reads from it sees the end, and a reset goes out with the closing
                end.shutdown(socket.SHUT_RD)
            end.close()

    def lose_answer(self, number: int = 1, *, times: int = 1, refuse: bool = False) -> None:
        """Reset all connections in place of what the server sends next.

        Args:
            number: of the piece of an answer that gets lost, from 1.
            times: number of pieces in a row that get lost.
            refuse: whether new connections are refused then.
        """
        with self._lock:
            self._pieces, self._lost_pieces, self._refuses_then = 0, range(number, number + times), refuse

    @property
    def lost(self) -> bool:
        """Whether all that was to get lost has been lost."""
        return self._pieces >= self._lost_pieces.stop - 1

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                here, _ = listening.accept()
            except OSError:
                return
            held, self.held = self.held, 0.0
            time.sleep(held)
            try:
                there = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                here.close()
                continue
            with self._lock:
                self.connections += 1
                self._ends += [here, there]
            threading.Thread(target=self._carry, args=(here, there, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(there, here, True), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(2**16):
                if answers and self._is_to_be_lost():
                    self.cut() if self._refuses_then else self.reset()
                    return
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _is_to_be_lost(self) -> bool:
        with self._lock:
            self._pieces += 1
            return self._pieces in self._lost_pieces
