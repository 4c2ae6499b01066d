"""A connection to a server that is kept: made when it is needed, by each process its own."""

from __future__ import annotations

import os
import threading
import weakref
from abc import ABC, abstractmethod
from typing import Any

__all__ = ["KeptConnection"]


class KeptConnection(ABC):
    """A connection to a server, which threads share and forked processes do not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None
        _all.add(self)

    @abstractmethod
    def _connect(self) -> Any:
        """A new connection, for this process alone."""

    @property
    def connection(self) -> Any:
        """Connection of this process to the server."""
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection

    def _drop(self, used: Any) -> None:
        """Make the next attempt connect anew, unless another thread has done so already."""
        with self._lock:
            if used is None or self._connection is used:
                self._connection = None


_all: weakref.WeakSet[KeptConnection] = weakref.WeakSet()
_of_parent: list[Any] = []


def _forget_connections() -> None:
    """A forked child connects anew; what it has of its parent is kept, because closing it would close the parent's."""
    for one in list(_all):
        one._lock = threading.Lock()
        _of_parent.append(one._connection)
        one._connection = None


os.register_at_fork(after_in_child=_forget_connections)
