"""Whose turn it is among works that have pieces waiting for a process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasks.batch.pieces import Work

__all__ = ["FOLLOWING_SECONDS", "SHORT_SECONDS", "Order"]

#: a first piece that takes longer compiles
SHORT_SECONDS = 0.3
#: in which what follows from a finished work is submitted
FOLLOWING_SECONDS = 0.1


class Order:
    """The order of works: what needs more room first, then what most of the graph waits for.

    One process compiles the programs of a kind of work and shows how much memory it needs, while the others do
    something else. What is about to be submitted and is more urgent than all that waits is waited for, for a moment.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._first: dict[str, float] = {}  # kinds that are at their first pieces, since when
        self._ended = 0.0
        self._awaited = (0.0, 0)  # until when, and how long the chain of what follows then is

    def choose(self, works: Sequence[Work], now: float) -> tuple[Work, float]:
        """Return the work whose turn it is, and for how many seconds something better may come.

        Args:
            works: in the order in which they were submitted; at least one.
            now: seconds of a clock that never goes back.
        """
        # of two alike the later one: it follows from what is done
        work = min(reversed(works), key=lambda one: self._turn(one, now))
        until, length = self._awaited
        better = until if work.urgency[0] < length else 0.0
        if work.name in self._first:
            better = max(better, self._ended + FOLLOWING_SECONDS, self._first[work.name] + SHORT_SECONDS)
        return work, max(better - now, 0.0)

    def submitted(self) -> None:
        """Note that a work is there that was not."""
        self._awaited = (0.0, 0)

    def begun(self, work: Work, now: float) -> None:
        """Note that a piece of a work has begun."""
        if work.name not in self._known:
            self._first.setdefault(work.name, now)

    def ended(self, work: Work, now: float, *, well: bool, last: bool) -> None:
        """Note that a piece of a work is over: whether well, and whether it was the work's last one."""
        self._ended = now
        self._first.pop(work.name, None)
        if well:
            self._known.add(work.name)
        if last:
            self._awaited = (now + FOLLOWING_SECONDS, work.urgency[0] - 1)

    def _turn(self, work: Work, now: float) -> tuple[Any, ...]:
        compiling = now - self._first.get(work.name, now) > SHORT_SECONDS
        length, followers = work.urgency
        return -work.cores, compiling, -length, -followers
