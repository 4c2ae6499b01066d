"""Threads that follow jobs."""

from __future__ import annotations

import threading
import time

from tasks.batch.turns import Follower, Turns, rest


class Following:
    """What a follower runs: it counts how many are at work at the same time.

    Args:
        works: how often it works and rests.
    """

    at_work = 0

    def __init__(self, works: int) -> None:
        self._works = works
        self.most = 0
        self.interrupts = 0

    def run(self) -> None:
        for _ in range(self._works):
            Following.at_work += 1
            time.sleep(0.005)
            self.most = max(self.most, Following.at_work)
            Following.at_work -= 1
            rest(0.001)

    def run_for_ever(self) -> None:
        try:
            rest(60)
        except KeyboardInterrupt:
            self.interrupts += 1
            # told once: from now on it is tidying up
            rest(0.01)
            raise


def test_one_works_while_others_rest():
    turns = Turns()
    tasks = [Following(5) for _ in range(4)]
    followers = [Follower(task, turns) for task in tasks]
    with turns:
        for follower in followers:
            follower.start()
        time.sleep(0.05)
        # it is the turn of this thread
        assert not any(task.most for task in tasks)
        with turns.others():
            for follower in followers:
                follower.join(10)
    assert [task.most for task in tasks] == [1, 1, 1, 1]


def test_everyone_is_told_once_of_an_interrupt_and_nobody_begins_after_it():
    turns = Turns()
    tasks = [Following(1) for _ in range(3)]
    followers = [Follower(task, turns) for task in tasks]
    for task, follower in zip(tasks, followers, strict=True):
        task.run = task.run_for_ever  # type: ignore[method-assign]
        if follower is not followers[-1]:
            follower.start()
    time.sleep(0.05)
    turns.interrupted.set()
    followers[-1].start()
    for follower in followers:
        follower.join(10)
        assert not follower.is_alive()
    assert [task.interrupts for task in tasks] == [1, 1, 0]


def test_an_interrupted_wait_for_a_turn_spoils_nothing():
    turns = Turns()
    turns.give()
    turns.take()
    turns.take()
    turns.give()
    taken = threading.Thread(target=turns.take)
    taken.start()
    taken.join(10)
    assert not taken.is_alive()
