"""Deleting what broken attempts have left on a server, once it can be asked again."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable

__all__ = ["Cleanup"]


class Cleanup:
    """Deletions that are still to be done; may be used by several threads.

    Args:
        is_away: whether an error says that the server cannot be asked.
        attempts: how often it is asked in one run. Where one connection has been reset, the next one may break, too.
    """

    def __init__(self, is_away: Callable[[Exception], bool], attempts: int = 1) -> None:
        self._is_away = is_away
        self._attempts = attempts
        self._deletions: deque[Callable[[], object]] = deque()

    def add(self, deletion: Callable[[], object]) -> None:
        """Remember a deletion."""
        self._deletions.append(deletion)

    def run(self) -> None:
        """Do all of them; what is left when the server cannot be asked either is for the next time."""
        left = self._attempts
        # another thread may have taken the last one
        while self._deletions and left:
            with contextlib.suppress(IndexError):
                deletion = self._deletions.popleft()
                try:
                    deletion()
                except Exception as error:
                    if self._is_away(error):
                        self._deletions.append(deletion)
                        left -= 1
