from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.datasets import Column, Dataset, Friend, Schema, SourceFile
from analysis.errors import StudyError


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"branches": ("pt", "identity")}, "'Events' reads the branch 'identity', which is what this framework calls"),
        ({"branches": ("pt", "eta", "pt")}, "'Events' reads the branch 'pt' twice"),
        ({"branches": ("pt",), "missing": ("eta",)}, "has the missing field 'eta', which is no branch of it"),
    ],
)
def test_a_schema_makes_a_readable_record(more: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        Schema("Events", **more)


@st.composite
def _files(draw: st.DrawFn) -> tuple[SourceFile, ...]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        events = draw(st.integers(0, 60))
        starts = draw(st.sets(st.integers(1, 59), max_size=8))
        irregular = (0, *sorted(start for start in starts if start < events))
        clusters = draw(st.one_of(st.sampled_from([(), irregular]), st.integers(1, 40)))
        found.append(SourceFile(f"{number}.root", "", events=events, clusters=clusters))
    return tuple(found)


@given(_files(), st.integers(1, 50))
def test_chunks_cover_all_events_once_and_end_where_clusters_do(files: tuple[SourceFile, ...], size: int) -> None:
    dataset = Dataset("some", "", "measured", files, Schema("Events", ("x",)))
    chunks = dataset.chunks(size)
    assert (chunks[0][0], chunks[-1][1]) == (0, dataset.events)
    assert all(a[1] == b[0] for a, b in pairwise(chunks))
    assert all(start < stop for start, stop in chunks) or dataset.events == 0
    assert all(stop - start <= 1.5 * size for start, stop in chunks)
    borders, offset = {0, dataset.events}, 0
    for file in files:
        borders |= {offset + border for border in (0, *file.borders())}
        offset += file.events
    for start, stop in chunks:
        if not any(file.clusters for file in files):
            assert stop in (start + size, dataset.events)
        elif any(start < border <= start + size for border in borders - {dataset.events}):
            assert stop in borders


def test_no_more_columns_are_read_than_some() -> None:
    files = (SourceFile("a.root", "/a.root", events=3),)
    own = Schema("Events", ("run", Column("mass", "float32", source="m"), "pt"), ("pt",))
    friend = Friend(Schema(branches=("run", "tag"), missing=("tag",)), files, same=("run",))
    dataset = Dataset("some", "", "measured", files, own, friends=(friend,))
    less = dataset.with_columns(("mass", "identity"))
    assert less.schema == Schema("Events", (Column("run"), Column("mass", "float32", source="m")))
    # friends are compared in any case
    assert less.friends == (Friend(Schema(branches=(Column("run"),)), files, same=("run",)),)
    assert less.events == 3
    assert dataset.with_columns(dataset.columns).columns == dataset.columns
    assert Dataset("own", "", "measured", files, own).with_columns(("identity",)).columns == ("run",)
    with pytest.raises(StudyError, match=r"the data set 'some' has no column 'mas'; did you mean 'mass'\?"):
        dataset.with_columns(("mas",))
