"""Pieces of work, as processes do them, and how they come to their ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tasks.batch.urgency import Urgency

__all__ = ["Outcome", "Work"]


class Outcome(NamedTuple):
    """End of a piece of work.

    Args:
        reply: of the process; ``None`` if it died.
        death: how it died, in words; empty if it did not.
        seconds: that the piece took.
        memory: whether it may have died for its memory.
    """

    reply: Any
    death: str
    seconds: float
    memory: bool = False


@dataclass(eq=False)
class Work:
    """Pieces of work of one kind.

    Args:
        name: of the kind; what pieces of one name need of memory is remembered.
        pieces: in their order.
        message: what a process is told, as JSON, of a piece and the one that it probably gets next.
        finished: called with each piece and its outcome, by a thread of its own.
        cores: that a piece uses.
        urgency: of two works, the more urgent one comes first.
    """

    name: str
    pieces: Iterable[Any]
    message: Callable[[Any, Any], Any]
    finished: Callable[[Any, Outcome], None]
    cores: int = 1
    urgency: Urgency = (0, 0)
    waiting: deque[Any] = field(init=False)
    number: int = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = deque(self.pieces)
        self.number = len(self.waiting)
