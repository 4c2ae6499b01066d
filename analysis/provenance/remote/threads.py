"""Threads that wait for servers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

__all__ = ["at_once"]


@contextmanager
def at_once(number: int) -> Iterator[ThreadPoolExecutor]:
    """Use threads, and wait for their end; an interrupt waits for none of them, as servers may be silent for long.

    Args:
        number: of threads.
    """
    pool = ThreadPoolExecutor(number)
    waits = True
    try:
        yield pool
    except KeyboardInterrupt:
        waits = False
        raise
    finally:
        pool.shutdown(wait=waits, cancel_futures=not waits)
