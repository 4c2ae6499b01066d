"""Raw events of files that are read where they are, the next range ahead of time."""

from __future__ import annotations

from typing import Any

from analysis.readers.ahead import ReadAhead
from analysis.study import Dataset
from tasks.chunk_workflow import range_of
from tasks.framework.data_access import data_access

__all__ = ["read_in_place"]


def read_in_place(task: Any, dataset: Dataset, start: int, stop: int) -> Any:
    """Read a range of events where the files are, and begin to read what this process needs next."""
    from analysis.readers.chunks import Usage, read_chunk

    access = data_access()

    def read(first: int, last: int) -> tuple[Any, Usage]:
        usage = Usage()
        return read_chunk(None, dataset, first, last, access=access, usage=usage), usage

    # other stages may read other columns of the same range
    what = (task.study, dataset.name, dataset.columns)
    events, usage = _ahead.take((*what, start, stop), lambda: read(start, stop))
    task.read_in_place = usage.joined(task.read_in_place)
    if after := task.next_label() if hasattr(type(task), "chunk") else "":  # by its class, all of that would count
        begin, end = range_of(after)
        _ahead.begin((*what, begin, end), lambda: read(begin, end))
    return events


# of this process
_ahead: ReadAhead[Any] = ReadAhead()
