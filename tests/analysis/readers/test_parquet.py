from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from analysis.errors import DataError
from analysis.readers.chunks import read_chunk
from analysis.readers.data_file import DataFile
from analysis.readers.parquet import describe
from tests.analysis.readers.writing import dataset_of

DAY = datetime.datetime(2026, 1, 2, 3, 4, 5, 6)
NANOSECONDS = 1_767_323_045_000_006_000
COLUMNS = {
    "pt": pyarrow.array([1.0, 2.0, 3.0]),
    "half": pyarrow.array(np.array([1, 2, 3], np.float16)),
    "code": pyarrow.array(["u", "v", "u"]).dictionary_encode(),
    "view": pyarrow.array(["u", "v", "u"], pyarrow.string_view()),
    "time": pyarrow.array([DAY] * 3),
    "utc": pyarrow.array([DAY] * 3, pyarrow.timestamp("us", "UTC")),
    "deep": pyarrow.array([[[1.0], []], [], [[2.0, 3.0]]]),
    "pair": pyarrow.array([[1, 2], [3, 4], [5, 6]], pyarrow.list_(pyarrow.int32(), 2)),
    "large": pyarrow.array([[1], [], [2]], pyarrow.large_list(pyarrow.int8())),
    "event": pyarrow.array([{"run": 1, "vertex": {"z": 0.5}}] * 3),
    "muons": pyarrow.array([[{"pt": 1.0, "q": 1}], [], [{"pt": 3.0, "q": -1}]]),
    "sizes": pyarrow.array([[("a", 1)], [], [("b", 2)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
    "a.b": pyarrow.array([1, 2, 3]),
    "price": pyarrow.array([1, 2, 3], pyarrow.decimal128(5, 2)),
    "raw": pyarrow.array([b"a"] * 3),
    "day": pyarrow.array([DAY.date()] * 3),
    "span": pyarrow.array([datetime.timedelta(1)] * 3),
    "nothing": pyarrow.nulls(3),
    "eternity": pyarrow.array([datetime.datetime(9000, 1, 1)] * 3, pyarrow.timestamp("s")),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(COLUMNS), tmp_path / "some.parquet", row_group_size=2)
    return tmp_path / "some.parquet"


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("half", "float32", [1.0, 2.0, 3.0]),
        ("code", "string", ["u", "v", "u"]),
        ("view", "string", ["u", "v", "u"]),
        ("time", "int64", [NANOSECONDS] * 3),
        ("utc", "int64", [NANOSECONDS] * 3),
        ("deep", "var * var * float64", [[[1.0], []], [], [[2.0, 3.0]]]),
        ("pair", "var * int32", [[1, 2], [3, 4], [5, 6]]),
        ("large", "var * int8", [[1], [], [2]]),
        ("event/run", "int64", [1, 1, 1]),
        ("event/vertex/z", "float64", [0.5] * 3),
        ("event/vertex", "{z: float64}", [{"z": 0.5}] * 3),
        ("muons/pt", "var * float64", [[1.0], [], [3.0]]),
        ("muons", "var * {pt: float64, q: int64}", [[{"pt": 1.0, "q": 1}], [], [{"pt": 3.0, "q": -1}]]),
        ("sizes/key", "var * string", [["a"], [], ["b"]]),
        ("sizes", "var * {key: string, value: int64}", [[{"key": "a", "value": 1}], [], [{"key": "b", "value": 2}]]),
        ("a.b", "int64", [1, 2, 3]),
    ],
)
def test_types_of_columns(path: Path, name: str, kind: str, values: list[Any]):
    dataset = dataset_of(path.name, columns=("pt", name), events=3)
    events = read_chunk([path], dataset, 0, 3)
    assert (str(events[name].type.content), events[name].to_list()) == (kind, values)
    assert events.pt.to_list() == [1.0, 2.0, 3.0]
    assert read_chunk([path], dataset, 1, 3)[name].to_list() == values[1:]
    assert str(read_chunk([path], dataset, 3, 3)[name].type.content) == kind
    if "{" not in kind:
        assert describe(DataFile.local(path), "").columns[name] == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("price", "decimal128"), ("raw", "binary"), ("day", "date32"), ("span", "duration"), ("nothing", "null")],
)
def test_types_that_are_not_read(path: Path, name: str, kind: str):
    with pytest.raises(
        DataError, match=rf"some\.parquet: the column '{name}' is of the type {kind}.*is sound"
    ) as caught:
        read_chunk([path], dataset_of(path.name, columns=(name,), events=3), 0, 3)
    assert "read=Step(...)" in str(caught.value)
    assert describe(DataFile.local(path), "").problems[name].startswith(f"type {kind}")


def test_times_too_far_away(path: Path):
    with pytest.raises(DataError, match=r"the column 'eternity' is of the type timestamp.*out of bounds"):
        read_chunk([path], dataset_of(path.name, columns=("eternity",), events=3), 0, 3)


def test_missing_values_in_lists_and_alone(tmp_path: Path):
    columns = {"x": pyarrow.array([1.0, None]), "l": pyarrow.array([[1, None], []]), "s": pyarrow.array(["a", None])}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "some.parquet")
    dataset = dataset_of("some.parquet", columns=tuple(columns), missing=tuple(columns), events=2)
    events = read_chunk([tmp_path / "some.parquet"], dataset, 0, 2)
    assert events[list(columns)].to_list() == [{"x": 1.0, "l": [1, None], "s": "a"}, {"x": None, "l": [], "s": None}]
    for name in columns:
        with pytest.raises(DataError, match=f"the column {name!r} has no value in event [01] "):
            read_chunk([tmp_path / "some.parquet"], dataset_of("some.parquet", columns=(name,), events=2), 0, 2)


def test_row_groups_that_are_not_needed_are_not_read(tmp_path: Path):
    table = pyarrow.table({"x": np.random.default_rng(1).normal(size=200_000)})
    pyarrow.parquet.write_table(table, tmp_path / "some.parquet", row_group_size=20_000)
    file = DataFile.local(tmp_path / "some.parquet")
    from analysis.readers.parquet import read

    found = read(file, dataset_of("some.parquet", columns=("x",)).schema, 100_000, 120_000, 200_000)["x"]
    assert np.array_equal(found, table["x"].to_numpy()[100_000:120_000])
    # a tenth of the rows, and the footer
    assert file.bytes_read < 0.15 * file.size
    assert file.requests <= 4


def test_a_file_without_events(tmp_path: Path):
    table = pyarrow.table({"x": pyarrow.array([], pyarrow.float32())})
    pyarrow.parquet.write_table(table, tmp_path / "some.parquet")
    events = read_chunk([tmp_path / "some.parquet"], dataset_of("some.parquet", columns=("x",), events=0), 0, 0)
    assert str(events.type) == "0 * {x: float32, identity: uint64}"
    found = describe(DataFile.local(tmp_path / "some.parquet"), "")
    assert (found.events, found.columns, found.clusters) == (0, {"x": "float32"}, [])
