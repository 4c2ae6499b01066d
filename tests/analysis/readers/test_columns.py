from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError
from analysis.events.parquet import read_events, write_events
from analysis.readers.columns import as_columns
from analysis.study import Column, Schema

HUGE = 2**63 - 1


def _one(values: Any, kind: str = "", *, missing: bool = False, missing_value: float = -999.0) -> ak.Array:
    """What becomes of a column that begins at event 100 of a file."""
    schema = Schema("", (Column("x", kind),), ("x",) if missing else (), missing_value)
    return as_columns({"x": values}, schema, "some.file", 100, len(values))["x"]


def _map() -> ak.Array:
    """What uproot makes of std::map."""
    pairs = ak.to_layout([("a", 1), ("b", 2)])
    record = ak.contents.RecordArray(pairs.contents, None, parameters={"__array__": "sorted_map"})
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(np.array([0, 2, 2])), record))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1, 2], ">i2"), "int16"),
        (np.array([1, 2], ">f8"), "float64"),
        (np.array([1, 2], np.float16), "float32"),
        (np.array([1, 2], np.longdouble), "float64"),
        (np.array([True, False]), "bool"),
        (np.array([[1, 2], [3, 4]], np.uint8), "var * uint8"),
        (np.zeros((2, 2, 2, 2), ">f4"), "var * var * var * float32"),
        (np.array(["a", "bc"]), "string"),
        (np.array([b"a", "µ".encode()]), "string"),
        (np.array([["a", "b"], ["c", "d"]]), "var * string"),
        (np.array(["2026-01-01", "2026-01-02"], "M8[D]"), "int64"),
        (ak.Array([["a", "b"], []]), "var * string"),
        (ak.Array([[[1.5]], []]), "var * var * float64"),
        (ak.to_regular(ak.Array([[1, 2], [3, 4]])), "var * int64"),
        (ak.str.to_categorical(ak.Array(["a", "a"])), "string"),
        (ak.Array([[{"pt": 1.0, "hits": [1]}], []]), "var * {pt: float64, hits: var * int64}"),
        (ak.Array([(1, 2.0), (3, 4.0)]), "(int64, float64)"),
        (_map(), "var * {key: string, value: int64}"),
        ([1, 2], "int64"),
    ],
)
def test_kinds_of_arrays(values: Any, kind: str, tmp_path: Path):
    found = _one(values)
    assert str(found.type.content) == kind
    write_events(ak.zip({"x": found}, depth_limit=1), tmp_path / "events.parquet")
    back = read_events(tmp_path / "events.parquet").x
    assert back.to_list() == found.to_list() or "(" in kind


def test_values_stay_what_they_are():
    assert _one(np.array([1, 256], ">i2")).to_list() == [1, 256]
    assert _one(np.array([b"a", "µ".encode()])).to_list() == ["a", "µ"]
    assert _one(np.array(["1970-01-01T00:00:01"], "M8[s]")).to_list() == [10**9]
    assert _one(ak.str.to_categorical(ak.Array(["b", "a", "b"]))[1:]).to_list() == ["a", "b"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.array([1j, 2]), "complex128"),
        (np.array([[1], [1, 2]], object), "object"),
        (ak.Array([1j]), "complex128"),
        (ak.Array([1, "a"]), "several types"),
        (ak.Array([[1, [2]]]), "several types"),
        ([[1], [1, 2]], "inhomogeneous"),
        (np.array([b"\xff"]), "utf-8"),
        (np.array([2**31], "u4").view("U1"), "letters that do not exist"),
        (np.zeros(2, [("a", "f8")]), "type"),
    ],
)
def test_what_is_no_column(values: Any, reason: str):
    with pytest.raises(
        DataError, match=f"some.file: the column 'x' is .*no column of numbers, texts or lists.*{reason}"
    ):
        _one(values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([0, 1], np.int8), "bool"),
        (np.array([1.0, 2.0]), "int32"),
        (np.array([True, False]), "int8"),
        (np.array([1, 2]), "uint8"),
        (np.array([1, 2**24]), "float32"),
        (np.array([2**60]), "float64"),
        (np.array([0.1, 1e-300]), "float32"),
        (np.array([2**64 - 1], np.uint64), "uint64"),
        (ak.Array([[1, 2], []]), "var * float32"),
        (ak.Array([[], []]), "var * float32"),
        (ak.Array([[], []]), "var * var * string"),
        (ak.Array([]), "var * var * int8"),
        (ak.Array([]), "string"),
        (ak.Array([[["a"]], []]), "var * var * string"),
    ],
)
def test_values_that_fit_a_declared_type(values: Any, kind: str):
    found = _one(values, kind)
    assert str(found.type.content) == kind
    wanted = np.dtype(Column("x", kind).number) if "string" not in kind else None
    if wanted is not None and wanted.kind == "f":
        assert np.allclose(ak.flatten(found, axis=None), ak.flatten(ak.Array(values), axis=None))
    else:
        assert found.to_list() == ak.to_list(values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([0, 2], np.int8), "bool"),
        (np.array([1.5, 2.0]), "int32"),
        (np.array([300]), "uint8"),
        (np.array([-1]), "uint64"),
        (np.array([2**24 + 1]), "float32"),
        (np.array([HUGE]), "float64"),
        (np.array([2**64 - 1], np.uint64), "float64"),
        (np.array([2**64 - 1], np.uint64), "int64"),
        (np.array([2.0**63]), "int64"),
        (np.array([1e300]), "float32"),
        (np.array([True]), "float32"),
        (np.array(["1"]), "int64"),
        (np.array([1]), "string"),
        (ak.Array([{"x": 1}]), "int64"),
        (ak.Array([[1, 2]]), "int64"),
        (np.array([1, 2]), "var * int64"),
        (ak.Array([[], []]), "int64"),
    ],
)
def test_values_that_do_not_fit_a_declared_type(values: Any, kind: str):
    with pytest.raises(DataError, match=r"some\.file: the column 'x' is .*(and its values are no|, not) ") as caught:
        _one(values, kind)
    assert kind in str(caught.value)
    assert "cure: correct the type of the column" in str(caught.value)


def test_columns_of_no_type():
    with pytest.raises(DataError, match="the column 'x' is empty and of no type") as caught:
        _one(ak.Array([[], []]))
    assert "Column('x', 'float64')" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.array([1.0, -999.0]), [1.0, None]),
        (np.array([1, -999], np.int16), [1, None]),
        (np.array([1, 2], np.uint8), [1, 2]),
        (ak.Array([[1.0, -999.0], []]), [[1.0, None], []]),
        (ak.Array([[[1.0, None, -999.0]], []]), [[[1.0, None, None]], []]),
        (ak.Array([1.0, None]), [1.0, None]),
        (ak.Array(["a", None]), ["a", None]),
        (ak.Array([["a"], []]), [["a"], []]),
        (np.ma.MaskedArray([1, 2], [True, False]), [None, 2]),
        (np.ma.MaskedArray([b"a", b"b"], [True, False]), [None, "b"]),
        (np.array(["nat", "1970-01-01"], "M8[s]"), [None, 0]),
        (ak.Array([[{"pt": -999.0, "n": 1}]]), [[{"pt": None, "n": 1}]]),
    ],
)
def test_missing_values(values: Any, found: list[Any], tmp_path: Path):
    array = _one(values, missing=True)
    assert array.to_list() == found
    assert "?" in str(array.type)
    # the type does not depend on which events are read
    assert _one(values[:0], missing=True).type.content == array.type.content
    write_events(ak.zip({"x": array}, depth_limit=1), tmp_path / "events.parquet")
    back = read_events(tmp_path / "events.parquet").x
    assert (back.to_list(), back.type) == (array.to_list(), array.type)


def test_missing_values_and_a_declared_type():
    assert _one(np.array([-999.0, 3.0]), "uint8", missing=True).to_list() == [None, 3]
    assert _one(ak.Array([None, 3.0]), "float32", missing=True).to_list() == [None, 3.0]
    assert str(_one(np.array([1.0, 2.0]), "int8", missing=True).type) == "2 * ?int8"


def test_a_missing_value_that_is_no_number():
    assert _one(np.array([np.nan, 3.0]), missing=True, missing_value=np.nan).to_list() == [None, 3.0]
    with pytest.raises(DataError, match=r"is nan in event 100 .* in 1 places.*\n.*missing_value=float\('nan'\)"):
        _one(np.array([np.nan, 3.0]), missing=True)


def test_a_value_that_is_missing_where_none_may_be():
    for values in (ak.Array([1.0, 2.0, None]), ak.Array([[1.0], [], [2.0, None]]), ak.Array([[[]], [], [[1], [None]]])):
        with pytest.raises(DataError, match="the column 'x' has no value in event 102 ") as caught:
            _one(values)
        assert "missing=('x',)" in str(caught.value)


def test_a_list_is_not_missing():
    assert str(_one(ak.Array([[1.0], None])[:1], missing=True).type) == "1 * var * ?float64"
    for values in (ak.Array([[1.0], None]), ak.Array([[[1.0]], [None]]), ak.Array([{"x": 1}, None])):
        with pytest.raises(DataError, match=r"the column 'x' has no list in event 101 .*whole lists may not"):
            _one(values, missing=True)


def test_options_without_anything_missing_are_none():
    for values in (
        ak.Array([[1.0], [2.0, None]])[:1],
        ak.Array([["a", None], ["b"]])[1:],
        ak.Array([{"x": 1}, None])[:1],
    ):
        assert "?" not in str(_one(values).type)


@given(
    st.lists(
        st.lists(st.lists(st.one_of(st.none(), st.floats(-10, 10)), max_size=3), max_size=3), min_size=1, max_size=8
    )
)
def test_missing_values_keep_their_places(values: list[Any]):
    array = ak.values_astype(ak.Array([*values, [[0.0]]]), np.float64)
    assert _one(array, "var * var * float64", missing=True).to_list() == array.to_list()


@given(st.data())
def test_what_is_no_number_is_found_in_its_event(data: st.DataObject):
    counts = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=20).filter(any))
    numbers = np.zeros(sum(counts))
    place = data.draw(st.integers(0, len(numbers) - 1))
    numbers[place] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    event = int(np.searchsorted(np.cumsum(counts), place, side="right"))
    for array in (
        ak.unflatten(numbers, counts),
        ak.unflatten(ak.unflatten(numbers, 1), counts),
        ak.zip({"a": ak.zeros_like(ak.unflatten(numbers, counts)), "b": ak.unflatten(numbers, counts)}),
        ak.zip({"a": ak.unflatten(numbers, counts), "b": ak.unflatten(np.arange(len(numbers)), counts)}, depth_limit=1),
    ):
        with pytest.raises(DataError, match=f"the column 'x' is -?(nan|inf) in event {100 + event} .* in 1 places"):
            _one(array)


def test_a_signalling_nan_is_told_like_any_other():
    values = np.array([0, 0x7F800001], np.uint32).view(np.float32)
    for kind in ("", "float32", "float64"):
        with pytest.raises(DataError, match="the column 'x' is nan in event 101 "):
            _one(values, kind)


def test_texts_that_are_none():
    content = ak.contents.NumpyArray(np.frombuffer(b"ab\xffc", np.uint8), parameters={"__array__": "char"})
    offsets = ak.index.Index64(np.array([0, 1, 3, 4]))
    texts = ak.Array(ak.contents.ListOffsetArray(offsets, content, parameters={"__array__": "string"}))
    with pytest.raises(DataError, match=r"the column 'x' has bytes in event 101 .* no text in UTF-8"):
        _one(texts)


@pytest.mark.parametrize("offsets", [[0, 2, 5], [0, 3, 1], [-1, 2, 3], [0, 2**40, 3]])
def test_lists_that_lie_outside_of_their_values(offsets: list[int]):
    lists = ak.contents.ListOffsetArray(ak.index.Index64(np.array(offsets)), ak.contents.NumpyArray(np.zeros(3)))
    for layout in (lists, ak.contents.ListOffsetArray(ak.index.Index64(np.arange(3)), lists)):
        with pytest.raises(DataError, match=r"some\.file: the column 'x' has lists that lie outside of its values"):
            _one(ak.Array(layout))


@pytest.mark.parametrize("found", [None, [1, 2], np.zeros(3), ak.Array([1, 2]), 5, "x"])
def test_what_is_no_set_of_columns(found: Any):
    with pytest.raises(DataError, match=r"some\.file: the reader returns .*, not columns by name"):
        as_columns(found, None, "some.file", 0, 2)


@pytest.mark.parametrize(
    "found",
    [
        {"x": np.arange(2), "y": np.arange(2.0)},
        ak.Array({"x": [0, 1], "y": [0.0, 1.0]}),
        np.array([(0, 0.0), (1, 1.0)], [("x", "i8"), ("y", "f8")]),
    ],
    ids=["mapping", "awkward", "NumPy"],
)
def test_sets_of_columns(found: Any):
    columns = as_columns(found, None, "some.file", 0, 2)
    assert {name: array.to_list() for name, array in columns.items()} == {"x": [0, 1], "y": [0.0, 1.0]}


def test_numbers_of_events():
    with pytest.raises(DataError, match="the reader gives 2 events of 'x', not 3 as wanted"):
        as_columns({"x": np.arange(2)}, None, "some.file", 0, 3)
    with pytest.raises(DataError, match="no column of numbers"):
        as_columns({"x": np.int64(2)}, None, "some.file", 0, 3)


def test_the_framework_s_own_column():
    with pytest.raises(DataError, match="the reader returns a column 'identity'"):
        as_columns({"identity": np.arange(2)}, None, "some.file", 0, 2)
