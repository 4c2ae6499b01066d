from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from contextlib import closing

import numpy as np
import pytest

from analysis.learning.data.prefetching import prefetch

LONG = 20.0  # seconds; never waited for unless something is wrong


def running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "prefetch"]


class Maker:
    """Makes items when it is told to, and remembers what it made."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.began = threading.Semaphore(0)
        self.may = threading.Semaphore(0)

    def __call__(self, number: int) -> int:
        self.begun.append(number)
        self.began.release()
        assert self.may.acquire(timeout=LONG)
        return 10 * number


@pytest.mark.parametrize("ahead", [1, 2, 7])
def test_items_come_in_order(ahead):
    assert list(prefetch(lambda number: number * 10, iter([3, 1, 2, 0]), ahead)) == [30, 10, 20, 0]
    assert list(prefetch(str, [], ahead)) == []
    assert not running()


def test_the_next_item_is_made_while_the_current_one_is_used():
    maker = Maker()
    with closing(prefetch(maker, range(3))) as items:
        maker.may.release()
        assert next(items) == 0
        # nobody has asked for the second one
        assert maker.began.acquire(timeout=LONG)
        assert maker.began.acquire(timeout=LONG)
        assert maker.begun == [0, 1]
        for _ in range(2):
            maker.may.release()
        assert list(items) == [10, 20]


@pytest.mark.parametrize("ahead", [1, 3])
def test_no_more_items_wait_than_were_asked_for(ahead):
    maker = Maker()
    for _ in range(100):
        maker.may.release()
    with closing(prefetch(maker, range(100), ahead)) as items:
        assert next(items) == 0
        for _ in range(1 + ahead):
            assert maker.began.acquire(timeout=LONG)
        # the thread has made all that it may and waits for a place, which is no call of maker
        assert not maker.began.acquire(timeout=0.1)
        assert next(items) == 10
        assert maker.began.acquire(timeout=LONG)
        assert not maker.began.acquire(timeout=0.1)
        assert maker.begun == list(range(2 + ahead))


def test_used_items_are_let_go():
    alive: list[weakref.ref] = []

    def make(number: int) -> np.ndarray:
        assert sum(array() is not None for array in alive) <= 2
        array = np.full(10, number)
        alive.append(weakref.ref(array))
        return array

    for _ in prefetch(make, range(20)):
        del _
    assert len(alive) == 20


def test_nothing_happens_before_the_first_item():
    maker = Maker()
    items = prefetch(maker, range(3))
    assert not running()
    items.close()
    assert maker.begun == []
    with pytest.raises(ValueError, match="ahead is 0"):
        prefetch(maker, range(3), 0)


def test_failures_come_up_at_their_place_with_their_origin():
    def fail_at_two(number: int) -> int:
        if number == 2:
            raise LookupError("no second item")
        return number

    items = prefetch(fail_at_two, range(5), 4)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(LookupError, match="no second item") as error:
        next(items)
    assert "in fail_at_two" in "".join(traceback.format_tb(error.value.__traceback__))
    assert not running()
    assert next(items, "end") == "end"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, MemoryError])
def test_whatever_is_raised_reaches_the_caller(kind):
    def numbers():
        yield 1
        raise kind

    items = prefetch(str, numbers())
    assert next(items) == "1"
    with pytest.raises(kind):
        next(items)
    assert not running()


def test_leaving_early_ends_the_thread():
    maker = Maker()
    with closing(prefetch(maker, range(10))) as items:
        for _ in range(2):
            maker.may.release()
        assert next(items) == 0
        assert running()
    assert not running()
    assert maker.begun in ([0], [0, 1])


def test_closing_waits_for_what_is_being_made():
    maker = Maker()
    items = prefetch(maker, range(10))
    maker.may.release()
    assert next(items) == 0
    for _ in range(2):
        assert maker.began.acquire(timeout=LONG)
    closer = threading.Thread(target=items.close)
    closer.start()
    closer.join(timeout=0.1)
    assert closer.is_alive()
    maker.may.release()
    closer.join(timeout=LONG)
    assert not closer.is_alive()
    assert maker.begun == [0, 1]
    assert not running()


@pytest.fixture
def interruptible():
    """What a process that a shell started in the background is not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_while_waiting_ends_the_thread():
    maker, main = Maker(), threading.get_ident()

    def interrupt_when_waited_for(number: int) -> int:
        if number == 1:
            # the main thread is, or soon will be, waiting for this item
            signal.pthread_kill(main, signal.SIGINT)
        return number

    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        for number in prefetch(interrupt_when_waited_for, [0, 1]):
            assert number == 0
            maker.may.acquire(timeout=LONG)  # ended by the interrupt at the latest
    assert not running()


def test_a_generator_that_nobody_closes_does_not_hold_up_the_end():
    code = "from analysis.learning.data.prefetching import prefetch\nitems = prefetch(str, range(9))\nprint(next(items))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert (result.stdout, result.stderr) == ("0\n", "")


def test_a_forked_process_has_a_thread_of_its_own():
    code = """
import os, sys
from analysis.learning.data.prefetching import prefetch
items = prefetch(str, range(3))
child = os.fork()
found = list(items)
if child == 0:
    os._exit(0 if found == ["0", "1", "2"] else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or found != ["0", "1", "2"])
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, timeout=60, check=True)
