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
    """

    def __init__(self, is_away: Callable[[Exception], bool]) -> None:
        self._is_away = is_away
        self._deletions: deque[Callable[[], object]] = deque()

    def add(self, deletion: Callable[[], object]) -> None:
        """Remember a deletion."""
        self._deletions.append(deletion)

    def run(self) -> None:
        """Do all of them, unless the server cannot be asked now either."""
        # another thread may have taken the last one
        while self._deletions:
            with contextlib.suppress(IndexError):
                deletion = self._deletions.popleft()
                try:
                    deletion()
                except Exception as error:
                    if self._is_away(error):
                        self._deletions.append(deletion)
                        return
