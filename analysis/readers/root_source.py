"""Bytes of a data file for uproot."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from typing import Any

import uproot.source.chunk
import uproot.source.futures

from analysis.readers.data_file import DataFile

__all__ = ["DataFileSource"]

# what is smaller comes in blocks
_SMALL = 1 << 15


class DataFileSource(uproot.source.chunk.Source):
    """Source of uproot over a data file, which a subclass names: what is asked for together is read together."""

    data: DataFile

    def __init__(self, file_path: str, **options: Any) -> None:
        super().__init__()
        self._file_path = self.data.name
        self._num_bytes = self.data.size
        self._executor = uproot.source.futures.TrivialExecutor()

    def chunk(self, start: int, stop: int) -> Any:
        """Read one range."""
        content: Any = self.data.kept(start, stop)
        if content is None:
            self.data.seek(start)
            content = self.data.read(stop - start) if stop - start < _SMALL else self.data.ranges([(start, stop)])[0]
        return self._chunk(start, stop, content)

    def chunks(self, ranges: Sequence[tuple[int, int]], notifications: queue.Queue[Any]) -> list[Any]:
        """Read several ranges."""
        contents = self.data.ranges(ranges)
        found = [self._chunk(start, stop, one) for (start, stop), one in zip(ranges, contents, strict=True)]
        for one in found:
            notifications.put(one)
        return found

    def _chunk(self, start: int, stop: int, content: Any) -> Any:
        future = uproot.source.futures.TrivialFuture(content)
        return uproot.source.chunk.Chunk(self, start, stop, future)

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return bool(self.data.closed)

    def __enter__(self) -> DataFileSource:
        return self

    def __exit__(self, *details: Any) -> None:
        pass
