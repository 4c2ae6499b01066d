"""Workflows over chunks of data sets' events; which events a record is of is in its key."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.framework.numbers import WholeNumber
from tasks.framework.record_workflow import DatasetWorkflow

__all__ = ["ChunkWorkflow", "range_of"]


class ChunkWorkflow(DatasetWorkflow):
    """A workflow with one branch for each chunk of each data set."""

    exclude_index = True

    chunk_events = WholeNumber(
        least=0,
        default=0,
        significant=False,
        description="number of events in a branch; changes no result; default: the study's",
    )

    def labels(self, series: str) -> tuple[str, ...]:
        known: dict[str, tuple[str, ...]] = self.__dict__.setdefault("_labels", {})
        if series not in known:
            size = self.chunk_events or self.definition.chunk_events
            known[series] = tuple(f"events_{start}-{stop}" for start, stop in self.dataset_of(series).chunks(size))
        return known[series]

    def less_memory(self) -> Iterator[str]:
        yield from super().less_memory()
        size = self.chunk_events or self.definition.chunk_events
        yield f"make chunks of fewer events (--chunk-events {max(size // 2, 1)}; they have {size})"

    def extent(self, series: str) -> str:
        # files decide the events in them; events that the study generates go on for as long as somebody asks
        dataset = self.dataset_of(series)
        return f"events 0-{dataset.events}" if dataset.generate else ""

    @property
    def chunk(self) -> tuple[int, int]:
        """First event of this branch, and the first after it."""
        return range_of(self.own_label)


def range_of(label: str) -> tuple[int, int]:
    """First event of a chunk, and the first after it, from its label."""
    start, stop = label.removeprefix("events_").split("-")
    return int(start), int(stop)
