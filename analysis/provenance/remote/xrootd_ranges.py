"""Parts of files on an XRootD server: files stay open between two requests, and small parts come together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

__all__ = ["OpenFiles", "pieces"]

# the most that a server sends for one part of a vector read, and the most parts (its defaults)
_PART = 2097136
_PARTS = 1024
# files that are kept open; each is a place at the server
_OPEN = 32


class OpenFiles:
    """Files that are open for reading, as long as the connection lasts that they were opened with."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._files: dict[str, Any] = {}
        # another process's, or of a connection that broke: nobody closes them, and none ends in a thread of the client
        self._left: deque[Any] = deque(maxlen=1024)

    def get(self, connection: Any, path: str, opened: Callable[[], Any]) -> Any:
        """The open file of a path; it is opened if it is not."""
        if connection is not self._connection:
            self._left.extend(self._files.values())
            self._connection, self._files = connection, {}
        if path not in self._files:
            while len(self._files) >= _OPEN:
                self.close(next(iter(self._files)))
            self._files[path] = opened()
        return self._files[path]

    def forget(self, path: str) -> None:
        """Leave a file that failed."""
        if (file := self._files.pop(path, None)) is not None:
            self._left.append(file)

    def close(self, path: str, timeout: int = 10) -> None:
        """Close a file if it is open."""
        if (file := self._files.pop(path, None)) is not None:
            self._left.append(file)
            file.close(timeout)


def pieces(ranges: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Parts (offset, size) of ranges, as many together as one request may have.

    Examples:
        >>> list(pieces([(0, 10), (20, 25)]))
        [[(0, 10), (20, 5)]]
        >>> [len(one) for one in pieces([(0, 5_000_000)] * 400)]
        [1024, 176]
    """
    parts = [(begin, min(_PART, stop - begin)) for start, stop in ranges for begin in range(start, stop, _PART)]
    for first in range(0, len(parts), _PARTS):
        yield parts[first : first + _PARTS]
