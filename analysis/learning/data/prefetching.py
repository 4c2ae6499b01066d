"""The next items are made in the background while the current one is used."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Generator, Iterable
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, TypeVar

__all__ = ["prefetch"]

T = TypeVar("T")


def prefetch(make: Callable[[int], T], numbers: Iterable[int], ahead: int = 1) -> Generator[T, None, None]:
    """Items one after another, the next ones made by a thread in the meantime.

    The thread starts with the first item that is asked for, so that a process may still fork before. It has ended when
    the generator is exhausted, closed (use :func:`contextlib.closing` where a loop may be left early) or has raised;
    closing waits for the item that is being made.

    Args:
        make: makes an item of a number; called by the thread, once a number and one after another.
        numbers: also counted by the thread.
        ahead: so many items, finished or being made, wait for the caller at most.

    Yields:
        ``make(number)`` in the order of the numbers; what ``make`` or ``numbers`` raises comes up at its place.

    Raises:
        ValueError: ``ahead`` is less than 1.

    Examples:
        >>> list(prefetch(lambda number: number**2, range(4)))
        [0, 1, 4, 9]
    """
    if ahead < 1:
        raise ValueError(f"ahead is {ahead}; at least one item has to wait")
    return _items(make, numbers, ahead)


def _items(make: Callable[[int], T], numbers: Iterable[int], ahead: int) -> Generator[T, None, None]:
    worker = _Worker(make, numbers, ahead)
    worker.start()
    # a generator that nobody closes: joining a thread is no longer possible when it is collected at the very end
    atexit.register(worker.stop)
    try:
        while (result := worker.results.get()) is not None:
            item, error = result
            if error is not None:
                raise error
            worker.places.release()
            del result
            yield item[0]
            del item  # before waiting for the next one: items may be large
    finally:
        atexit.unregister(worker.stop)
        worker.stop()


class _Worker(Thread, Generic[T]):
    """Puts items, and at last what it failed with or that there are no more, into a queue.

    Args:
        make: makes an item.
        numbers: of the items.
        ahead: places for items.
    """

    def __init__(self, make: Callable[[int], T], numbers: Iterable[int], ahead: int) -> None:
        # a daemon, as others are waited for before exit handlers run
        super().__init__(name="prefetch", daemon=True)
        self.make = make
        self.numbers = numbers
        self.places = Semaphore(ahead)
        self.results: SimpleQueue = SimpleQueue()
        self.stopping = False

    def run(self) -> None:
        """Make all items, each when there is a place for it."""
        try:
            for number in self.numbers:
                # before it is made, not after: a finished item without a place would still be in memory
                self.places.acquire()
                if self.stopping:
                    return
                self.results.put(([self.make(number)], None))
            self.results.put(None)
        except BaseException as error:
            # whatever it is, the caller waits for it
            self.results.put((None, error))

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self.stopping = True
        if self.is_alive():  # which it is not in a forked process
            self.places.release()
            self.join()
