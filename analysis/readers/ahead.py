"""Read the next chunk of events while the step of the present one computes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

__all__ = ["ReadAhead"]

T = TypeVar("T")


class ReadAhead(Generic[T]):
    """At most one thing that is read in a thread before it is asked for.

    Examples:
        >>> ahead = ReadAhead()
        >>> ahead.begin("chunk 2", lambda: [4, 5, 6])
        >>> ahead.take("chunk 2", lambda: "read anew"), ahead.take("chunk 7", lambda: "read anew")
        ([4, 5, 6], 'read anew')
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: tuple[Hashable, Future[T]] | None = None

    def begin(self, key: Hashable, read: Callable[[], T]) -> None:
        """Begin to read something, unless something else is waiting to be taken."""
        if self._waiting is not None and not self._waiting[1].done():
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "read-ahead")
        self._waiting = (key, self._pool.submit(read))

    def take(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return what was begun by that key, or what ``read`` gives; errors of both are raised here."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return read()
        if waiting[0] != key:
            # it would only take the line
            waiting[1].cancel()
            return read()
        return waiting[1].result()
