from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow.parquet
import pytest

from analysis.errors import DataError
from analysis.events.parquet import read_events, write_events
from analysis.readers.chunks import read_chunk
from analysis.studies.htautau.datasets import DIMUON, SIMULATION
from analysis.study import Dataset


@pytest.fixture(scope="module")
def events(mirror: Path) -> ak.Array:
    return read_chunk([mirror / SIMULATION[1].files[0].mirror], SIMULATION[1], 0, SIMULATION[1].events)


@pytest.mark.parametrize("dataset", [SIMULATION[1], DIMUON], ids=lambda dataset: dataset.name)
@pytest.mark.parametrize("count", [0, 1, 1015])
def test_what_is_written_is_read(mirror: Path, tmp_path: Path, dataset: Dataset, count: int) -> None:
    events = read_chunk([mirror / dataset.files[0].mirror], dataset, 0, count)
    write_events(events, tmp_path / "events.parquet")
    again = read_events(tmp_path / "events.parquet")
    assert again.type == events.type
    assert ak.array_equal(again, events)


def test_some_columns(tmp_path: Path, events: ak.Array) -> None:
    write_events(events, tmp_path / "events.parquet")
    some = read_events(tmp_path / "events.parquet", ["mjj", "identity", "pt_1"])
    assert some.fields == ["mjj", "identity", "pt_1"]
    assert ak.array_equal(some, events[["mjj", "identity", "pt_1"]])
    with pytest.raises(DataError, match=r"events\.parquet has no field 'mass'; it has: pt_1, "):
        read_events(tmp_path / "events.parquet", ["pt_1", "mass"])


def test_the_same_events_give_the_same_bytes(mirror: Path, tmp_path: Path, events: ak.Array) -> None:
    write_events(events, tmp_path / "one.parquet")
    paths = [mirror / SIMULATION[1].files[0].mirror]
    parts = [read_chunk(paths, SIMULATION[1], start, min(start + 100, 1015)) for start in range(0, 1015, 100)]
    write_events(ak.concatenate(parts), tmp_path / "two.parquet")
    write_events(read_events(tmp_path / "one.parquet"), tmp_path / "three.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "three.parquet").read_bytes()


def test_what_is_missing_leaves_no_trace(tmp_path: Path) -> None:
    """Numbers below a mask must not reach the file: they would make equal events differ in bytes."""
    for name, below in (("one", -999.0), ("two", 5.0)):
        layout = ak.contents.ByteMaskedArray(
            ak.index.Index8(np.array([1, 0, 1], dtype=np.int8)),
            ak.contents.NumpyArray(np.array([1.0, below, 2.0])),
            valid_when=True,
        )
        write_events(ak.Array({"x": layout}), tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file(tmp_path: Path, events: ak.Array, part: float) -> None:
    path = tmp_path / "events.parquet"
    write_events(events, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(DataError, match=r"events\.parquet is damaged"):
        read_events(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.parquet does not exist"):
        read_events(tmp_path / "none.parquet")


def nested(count: int) -> ak.Array:
    """Events with lists of records, lists of fixed lengths and missing values, as detectors send them."""
    random = np.random.default_rng(3)
    stations = random.integers(0, 5, count)
    total = int(stations.sum())
    station = ak.contents.RecordArray(
        [
            ak.contents.NumpyArray(random.integers(0, 91, total).astype(np.int32)),
            ak.contents.NumpyArray(random.normal(0.0, 1e3, total)),
            ak.contents.NumpyArray(random.integers(0, 2, total).astype(np.bool_)),
            ak.from_numpy(random.poisson(50.0, (total, 3, 32)).astype(np.uint16), regulararray=True).layout,
        ],
        ["station", "start", "saturated", "high"],
        length=total,
    )
    offsets = ak.index.Index64(np.concatenate([[0], np.cumsum(stations)]))
    energy = ak.contents.ByteMaskedArray(
        ak.index.Index8(random.integers(0, 2, count).astype(np.int8)),
        ak.contents.NumpyArray(random.uniform(1e18, 1e20, count)),
        valid_when=True,
    )
    return ak.Array(
        ak.contents.RecordArray(
            [
                ak.contents.NumpyArray(np.arange(count, dtype=np.uint64)),
                energy,
                ak.contents.ListOffsetArray(offsets, station),
            ],
            ["identity", "fd_energy", "stations"],
            length=count,
        )
    )


@pytest.mark.parametrize("count", [0, 1, 200])
def test_nested_events_are_read_as_they_were_written(tmp_path: Path, count: int) -> None:
    events = nested(count)
    write_events(events, tmp_path / "one.parquet")
    again = read_events(tmp_path / "one.parquet")
    assert again.to_list() == events.to_list()
    assert str(again.type) == str(events.type).replace("3 * 32 * uint16", "var * var * uint16")
    write_events(again, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_whole_numbers_within_lists_are_stored_as_differences(tmp_path: Path) -> None:
    write_events(nested(200), tmp_path / "events.parquet")
    row_group = pyarrow.parquet.read_metadata(tmp_path / "events.parquet").row_group(0)
    columns = [row_group.column(index) for index in range(row_group.num_columns)]
    encodings = {column.path_in_schema: set(column.encodings) - {"RLE"} for column in columns}
    assert encodings == {
        "identity": {"PLAIN"},
        "fd_energy": {"PLAIN"},
        "stations.list.element.station": {"DELTA_BINARY_PACKED"},
        "stations.list.element.start": {"PLAIN"},
        "stations.list.element.saturated": {"PLAIN"},
        "stations.list.element.high.list.element.list.element": {"DELTA_BINARY_PACKED"},
    }
    high = columns[-1]
    assert high.total_compressed_size < 0.6 * 2 * high.num_values


def test_columns_of_a_wider_table(tmp_path: Path):
    table = np.arange(6, dtype=np.float32).reshape(3, 2)
    write_events(ak.Array({"x": table[:, 1]}), tmp_path / "events")
    assert read_events(tmp_path / "events").x.tolist() == [1.0, 3.0, 5.0]
