"""Pages of an RNTuple: no more of them than a range of events needs, and all at once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["only_clusters", "read_pages"]


@contextmanager
def only_clusters(ntuple: Any, start: int, stop: int) -> Iterator[None]:
    """Hide the clusters behind a range of events: of one that begins where the range ends, uproot reads all."""
    clusters = ntuple.cluster_summaries
    try:
        ntuple._cluster_summaries = [one for one in clusters if one.num_first_entry < max(stop, start + 1)]
        yield
    finally:
        ntuple._cluster_summaries = clusters


def read_pages(tree: Any, start: int, chosen: Mapping[str, Any]) -> None:
    """Read the pages of some columns from a first event on, all at once: uproot asks for one after the other.

    Args:
        tree: an RNTuple of a file that :class:`~analysis.readers.root_source.DataFileSource` reads, with the clusters
            that are wanted.
        start: the first event.
        chosen: how uproot chooses the columns.
    """
    ntuple = tree.ntuple
    form, _ = tree.to_akform(**chosen)
    columns = sorted({int(number) for number in re.findall(r"column-(\d+)", form.to_json())})
    starts = [one.num_first_entry for one in ntuple.cluster_summaries]
    places = []
    for cluster in range(max(bisect_right(starts, start) - 1, 0), len(starts)):
        links = ntuple.page_link_list[cluster]
        for column in columns:
            places += [page.locator for page in links[column].pages] if column < len(links) else []
    ntuple.file.source.data.keep([(one.offset, one.offset + one.num_bytes) for one in places])
