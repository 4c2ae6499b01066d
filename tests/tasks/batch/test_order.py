"""Whose turn it is among works that have pieces waiting."""

from __future__ import annotations

from typing import Any

from tasks.batch.order import FOLLOWING_SECONDS, SHORT_SECONDS, Order
from tasks.batch.pieces import Work


def work(name: str, length: int = 0, followers: int = 0, **options: Any) -> Work:
    return Work(name, range(9), lambda *_: None, lambda *_: None, urgency=(length, followers), **options)


def test_what_needs_room_then_what_is_urgent_then_what_came_last():
    order = Order()
    works = [
        work("long", 3, 5),
        work("wide", cores=2),
        work("many", 3, 6),
        work("early", 1, 1),
        work("late", 1, 1),
    ]
    found = []
    while works:
        one, seconds = order.choose(works, 0.0)
        assert seconds == 0.0
        found.append(one.name)
        works.remove(one)
    assert found == ["wide", "many", "long", "late", "early"]


def test_a_short_first_piece_is_waited_for_and_a_long_one_is_not():
    order = Order()
    urgent, other = work("urgent", 5, 5), work("other", 1, 1)
    order.begun(urgent, 10.0)
    assert order.choose([urgent, other], 10.1) == (urgent, 10.0 + SHORT_SECONDS - 10.1)
    # it compiles: somebody else's turn
    assert order.choose([urgent, other], 10.5) == (other, 0.0)
    # there is nobody else, but what follows from what has just ended may come
    order.ended(other, 11.0, well=True, last=False)
    assert order.choose([urgent], 11.05) == (urgent, 11.0 + FOLLOWING_SECONDS - 11.05)
    assert order.choose([urgent], 11.4) == (urgent, 0.0)
    order.ended(urgent, 12.0, well=True, last=False)
    assert order.choose([urgent, other], 12.0) == (urgent, 0.0)
    order.begun(urgent, 12.0)
    assert order.choose([urgent, other], 12.1) == (urgent, 0.0)


def test_a_piece_that_failed_has_compiled_nothing():
    order = Order()
    one = work("one")
    order.begun(one, 1.0)
    order.ended(one, 2.0, well=False, last=False)
    order.begun(one, 3.0)
    assert order.choose([one], 3.0)[1] > 0


def test_what_follows_from_a_finished_work_is_waited_for_if_it_is_more_urgent():
    order = Order()
    events, fit, plot = work("events", 5, 9), work("fit", 2, 2), work("plot", 4, 4)
    order.begun(events, 0.0)
    order.ended(events, 1.0, well=True, last=True)
    assert order.choose([fit], 1.05) == (fit, 1.0 + FOLLOWING_SECONDS - 1.05)
    assert order.choose([fit, plot], 1.05) == (plot, 0.0)
    assert order.choose([fit], 1.4) == (fit, 0.0)
    order.ended(events, 2.0, well=True, last=True)
    order.submitted()
    assert order.choose([fit], 2.0) == (fit, 0.0)
