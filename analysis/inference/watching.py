"""Tell how far a long computation is, to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["report", "watched"]

Report = Callable[[str, int, int], None]

_NOBODY: ContextVar[Report | None] = ContextVar("watching", default=None)


def report(what: str, done: int, total: int) -> None:
    """Tell that so many of all parts are done; nothing happens where nobody watches."""
    watching = _NOBODY.get()
    if watching is not None:
        watching(what, done, total)


@contextmanager
def watched(by: Report) -> Iterator[None]:
    """Have the progress within the block told to a function ``f(what, done, total)``."""
    token = _NOBODY.set(by)
    try:
        yield
    finally:
        _NOBODY.reset(token)
