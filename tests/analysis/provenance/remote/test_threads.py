from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future

from analysis.provenance.remote.threads import at_once


def test_all_threads_come_to_their_end():
    done: list[int] = []

    def one(number: int) -> None:
        time.sleep(0.02)
        done.append(number)

    with at_once(2) as pool:
        for number in range(4):
            pool.submit(one, number)
    assert sorted(done) == [0, 1, 2, 3]


def test_an_interrupt_waits_for_no_silent_server():
    answer, asked = threading.Event(), threading.Event()

    def ask() -> None:
        asked.set()
        answer.wait(30)

    def interrupted() -> Future[None]:
        with contextlib.suppress(KeyboardInterrupt), at_once(1) as pool:
            pool.submit(ask)
            waiting = pool.submit(ask)
            assert asked.wait(10)
            raise KeyboardInterrupt
        return waiting

    begin = time.monotonic()
    try:
        assert interrupted().cancelled()
        assert time.monotonic() - begin < 15
    finally:
        answer.set()
