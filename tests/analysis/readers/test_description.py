from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError
from analysis.readers.description import regular_clusters, type_of
from analysis.source_files import SourceFile
from analysis.study import Column


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.zeros(0, ">i2"), "int16"),
        (np.zeros((0, 2, 3), np.float16), "var * var * float32"),
        (np.array([], "M8[s]"), "int64"),
        (np.array([], "U3"), "string"),
        (ak.Array([[None, 1.0], []]), "var * float64"),
        (ak.Array([["a"], None]), "var * string"),
        (ak.Array([[{"x": 1}]]), ""),
    ],
)
def test_types(values: Any, kind: str):
    assert type_of(values) == kind
    assert Column("x", kind).type == kind


@pytest.mark.parametrize("values", [ak.Array([[], []]), np.zeros(2, complex), ak.Array([1, "a"])])
def test_what_has_no_type(values: Any):
    with pytest.raises(DataError):
        type_of(values)


@given(st.sets(st.integers(1, 99), max_size=20))
def test_clusters_stay_the_same(starts: set[int]):
    clusters = regular_clusters([0, *sorted(starts)], 100)
    file = SourceFile("some.root", "", events=100, clusters=clusters)
    assert list(file.borders()) == [0, *sorted(starts)]


def test_files_without_clusters():
    assert regular_clusters([], 100) == regular_clusters([0], 0) == ()
    assert regular_clusters(range(0, 95, 10), 95) == 10
